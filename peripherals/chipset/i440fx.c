/*
 * Host bridge and memory controller: Intel 440FX PCIset, 82441FX PCI and memory controller
 * (PMC), order number 290549.
 *
 * Not modelled: DRAM timing and population (registers are kept), ECC, data that SMM reads from
 * the bus while SMRAM is closed for it (D_CLS), stores that pass a read-only shadow to the bus
 * (nothing there takes them), deturbo.
 */
#include "peripherals/chipset/i440fx.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"
#include "core/ram.h"

#include <string.h>

enum {                                              /* ports */
    CONFADD = 0xcf8, CONFDATA = 0xcfc, CONE = 1 << 31, CONFADD_BITS = (int)0x80fffffc,
};

enum {                                              /* registers of configuration space */
    PCICMD = 0x04, PCISTS = 0x06, MLT = 0x0d, PMCCFG = 0x50, DBC = 0x53, DRAMC = 0x57,
    DRAMT = 0x58, PAM0 = 0x59, PAM6 = 0x5f, DRB = 0x60, FDHC = 0x68, MTT = 0x70, CLT = 0x71,
    SMRAM = 0x72, ERRCMD = 0x90, ERRSTS = 0x91, TRC = 0x93,
};

enum { PAM_READ = 1, PAM_WRITE = 2, PAM_BITS = 7 };
enum { D_OPEN = 0x40, D_CLS = 0x20, D_LCK = 0x10, G_SMRAME = 0x08, C_BASE_SEG = 0x02 };
enum { TRC_BISTE = 8, TRC_RCPU = 4, TRC_HARD = 2 };
enum { SMM_BASE = 0xa0000, SMM_SIZE = 0x20000, SHADOW = 0xc0000, BLOCK = 0x4000, BLOCKS = 13 };

#define MEGA UINT64_C(0x100000)
#define FOUR_GIGA (UINT64_C(1) << 32)

#define I440FX_STATE(ONE, MANY, PART)                               \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)            \
    ONE (u32,  address,   "configuration address register")         \
    ONE (bool, suspended, "the rest of the machine has no power")

struct i440fx {
    struct device  dev;
    struct pci     pci;
    struct device *bus;
    struct line    init;
    struct region  address_port, data_port;
    struct ram    *main;
    struct region  low, high, above;
    struct region  hole;            /* in RAM, for ISA cards */
    struct region  block[BLOCKS];   /* F0000h first, as in the registers, then from C0000h on */
    struct region  open;            /* SMRAM that everybody sees */
    struct region  smm[MACHINE_CPUS];
    struct space  *smm_space[MACHINE_CPUS];
    unsigned       smm_spaces;
    STATE_MEMBERS(I440FX_STATE)
};
DEFINE_STATE(struct i440fx, I440FX_STATE);

static const struct pci_id id = {
    .vendor = 0x8086, .device = 0x1237, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x060000, .revision = 2, .has_place = true,
};

/* -- configuration mechanism: [CONFADD], [CONFDATA] -- */

/* Only dwords are the register's; other cycles go to the bus, where the reset control is. */
static u64 i440fx_read_address(struct device *dev, u64 offset, unsigned size)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    return size == 4 ? f->address
                     : space_read(pci_passed_ports(f->bus), CONFADD + offset, size);
}

static void i440fx_write_address(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    if (size == 4)
        f->address = (u32)value & (u32)CONFADD_BITS;
    else
        space_write(pci_passed_ports(f->bus), CONFADD + offset, value, size);
}

static u64 i440fx_read_data(struct device *dev, u64 offset, unsigned size)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    if (!(f->address & (u32)CONE))
        return UINT32_MAX;
    return pci_config_read(f->bus, f->address | (u32)offset, size);
}

static void i440fx_write_data(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    if (f->address & (u32)CONE)
        pci_config_write(f->bus, f->address | (u32)offset, (u32)value, size);
}

static const struct io_ops address_io = { i440fx_read_address, i440fx_write_address, 4 };
static const struct io_ops data_io = { i440fx_read_data, i440fx_write_data, 4 };

/* -- shadow RAM: [PAM], programmable attribute map -- */

static u64 block_base(unsigned i)
{
    return i ? SHADOW + BLOCK * (i - 1) : 0xf0000;
}

static u8 block_attributes(const struct i440fx *f, unsigned i)
{
    u8 both = f->pci.config->bytes[PAM0 + (i + 1) / 2];

    return (u8)((i % 2 ? both : both >> 4) & (PAM_READ | PAM_WRITE));
}

static void store_behind(struct device *dev, unsigned i, u64 offset, u64 value, unsigned size)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);
    u8 bytes[8];

    store_le(bytes, value, size);
    space_store(dev->machine->memory, f->main, block_base(i) + offset, bytes, size);
}

/* A region's registers are not told which region: each block has its own. */
#define EACH_BLOCK(WITH) \
    WITH(0) WITH(1) WITH(2) WITH(3) WITH(4) WITH(5) WITH(6) WITH(7) WITH(8) WITH(9) \
    WITH(10) WITH(11) WITH(12)
