#pragma once
#include "core/machine.h"
#include "core/net.h"

/*
 * For tests of network interfaces: a machine with 1 MB of RAM and a PCI bus, and a wire that
 * remembers what was sent.
 */
enum { LAN_FRAMES = 64, LAN_LONGEST = 2048, LAN_MEMORY = 0xe0000000, LAN_PORTS = 0xc000 };

struct lan_frame {
    u64    when;
    size_t count;
    u8     bytes[LAN_LONGEST];
};

struct lan {
    struct net       net;
    struct machine  *machine;
    struct device   *nic;
    struct net_port *port;
    unsigned         frames;                /* sent so far */
    struct lan_frame frame[LAN_FRAMES];     /* the first of them */
};

extern const u8 lan_mac[6];                 /* the interface's, as unsaid */

/* A machine with that interface as "nic0" on PCI, its BARs mapped at the addresses above. */
struct machine *lan_machine(const struct device_type *);
/* Plugs a wire in. */
void lan_plug(struct lan *, struct machine *);
/* Of the interface on PCI. */
u32  lan_config(struct machine *, u8 at, unsigned size);
void lan_set_config(struct machine *, u8 at, u32 value, unsigned size);

/* A frame arrives now. */
void lan_arrives(struct machine *, const void *frame, size_t count);
/* Is INTA# asserted? */
bool lan_interrupt(struct machine *);

/* Makes a frame of that length to `to`; its bytes count up from behind the type. */
void lan_make(u8 *frame, const u8 *to, size_t count);
/* An IPv4 TCP or UDP frame of so many bytes of payload, with right checksums. */
size_t lan_make_ip(u8 *frame, u8 protocol, size_t payload);
/* Of a frame of IPv4 and TCP or UDP: are both sums right? */
bool lan_sums_are_right(const u8 *frame, size_t count);

static inline u32 lan_read(struct machine *m, u32 offset)
{
    return (u32)space_read(m->memory, LAN_MEMORY + offset, 4);
}

static inline void lan_write(struct machine *m, u32 offset, u32 value)
{
    space_write(m->memory, LAN_MEMORY + offset, value, 4);
}

static inline u64 lan_in(struct machine *m, u16 offset, unsigned size)
{
    return space_read(m->ports, LAN_PORTS + offset, size);
}

static inline void lan_out(struct machine *m, u16 offset, u64 value, unsigned size)
{
    space_write(m->ports, LAN_PORTS + offset, value, size);
}
