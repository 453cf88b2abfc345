/*
 * Power management: Intel 82371AB PIIX4 PCI ISA IDE Xcelerator, order number 290562, function 3:
 * ACPI registers and timer, SMI by APMC, sleep, SMBus. Three things are as QEMU has them, since
 * firmware and tables for its boards rely on them: a second block of general-purpose events at
 * AFE0h, the commands F0h and F1h of APMC, which switch SCI_EN without an SMI, and that APMC's
 * SMI does not want SMI_EN while that is nowhere.
 *
 * Not modelled: device monitors and traps, idle and burst timers, throttling, C2 and C3 (reads
 * return at once), EOS (SMI# is a pulse), thermal and lid inputs, GPO pins: registers are kept.
 */
#include "peripherals/chipset/piix4_pm.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "core/machine.h"
#include "peripherals/chipset/smbus_host.h"

#include <string.h>

#define TIMER_HZ 3579545u

enum {                                              /* registers of configuration space */
    PCISTS = 0x06, PMBA = 0x40, CNTA = 0x44, DEVACTB = 0x58, PMREGMISC = 0x80, SMBBA = 0x90,
    SMBHSTCFG = 0xd2, SMBREV = 0xd6,
};
enum { APMC_EN = 1 << 25, PMIOSE = 1, SMB_HST_EN = 1, SMB_INTR = 0x0e, SMB_INTR_IRQ9 = 0x08 };

enum {                                              /* in the I/O space of PMBA */
    PM1_STS = 0x00, PM1_EN = 0x02, PM1_CNT = 0x04, PM_TMR = 0x08, PLVL2 = 0x14, PLVL3 = 0x15,
    GLBSTS = 0x18, GLBCTL = 0x28, PM_PORTS = 0x40,
};
enum {                                              /* of PM1_STS and PM1_EN */
    TMR = 1 << 0, BM = 1 << 4, GBL = 1 << 5, PWRBTN = 1 << 8, RTC = 1 << 10, WAK = 1 << 15,
};
enum { EN_BITS = TMR | GBL | PWRBTN | RTC, STS_BITS = EN_BITS | BM | WAK };
enum { SCI_EN = 1, BM_RLD = 2, GBL_RLS = 4, SLP_TYP_SHIFT = 10, SLP_TYP = 7, SLP_EN = 1 << 13 };
enum { SLP_S5 = 0, SLP_S3 = 1, SLP_S4 = 2 };
enum { APM_STS = 0x20, SMI_EN = 1 };
enum { APM_PORT = 0xb2, APMC = 0, APMS = 1, ACPI_OFF = 0xf0, ACPI_ON = 0xf1 };
enum { GPE_PORT = 0xafe0, GPE_PORTS = 4 };
enum { CMOS = 0x70, SHUTDOWN_CODE = 0x0f, SHUTDOWN_S3 = 0xfe };

#define PM_STATE(ONE, MANY, PART)                                       \
    PART(struct pci_config, config, 1, PCI_CONFIG_STATE)                \
    PART(struct smbus_host, smbus, 1, SMBUS_STATE)                      \
    ONE (u16,  status,  "PM1_STS, but for TMR")                         \
    ONE (u16,  enable,  "PM1_EN")                                       \
    ONE (u16,  control, "PM1_CNT")                                      \
    ONE (u64,  toggles, "of the timer's bit 23, when TMR was cleared")  \
    MANY(u8,   reg, 64, "other registers at PMBA, as written")          \
    MANY(u8,   gpe, 4,  "general-purpose events: status, enable")       \
    MANY(u8,   apm, 2,  "APMC, APMS")                                   \
    ONE (bool, asleep,  "in S3")

struct pm {
    struct device      dev;
    struct pci         pci;
    struct line        sci, smi, susstat;
    struct event       timer, smbus_done, off;
    struct region      pm_ports, smbus_ports, apm_ports, gpe_ports;
    struct smbus_wires wires;
    STATE_MEMBERS(PM_STATE)
};
DEFINE_STATE(struct pm, PM_STATE);

static const struct pci_id id = {
    .vendor = 0x8086, .device = 0x7113, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x068000, .revision = 3, .pin = 1, .has_place = true, .slot = 1, .function = 3,
};

static struct pm *from_device(struct device *dev)
{
    return container_of(dev, struct pm, dev);
}

/* -- the timer and SCI: [PMSTS], [PMEN], [PMTMR] -- */

static u64 toggles(const struct pm *p)
{
    return device_ticks(&p->dev, TIMER_HZ) >> 23;
}