#define STORE_BEHIND(i) \
    static void store_behind_##i(struct device *dev, u64 offset, u64 value, unsigned size) \
    {                                                                                      \
        store_behind(dev, i, offset, value, size);                                         \
    }
#define ITS_IO(i) { NULL, store_behind_##i, 8 },

EACH_BLOCK(STORE_BEHIND)
static const struct io_ops write_only[BLOCKS] = { EACH_BLOCK(ITS_IO) };

/* Reads see what is below, stores go to RAM: how firmware copies a ROM onto itself. */
static void show_through(struct i440fx *f, unsigned i)
{
    struct region *r = &f->block[i], *below;
    u64 at;

    r->writable = false;
    r->ram = NULL;
    r->io = &write_only[i];
    below = space_find(f->dev.machine->memory, block_base(i), &at);
    if (below && below->ram && below->size - at >= r->size) {
        r->ram = below->ram;
        r->ram_offset = below->ram_offset + at;
    } else if (below) {
        guest_oddity(&f->dev, "shadow %05llx is write-only above registers: they are hidden",
                     (unsigned long long)block_base(i));
    }
}

static void place_block(struct i440fx *f, unsigned i)
{
    struct region *r = &f->block[i];
    u8 attributes = block_attributes(f, i);

    space_unmap(r);
    if (!attributes || !f->main)
        return;
    r->io = NULL;
    r->ram = f->main;
    r->ram_offset = block_base(i);
    r->writable = attributes & PAM_WRITE;
    if (attributes == PAM_WRITE)
        show_through(f, i);
    space_map(f->dev.machine->memory, r, block_base(i), OVER);
}

static void place_blocks(struct i440fx *f)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        place_block(f, i);
}

/* -- SMRAM: [SMRAM], system management RAM control -- */

static void show(struct space *s, struct region *r, bool visible)
{
    if (visible)
        space_map(s, r, r->base, OVER);
    else
        space_unmap(r);
}

/* Once locked it stays closed until a reset. */
static void place_smram(struct i440fx *f)
{
    u8 *smram = &f->pci.config->bytes[SMRAM];
    bool enabled = *smram & G_SMRAME && f->main;

    if (*smram & D_LCK)
        *smram &= (u8)~D_OPEN;
    f->pci.writable[SMRAM] = *smram & D_LCK ? D_CLS : D_OPEN | D_CLS | D_LCK | G_SMRAME;
    if (*smram & D_CLS)
        guest_oddity(&f->dev, "SMRAM closed for data (D_CLS) is not modelled");
    show(f->dev.machine->memory, &f->open, enabled && *smram & D_OPEN);
    for (unsigned i = 0; i < f->smm_spaces; i++)
        show(f->smm_space[i], &f->smm[i], enabled);
}

static struct region smram_region(struct i440fx *f, const char *name)
{
    return (struct region){
        .name = name, .owner = &f->dev, .ram = f->main, .ram_offset = SMM_BASE,
        .size = SMM_SIZE, .base = SMM_BASE, .writable = true,
    };
}

struct space *i440fx_smm_space(struct device *dev, struct space *over, struct error *err)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);
    unsigned i = f->smm_spaces;
    struct space *s;

    if (i == MACHINE_CPUS || !f->main)
        return fail(err, "%s: SMRAM needs RAM, and at most %u processors", dev->name,
                    MACHINE_CPUS), NULL;
    s = space_create_over("smm", over);
    if (!s)
        return fail(err, "%s: no host memory", dev->name), NULL;
    f->smm_space[i] = s;
    f->smm[i] = smram_region(f, "smram");
    f->smm_spaces++;
    place_smram(f);
    return s;
}

/* -- the hole: [FDHC], fixed DRAM hole control -- */

static void place_hole(struct i440fx *f)
{
    static const struct { u32 base, size; } hole[4] = {
        [1] = { 0x80000, 0x20000 }, [2] = { 0xf00000, 0x100000 },
    };
    unsigned which = f->pci.config->bytes[FDHC] >> 6;

    space_unmap(&f->hole);
    if (which == 3)
        guest_oddity(&f->dev, "memory hole 3 is reserved");
    if (!hole[which].size)
        return;
    f->hole.size = hole[which].size;
    space_map(f->dev.machine->memory, &f->hole, hole[which].base, NORMAL);
}

/* -- RAM -- */

static void place_all(struct i440fx *f)
{
    place_blocks(f);
    place_smram(f);
    place_hole(f);
}

static void map_ram(struct i440fx *f, struct region *r, const char *name, u64 base, u64 offset,
                    u64 size)
{
    *r = (struct region){
        .name = name, .owner = &f->dev, .ram = f->main, .ram_offset = offset, .size = size,
        .writable = true,
    };
    if (size)
        space_map(f->dev.machine->memory, r, base, UNDER);
}

