/*
 * 82540EM: the PHY inside, of the M88E1011 kind, reached through MDIC. [MDI Control
 * Register], [PHY Registers]. The link partner can do all that we can; agreeing with it
 * takes NEGOTIATION.
 *
 * Not modelled: pages, cable tests, half duplex, the PHY's own interrupts.
 */
#include "peripherals/net/e1000_chip.h"

#include <string.h>

#define NEGOTIATION     (50 * MILLISECOND)

enum { MDIC_DATA = 0xffff, MDIC_WRITE = 1 << 26, MDIC_READ = 2 << 26, MDIC_READY = 1 << 28,
       MDIC_INTERRUPT = 1 << 29, MDIC_ERROR = 1 << 30 };
enum { PHY_ADDRESS = 1 };

enum { P_CONTROL, P_STATUS, P_ID1, P_ID2, P_ADVERTISE, P_PARTNER, P_EXPANSION, P_NEXT_PAGE,
       P_1000_CONTROL = 9, P_1000_STATUS, P_EXTENDED = 15, P_SPECIFIC, P_SPECIFIC_STATUS,
       P_INT_ENABLE, P_INT_STATUS };
enum { CONTROL_RESET = 0x8000, CONTROL_LOOPBACK = 0x4000, CONTROL_100 = 0x2000,
       CONTROL_AUTO = 0x1000, CONTROL_DOWN = 0x0800, CONTROL_ISOLATE = 0x0400,
       CONTROL_RESTART = 0x0200, CONTROL_1000 = 0x0040 };
enum { STATUS_LINK = 0x04, STATUS_AUTO_DONE = 0x20 };

static const u16 at_reset[32] = {
    [P_CONTROL] = 0x1140, [P_STATUS] = 0x7949, [P_ID1] = 0x0141, [P_ID2] = 0x0c20,
    [P_ADVERTISE] = 0x0de1, [P_PARTNER] = 0x4de1, [P_EXPANSION] = 0x000d,
    [P_NEXT_PAGE] = 0x2001, [P_1000_CONTROL] = 0x0e00, [P_1000_STATUS] = 0x3c00,
    [P_EXTENDED] = 0x3000, [P_SPECIFIC] = 0x0360, [20] = 0x0d60,
};

static const u16 stored[32] = {         /* bits a write changes */
    [P_CONTROL] = 0x7dc0, [P_ADVERTISE] = 0xefff, [P_NEXT_PAGE] = 0xbfff,
    [P_1000_CONTROL] = 0xff00, [P_SPECIFIC] = 0xffff, [P_INT_ENABLE] = 0xffff,
    [20] = 0xffff, [22] = 0xffff, [24] = 0xffff, [25] = 0xffff, [26] = 0xffff,
    [27] = 0xffff, [28] = 0xffff, [29] = 0xffff, [30] = 0xffff, [31] = 0xffff,
};

unsigned e1000_megabits(const struct e1000 *n)
{
    u16 c = n->phy[P_CONTROL];

    if (c & CONTROL_AUTO) {
        if (n->phy[P_1000_CONTROL] & 0x0300)
            return 1000;
        return n->phy[P_ADVERTISE] & 0x0180 ? 100 : 10;
    }
    return c & CONTROL_1000 ? 1000 : c & CONTROL_100 ? 100 : 10;
}

bool e1000_phy_loopback(const struct e1000 *n)
{
    return n->phy[P_CONTROL] & CONTROL_LOOPBACK;
}

static void set_link(struct e1000 *n, bool up)
{
    device_arm_at(&n->dev, &n->negotiate, NEVER);
    if (up)
        n->phy[P_STATUS] |= STATUS_LINK | STATUS_AUTO_DONE;
    else
        n->phy[P_STATUS] &= (u16)~(STATUS_LINK | STATUS_AUTO_DONE);
    if (n->link == up)
        return;
    n->link = up;
    e1000_raise(n, LSC);
}

/* The link is lost for as long as the two ends talk about it. */
static void renegotiate(struct e1000 *n)
{
    set_link(n, false);
    if (n->carrier && !(n->phy[P_CONTROL] & (CONTROL_DOWN | CONTROL_ISOLATE)))
        device_arm_in(&n->dev, &n->negotiate, NEGOTIATION);
}

static void on_negotiated(struct device *dev, u64 due)
{
    set_link(container_of(dev, struct e1000, dev), true);
}

void e1000_phy_carrier(struct e1000 *n, bool plugged)
{
    if (n->carrier == plugged)
        return;
    n->carrier = plugged;
    renegotiate(n);
}

void e1000_phy_reset(struct e1000 *n)
{
    memcpy(n->phy, at_reset, sizeof n->phy);
    renegotiate(n);
}

void e1000_phy_settle(struct e1000 *n)
{
    set_link(n, n->carrier);
}

static u16 phy_read(struct e1000 *n, unsigned i)
{
    static const u16 speed[] = { 0x0000, 0x4000, 0x8000 };
    unsigned mb = e1000_megabits(n);

    switch (i) {
    case P_PARTNER:
        return n->link ? n->phy[i] : 0;
    case P_1000_STATUS:
        return n->link ? n->phy[i] : 0;
    case P_SPECIFIC_STATUS:             /* speed, full duplex, resolved, link */
        return n->link ? (u16)(speed[mb == 1000 ? 2 : mb == 100] | 0x2c00) : 0;
    }
    return n->phy[i];
}

static void phy_write(struct e1000 *n, unsigned i, u16 value)
{
    u16 was = n->phy[i];

    if (i == P_CONTROL && value & CONTROL_RESET) {
        n->phy[i] = (u16)((value & stored[i]) & ~CONTROL_RESTART);
        renegotiate(n);
        return;
    }
    n->phy[i] = (u16)((was & ~stored[i]) | (value & stored[i]));
    if (i == P_CONTROL
        && (value & CONTROL_RESTART || (was ^ n->phy[i]) & ~(CONTROL_LOOPBACK | 0x80)))
        renegotiate(n);
}

void e1000_phy_access(struct e1000 *n, u32 value)
{
    unsigned at = value >> 16 & 31;

    n->mdic = (value & ~(u32)(MDIC_ERROR)) | MDIC_READY;
    if ((value >> 21 & 31) != PHY_ADDRESS) {
        n->mdic |= MDIC_ERROR | MDIC_DATA;
    } else if (value & MDIC_WRITE) {
        phy_write(n, at, (u16)value);
    } else if (value & MDIC_READ) {
        n->mdic = (n->mdic & ~(u32)MDIC_DATA) | phy_read(n, at);
    }
    trace(&n->dev, "PHY %u: %08x", at, n->mdic);
    if (value & MDIC_INTERRUPT)
        e1000_raise(n, MDAC);
}

void e1000_phy_attach(struct e1000 *n)
{
    device_event(&n->dev, &n->negotiate, "negotiate", on_negotiated);
}