static u16 status(const struct pm *p)
{
    return p->status | (toggles(p) != p->toggles ? TMR : 0);
}

static bool smbus_wants_sci(const struct pm *p)
{
    return smbus_interrupts(p->smbus)
        && (p->pci.config->bytes[SMBHSTCFG] & SMB_INTR) == SMB_INTR_IRQ9;
}

static bool acpi_wants_sci(const struct pm *p)
{
    return p->control & SCI_EN
        && (status(p) & p->enable || (p->gpe[0] & p->gpe[2]) || (p->gpe[1] & p->gpe[3]));
}

/* The timer is only waited for while the guest would hear of it. */
static void update(struct pm *p)
{
    bool wait = p->enable & TMR && p->control & SCI_EN && !(status(p) & TMR);

    device_arm_at(&p->dev, &p->timer, wait ? ticks_to_ns((toggles(p) + 1) << 23, TIMER_HZ) : NEVER);
    line_set(&p->sci, acpi_wants_sci(p) || smbus_wants_sci(p));
}

static void pm_timer_toggles(struct device *dev, u64 due)
{
    update(from_device(dev));
}

static void pm_smbus_done(struct device *dev, u64 due)
{
    struct pm *p = from_device(dev);

    smbus_finish(p->smbus, &p->wires);
    update(p);
}

/* -- sleep: [PMCNTRL] -- */

static void set_shutdown_code(struct pm *p)
{
    space_write(p->dev.machine->ports, CMOS, SHUTDOWN_CODE, 1);
    space_write(p->dev.machine->ports, CMOS + 1, SHUTDOWN_S3, 1);
}

static void fall_asleep(struct pm *p)
{
    unsigned type = p->control >> SLP_TYP_SHIFT & SLP_TYP;

    trace(&p->dev, "sleep type %u", type);
    switch (type) {
    case SLP_S5: case SLP_S4:
        machine_stop(p->dev.machine, STOP_POWER_OFF);
        break;
    case SLP_S3:
        set_shutdown_code(p);
        p->asleep = true;
        p->status &= (u16)~WAK;
        line_set(&p->susstat, true);
        machine_suspend(p->dev.machine);
        break;
    default:
        guest_oddity(&p->dev, "sleep type %u is not modelled", type);
    }
}

/* Someone did something: it is noted, it may wake, it may interrupt. */
static void happens(struct pm *p, u16 what)
{
    p->status |= what;
    if (p->asleep && (what == PWRBTN || p->enable & what)) {
        p->status |= WAK;
        machine_ask_reset(p->dev.machine);
        return;
    }
    update(p);
}

/* Without an ACPI system the button is the power supply's: off it goes when time passes. */
static void press_button(struct pm *p)
{
    if (p->asleep || p->control & SCI_EN)
        happens(p, PWRBTN);
    else
        device_arm_in(&p->dev, &p->off, 0);
}

static void pm_off(struct device *dev, u64 due)
{
    machine_stop(dev->machine, STOP_POWER_OFF);
}

static void pm_pin(struct device *dev, unsigned pin, bool level)
{
    if (!level)
        return;
    switch (pin) {
    case PIIX4_PM_BUTTON: press_button(from_device(dev)); break;
    case PIIX4_PM_RTC:    happens(from_device(dev), RTC); break;
    }
}

/* -- the registers at PMBA -- */

static u32 read_register(struct pm *p, unsigned at)
{
    switch (at) {
    case PM1_STS: return status(p) | (u32)p->enable << 16;
    case PM1_CNT: return p->control;
    case PM_TMR:  return device_ticks(&p->dev, TIMER_HZ) & 0xffffff;
    case PLVL2 & ~3u:
        guest_oddity(&p->dev, "processors do not enter C2 or C3");
        return 0;
    default:      return load_le32(&p->reg[at]);
    }
}

static u64 pm_read(struct device *dev, u64 offset, unsigned size)
{
    struct pm *p = from_device(dev);
    unsigned at = (unsigned)offset;
    u64 both = read_register(p, at & ~3u);

    if (at % 4 + size > 4 && at + 4 < PM_PORTS)
        both |= (u64)read_register(p, (at & ~3u) + 4) << 32;
    return both >> (8 * (at % 4));
}

static void clear_status(struct pm *p, u16 bits)
{
    p->status &= (u16)~bits;
    if (bits & TMR)
        p->toggles = toggles(p);
}

static u16 merge(u16 old, unsigned high, u8 value)
{
    return high ? (u16)((old & 0xff) | value << 8) : (u16)((old & 0xff00) | value);
}