bool i440fx_set_ram(struct device *dev, struct ram *main, u64 low_bytes, struct error *err)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    if (low_bytes < MEGA || low_bytes > FOUR_GIGA || low_bytes > main->size)
        return fail(err, "%s: a PC has at least 1 MB of RAM", dev->name);
    f->main = main;
    map_ram(f, &f->low, "ram-low", 0, 0, SMM_BASE);
    map_ram(f, &f->high, "ram", MEGA, MEGA, low_bytes - MEGA);
    map_ram(f, &f->above, "ram-above-4g", FOUR_GIGA, low_bytes, main->size - low_bytes);
    f->open = smram_region(f, "smram-open");
    return true;
}

/* -- registers -- */

/* [TRC], turbo reset control: a rise of RCPU resets, as the bit beside it says. */
static void reset_by_register(struct i440fx *f)
{
    u8 trc = f->pci.config->bytes[TRC];

    if (!(trc & TRC_RCPU))
        return;
    if (trc & TRC_HARD) {
        machine_ask_reset(f->dev.machine);
        return;
    }
    line_set(&f->init, true);
    line_set(&f->init, false);
}

static bool touches(u8 first, u8 last, u8 from, u8 to)
{
    return first <= to && last >= from;
}

static void i440fx_written(struct device *dev, u8 first, u8 last)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    if (touches(first, last, PAM0, PAM6))
        place_blocks(f);
    if (touches(first, last, FDHC, FDHC))
        place_hole(f);
    if (touches(first, last, SMRAM, SMRAM))
        place_smram(f);
    if (touches(first, last, TRC, TRC))
        reset_by_register(f);
}

static void set_up_registers(struct pci *p)
{
    p->start[PCICMD] = 0x06;
    p->writable[PCICMD] = 0x40;
    p->writable[PCICMD + 1] = 0x01;
    p->start[PCISTS] = 0x80;
    p->writable[MLT] = 0xf8;
    memset(&p->writable[PMCCFG], 0xff, PAM0 - PMCCFG);
    p->start[DBC] = 0x80;
    p->start[DRAMC] = 0x01;
    p->start[DRAMT] = 0x10;
    p->writable[PAM0] = PAM_BITS << 4;
    memset(&p->writable[PAM0 + 1], PAM_BITS << 4 | PAM_BITS, PAM6 - PAM0);
    memset(&p->start[DRB], 0x01, 8);
    memset(&p->writable[DRB], 0xff, 8);
    p->writable[FDHC] = 0xc0;
    p->start[MTT] = 0x20;
    p->writable[MTT] = 0xf8;
    p->start[CLT] = 0x10;
    p->writable[CLT] = 0xf8;
    p->start[SMRAM] = C_BASE_SEG;
    p->writable[ERRCMD] = 0xff;
    p->clears[ERRSTS] = 0x11;
    p->writable[TRC] = TRC_BISTE | TRC_RCPU | TRC_HARD;
}

/* -- life -- */

static void i440fx_pin(struct device *dev, unsigned pin, bool level)
{
    if (pin == I440FX_SUSSTAT)
        container_of(dev, struct i440fx, dev)->suspended = level;
}

static void map_ports(struct i440fx *f)
{
    struct space *ports = f->dev.machine->ports;

    f->address_port = (struct region){
        .name = "config-address", .owner = &f->dev, .io = &address_io, .size = 4,
    };
    f->data_port = (struct region){
        .name = "config-data", .owner = &f->dev, .io = &data_io, .size = 4,
    };
    space_map(ports, &f->address_port, CONFADD, NORMAL);
    space_map(ports, &f->data_port, CONFDATA, NORMAL);
}

static bool i440fx_attach(struct device *dev, struct error *err)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    if (!pci_join(dev, &f->pci, f->config, &id, err))
        return false;
    f->bus = machine_find(dev->machine, device_text(dev, "bus", "pci"));
    f->pci.written = i440fx_written;
    set_up_registers(&f->pci);
    device_line(dev, &f->init, "init");
    f->hole = (struct region){ .name = "hole", .owner = dev };
    for (unsigned i = 0; i < BLOCKS; i++)
        f->block[i] = (struct region){
            .name = "shadow", .owner = dev, .size = i ? BLOCK : 4 * BLOCK,
        };
    map_ports(f);
    return true;
}

/* RAM that outlives a sleep stays where it is, shadow and SMRAM too: firmware resumes there. */
static void i440fx_reset(struct device *dev, enum reset how)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    f->address = 0;
    if (how == RESET_POWER || !f->suspended)
        pci_reset(&f->pci);
    place_all(f);
}

static void i440fx_resume(struct device *dev)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    pci_resume(&f->pci);
    place_all(f);
}

/* Whichever goes first, this or the processors with their spaces. */
static void i440fx_detach(struct device *dev)
{
    struct i440fx *f = container_of(dev, struct i440fx, dev);

    for (unsigned i = 0; i < f->smm_spaces; i++)
        space_unmap(&f->smm[i]);
}

const struct device_type i440fx_type = {
    .name = "82440fx", .title = "440FX host bridge", .size = sizeof(struct i440fx),
    .state = state_rows, .attach = i440fx_attach, .reset = i440fx_reset,
    .pin = i440fx_pin, .resume = i440fx_resume, .detach = i440fx_detach,
};
