/*
 * 82540EM: interrupts, and how they are held back. [Interrupts], [Receive Interrupt
 * Delay Timer], [Transmit Interrupt Delay Value], [Interrupt Throttling Register].
 */
#include "peripherals/net/e1000_chip.h"

enum { DELAY_UNIT = 1024, THROTTLE_UNIT = 256 };        /* ns */

void e1000_interrupt(struct e1000 *n)
{
    u64 now = device_now(&n->dev);
    bool wanted = n->icr & n->ims;

    if (wanted && !n->asserted && now < n->quiet_until) {
        device_arm_at(&n->dev, &n->throttle, n->quiet_until);
        return;
    }
    device_arm_at(&n->dev, &n->throttle, NEVER);
    if (wanted == n->asserted)
        return;
    if (wanted)
        n->quiet_until = now + n->itr * THROTTLE_UNIT;
    n->asserted = wanted;
    pci_interrupt(&n->pci, wanted);
}

void e1000_raise(struct e1000 *n, u32 causes)
{
    n->icr |= causes;
    e1000_interrupt(n);
}

void e1000_flush(struct e1000 *n, struct event *delay, struct event *limit, u32 cause)
{
    device_arm_at(&n->dev, delay, NEVER);
    device_arm_at(&n->dev, limit, NEVER);
    e1000_raise(n, cause);
}

/* The delay starts anew with each packet, the limit with the first. */
static void hold_back(struct e1000 *n, struct event *delay, u32 units, struct event *limit,
                      u32 most)
{
    device_arm_in(&n->dev, delay, units * DELAY_UNIT);
    if (most && limit->due == NEVER)
        device_arm_in(&n->dev, limit, most * DELAY_UNIT);
}

void e1000_received(struct e1000 *n)
{
    if (n->rdtr)
        hold_back(n, &n->rx_delay, n->rdtr, &n->rx_limit, n->radv);
    else
        e1000_flush(n, &n->rx_delay, &n->rx_limit, RXT0);
}

void e1000_transmitted(struct e1000 *n, bool delayed)
{
    if (delayed && n->tidv)
        hold_back(n, &n->tx_delay, n->tidv, &n->tx_limit, n->tadv);
    else
        e1000_flush(n, &n->tx_delay, &n->tx_limit, TXDW);
}

static void on_throttle(struct device *dev, u64 due)
{
    e1000_interrupt(container_of(dev, struct e1000, dev));
}

static void on_rx(struct device *dev, u64 due)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    e1000_flush(n, &n->rx_delay, &n->rx_limit, RXT0);
}

static void on_tx(struct device *dev, u64 due)
{
    struct e1000 *n = container_of(dev, struct e1000, dev);

    e1000_flush(n, &n->tx_delay, &n->tx_limit, TXDW);
}

void e1000_interrupt_attach(struct e1000 *n)
{
    device_event(&n->dev, &n->throttle, "throttle", on_throttle);
    device_event(&n->dev, &n->rx_delay, "rx-delay", on_rx);
    device_event(&n->dev, &n->rx_limit, "rx-limit", on_rx);
    device_event(&n->dev, &n->tx_delay, "tx-delay", on_tx);
    device_event(&n->dev, &n->tx_limit, "tx-limit", on_tx);
}