static void set_control(struct pm *p, unsigned high, u8 value)
{
    u16 written = merge(p->control, high, value);

    if (written & GBL_RLS)
        guest_oddity(&p->dev, "no firmware listens to GBL_RLS");
    p->control = written & (SCI_EN | BM_RLD | SLP_TYP << SLP_TYP_SHIFT);
    if (written & SLP_EN)
        fall_asleep(p);
}

static void write_byte(struct pm *p, unsigned at, u8 value)
{
    switch (at) {
    case PM1_STS: case PM1_STS + 1:
        clear_status(p, (u16)(value << 8 * (at - PM1_STS)));
        break;
    case PM1_EN: case PM1_EN + 1:
        p->enable = merge(p->enable, at - PM1_EN, value) & EN_BITS;
        break;
    case PM1_CNT: case PM1_CNT + 1:
        set_control(p, at - PM1_CNT, value);
        break;
    case PM_TMR: case PM_TMR + 1: case PM_TMR + 2: case PM_TMR + 3:
        break;
    case GLBSTS: case GLBSTS + 1:
        p->reg[at] &= (u8)~value;
        break;
    default:
        p->reg[at] = value;
    }
}

static void pm_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pm *p = from_device(dev);

    trace(dev, "%02x <- %0*llx", (unsigned)offset, 2 * size, (unsigned long long)value);
    for (unsigned i = 0; i < size; i++)
        write_byte(p, (unsigned)offset + i, (u8)(value >> (8 * i)));
    update(p);
}

/* -- APM: [APMC], [APMS] -- */

/*
 * After a reset, as when it wakes, the register with SMI_EN is nowhere until firmware has placed
 * it. SeaBIOS sends itself an SMI before that, since on QEMU's boards APMC_EN is enough.
 */
static bool smi_enabled(const struct pm *p)
{
    bool placed = p->pci.config->bytes[PMREGMISC] & PMIOSE;

    return load_le32(&p->pci.config->bytes[DEVACTB]) & APMC_EN
        && (!placed || p->reg[GLBCTL] & SMI_EN);
}

static void send_smi(struct pm *p)
{
    p->reg[GLBSTS] |= APM_STS;
    line_set(&p->smi, true);
    line_set(&p->smi, false);
}

static void command(struct pm *p, u8 value)
{
    trace(&p->dev, "APMC <- %02x", value);
    p->apm[APMC] = value;
    if (value == ACPI_ON || value == ACPI_OFF) {
        p->control = (u16)((p->control & ~SCI_EN) | (value == ACPI_ON ? SCI_EN : 0));
        update(p);
    } else if (smi_enabled(p)) {
        send_smi(p);
    }
}

static u64 pm_read_apm(struct device *dev, u64 offset, unsigned size)
{
    return from_device(dev)->apm[offset];
}

static void pm_write_apm(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pm *p = from_device(dev);

    if (offset == APMC)
        command(p, (u8)value);
    else
        p->apm[APMS] = (u8)value;
}

/* -- general-purpose events, SMBus -- */

static u64 pm_read_gpe(struct device *dev, u64 offset, unsigned size)
{
    return from_device(dev)->gpe[offset];
}

static void pm_write_gpe(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pm *p = from_device(dev);

    if (offset < 2)
        p->gpe[offset] &= (u8)~value;
    else
        p->gpe[offset] = (u8)value;
    update(p);
}

static u64 pm_read_smbus(struct device *dev, u64 offset, unsigned size)
{
    struct pm *p = from_device(dev);

    return smbus_read(p->smbus, &p->wires, (unsigned)offset);
}

static void pm_write_smbus(struct device *dev, u64 offset, u64 value, unsigned size)
{
    struct pm *p = from_device(dev);

    smbus_write(p->smbus, &p->wires, (unsigned)offset, (u8)value);
    update(p);
}

void piix4_pm_set_ram(struct device *dev, u64 bytes)
{
    smbus_describe_ram(&from_device(dev)->wires, bytes);
}

/* -- where they are -- */

static void place(struct pm *p, struct region *r, u8 base_at, bool enabled)
{
    u16 base = pci_word(&p->pci, base_at) & (u16)~(r->size - 1);

    if (enabled && base)
        space_map(p->dev.machine->ports, r, base, NORMAL);
    else
        space_unmap(r);
}

