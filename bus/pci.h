#pragma once
#include "core/device.h"

/*
 * PCI functions (PCI Local Bus Specification 3.0, chapter 6). A function is a device that
 * has a struct pci and lists PART(struct pci_config, config, 1, PCI_CONFIG_STATE) in its
 * state. Its attach() calls pci_join(), its reset() pci_reset(), its resume() pci_resume().
 * The bus is the device "pci", unless "NAME.bus" says otherwise; the place is "NAME.slot"
 * and "NAME.function" of the configuration, else where the chip sits by itself (pci_id), else
 * the first slot that is free.
 *
 * Reads of config space are answered from config.bytes; writes change what `writable` lets,
 * clear what `clears` lets, move BARs and then call written().
 *
 * A join is not undone: a machine whose part failed to attach is good for nothing but
 * machine_destroy().
 */
enum { PCI_BARS = 6, PCI_ROM = 6, PCI_REGIONS };

enum pci_bar_kind { PCI_MEM32, PCI_MEM32_PREFETCH, PCI_MEM64_PREFETCH, PCI_IO };

#define PCI_CONFIG_STATE(ONE, MANY, PART) \
    MANY(u8, bytes, 256, "configuration space")

struct pci_config { STATE_MEMBERS(PCI_CONFIG_STATE) };
DEFINE_PART(struct pci_config, PCI_CONFIG_STATE)

struct pci_id {                 /* constant: the read-only half of the header */
    u16 vendor, device, subsystem_vendor, subsystem;
    u32 class;                  /* class, subclass, programming interface: 030000h */
    u8  revision;
    u8  pin;                    /* 0: none; 1: INTA# */
    bool multifunction;
    u8  first_capability;       /* offset, or 0: the first free place */
    bool has_place;             /* and it is this one, unless the configuration says otherwise */
    u8  slot, function;
};

struct pci {
    struct device     *dev;
    struct pci_config *config;
    const struct pci_id *id;
    struct pci_bus    *bus;
    u8                 slot, function;
    u8                 writable[256], clears[256];  /* bits; set up by attach() after pci_join() */
    u8                 start[256];                  /* what a reset leaves; likewise */
    struct { struct region *region; u8 kind; } bar[PCI_REGIONS];
    u8                 free, msi;   /* where the next capability goes; where that one is */
    struct line        intx;    /* "intx", led to the bus */
    /* Config bytes [first, last] were written; NULL: nothing but BARs matters. */
    void             (*written)(struct device *, u8 first, u8 last);
    /* Says what a config byte reads as if that is not plain memory; may be NULL. */
    u8               (*read)(struct device *, u8 at, u8 plain);
    struct pci        *next;    /* of the bus */
};

/*
 * Drives "pirqa".."pirqd": pin p (1 is INTA#) of slot s pulls number (p - 1 + s - 1) & 3, as the
 * slots of a 440FX board are wired.
 */
extern const struct device_type pci_bus_type;

bool pci_join(struct device *, struct pci *, struct pci_config *, const struct pci_id *,
              struct error *);
/* Region's size is a power of two; for PCI_ROM the kind is PCI_MEM32. The region is
 * mapped where the guest says, at NORMAL, while it enables I/O or memory. */
void pci_bar(struct pci *, unsigned i, enum pci_bar_kind, struct region *);
/*
 * A capability of this length at the next free place from 40h on, linked in; its offset. For
 * attach(): its bytes are put into start[].
 */
u8   pci_capability(struct pci *, u8 id, u8 length);
void pci_reset(struct pci *);
void pci_resume(struct pci *);

/*
 * INTx#, or an MSI on each rise where the guest enabled that. The level is the status
 * register's bit 3, so it is saved.
 */
void pci_interrupt(struct pci *, bool level);
bool pci_msi(struct pci *, struct error *);     /* adds the capability; in msi.c */

/* RAM only, and only while the guest lets the function master the bus. */
bool pci_read_ram(struct pci *, u64 address, void *to, u64 count);
bool pci_write_ram(struct pci *, u64 address, const void *from, u64 count);

static inline u16 pci_word(const struct pci *p, u8 at)
{
    return (u16)(p->config->bytes[at] | p->config->bytes[(u8)(at + 1)] << 8);
}

/* For host bridges: one access of 1, 2 or 4 bytes. Nobody there: ones. */
u32  pci_config_read(struct device *bus, u32 address, unsigned size);   /* CF8h format */
void pci_config_write(struct device *bus, u32 address, u32 value, unsigned size);
/* For boards and `info pci`: the function there, or NULL. */
struct pci *pci_function_at(struct device *bus, unsigned slot, unsigned function);

/*
 * I/O cycles that a host bridge passes on although it decodes their address itself (CF8h-CFBh,
 * other than dwords): whoever claims them, as the reset control at CF9h, maps them here.
 */
struct space *pci_passed_ports(struct device *bus);

/* -- between pci.c and msi.c -- */

/* Was the message enabled? Then INTx# stays quiet, and a rise sends it. */
bool pci_msi_enabled(const struct pci *);
void pci_msi_send(struct pci *);