static void place_ports(struct pm *p)
{
    const u8 *config = p->pci.config->bytes;

    place(p, &p->pm_ports, PMBA, config[PMREGMISC] & PMIOSE);
    place(p, &p->smbus_ports, SMBBA, config[SMBHSTCFG] & SMB_HST_EN);
}

static void pm_written(struct device *dev, u8 first, u8 last)
{
    struct pm *p = from_device(dev);

    place_ports(p);
    update(p);
}

/* -- life -- */

static const struct io_ops pm_io    = { pm_read, pm_write, 4 };
static const struct io_ops apm_io   = { pm_read_apm, pm_write_apm, 1 };
static const struct io_ops gpe_io   = { pm_read_gpe, pm_write_gpe, 1 };
static const struct io_ops smbus_io = { pm_read_smbus, pm_write_smbus, 1 };

/* The bytes in the range of DEVRESx say that serial and parallel ports answer. */
static void set_up_registers(struct pci *p)
{
    p->start[PCISTS] = 0x80;
    p->start[PMBA] = p->start[SMBBA] = 1;
    store_le32(&p->writable[PMBA], 0xffc0);
    memset(&p->writable[CNTA], 0xff, PMREGMISC - CNTA);
    p->start[0x5f] = 0x90;
    p->start[0x63] = 0x60;
    p->start[0x67] = 0x98;
    p->writable[PMREGMISC] = PMIOSE;
    store_le32(&p->writable[SMBBA], 0xfff0);
    memset(&p->writable[SMBHSTCFG], 0xff, SMBREV - SMBHSTCFG);
}

static void map(struct pm *p, struct region *r, const char *name, const struct io_ops *io,
                u64 size)
{
    *r = (struct region){ .name = name, .owner = &p->dev, .io = io, .size = size };
}

static bool pm_attach(struct device *dev, struct error *err)
{
    struct pm *p = from_device(dev);
    struct space *ports = dev->machine->ports;

    if (!pci_join(dev, &p->pci, p->config, &id, err))
        return false;
    p->pci.written = pm_written;
    set_up_registers(&p->pci);
    device_line(dev, &p->sci, "sci");
    device_line(dev, &p->smi, "smi");
    device_line(dev, &p->susstat, "susstat");
    device_event(dev, &p->timer, "timer", pm_timer_toggles);
    device_event(dev, &p->smbus_done, "smbus-done", pm_smbus_done);
    device_event(dev, &p->off, "off", pm_off);
    p->wires.done = &p->smbus_done;
    map(p, &p->pm_ports, "pm", &pm_io, PM_PORTS);
    map(p, &p->smbus_ports, "smbus", &smbus_io, SMBUS_PORTS);
    map(p, &p->apm_ports, "apm", &apm_io, 2);
    map(p, &p->gpe_ports, "gpe", &gpe_io, GPE_PORTS);
    space_map(ports, &p->apm_ports, APM_PORT, NORMAL);
    space_map(ports, &p->gpe_ports, device_number(dev, "gpe_port", GPE_PORT), NORMAL);
    return true;
}

/*
 * What woke the machine, and what it waited for, are in the part that has power in S3; so is
 * GLBCTL, which has the polarity of the lid and the thermal input. SeaBIOS needs its SMI_EN on
 * resuming: it sends itself an SMI before it gives these registers their place.
 */
static void pm_reset(struct device *dev, enum reset how)
{
    struct pm *p = from_device(dev);
    bool waking = p->asleep && how == RESET_WIRE;
    u32 glbctl = waking ? load_le32(&p->reg[GLBCTL]) : 0;

    p->status = waking ? p->status : 0;
    p->enable = waking ? p->enable : 0;
    p->asleep = false;
    p->control = 0;
    p->toggles = toggles(p);
    memset(p->reg, 0, sizeof p->reg);
    store_le32(&p->reg[GLBCTL], glbctl);
    memset(p->gpe, 0, sizeof p->gpe);
    memset(p->apm, 0, sizeof p->apm);
    p->smbus[0] = (struct smbus_host){ 0 };
    device_arm_at(dev, &p->smbus_done, NEVER);
    pci_reset(&p->pci);
    place_ports(p);
    update(p);
    line_set(&p->susstat, false);
}

static void pm_resume(struct device *dev)
{
    struct pm *p = from_device(dev);

    pci_resume(&p->pci);
    place_ports(p);
}

const struct device_type piix4_pm_type = {
    .name = "piix4-pm", .title = "PIIX4 power management", .size = sizeof(struct pm),
    .state = state_rows, .attach = pm_attach, .reset = pm_reset, .pin = pm_pin,
    .resume = pm_resume,
};
