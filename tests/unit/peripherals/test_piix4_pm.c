#include "peripherals/chipset/piix4_pm.h"

#include "bus/pci.h"
#include "core/bits.h"
#include "tests/support/bench.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PM = 0x600, STS = PM, EN = PM + 2, CNT = PM + 4, TMR = PM + 8, GLBSTS = PM + 0x18 };
enum { GLBCTL = PM + 0x28, APMC = 0xb2, APMS = 0xb3, GPE = 0xafe0, SMB = 0x700 };
enum { TMR_STS = 1, PWRBTN_STS = 0x100, RTC_STS = 0x400, WAK_STS = 0x8000, SCI_EN = 1 };
enum { SLP_EN = 0x2000, SLP_S3 = 1 << 10, SLP_S4 = 2 << 10, SLP_POS = 4 << 10 };
enum { SCI, SMI, SUSSTAT };

static struct machine *m;
static struct device *bus, *pm;
static struct probe *other;
static struct region cmos;
static u8 cmos_index, cmos_bytes[128];

static u16 in16(u16 port)              { return (u16)space_read(m->ports, port, 2); }
static u32 in32(u16 port)              { return (u32)space_read(m->ports, port, 4); }
static void out16(u16 port, u16 value) { space_write(m->ports, port, value, 2); }
static void out32(u16 port, u32 value) { space_write(m->ports, port, value, 4); }

static u32 get(u8 reg, unsigned size)  { return pci_config_read(bus, 0xb00u | reg, size); }

static void set(u8 reg, u32 value, unsigned size)
{
    pci_config_write(bus, 0xb00u | reg, value, size);
}

static void cmos_write(struct device *dev, u64 offset, u64 value, unsigned size)
{
    if (offset)
        cmos_bytes[cmos_index & 127] = (u8)value;
    else
        cmos_index = (u8)value;
}

/* As firmware leaves it. */
static void set_up(void)
{
    set(0x40, PM | 1, 4);
    set(0x80, 1, 1);
    set(0x90, SMB | 1, 4);
    set(0xd2, 9, 1);
}

static struct machine *make(void)
{
    m = machine_create(NULL);
    bus = machine_add(m, &pci_bus_type, "pci", NULL);
    pm = machine_add(m, &piix4_pm_type, "pm", NULL);
    other = probe(m, "other");
    cr_assert(machine_wire(m, "pm.sci", "other", SCI, NULL));
    cr_assert(machine_wire(m, "pm.smi", "other", SMI, NULL));
    cr_assert(machine_wire(m, "pm.susstat", "other", SUSSTAT, NULL));
    piix4_pm_set_ram(pm, 640 << 20);
    machine_reset(m, RESET_POWER);
    set_up();
    return m;
}

static void start(void)
{
    static const struct io_ops io = { NULL, cmos_write, 1 };

    make();
    cmos = (struct region){ .name = "cmos", .io = &io, .size = 2 };
    space_map(m->ports, &cmos, 0x70, NORMAL);
}

static void end(void) { machine_destroy(m); }

TestSuite(piix4_pm, .init = start, .fini = end);

static void run_for(u64 ns) { machine_run(m, m->clock.now + ns); }

Test(piix4_pm, it_is_function_3_of_slot_1)
{
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(get(0, 4), 0x71138086);
    cr_assert_eq(get(8, 4), 0x06800003);
    cr_assert_eq(get(0x3d, 1), 1);
    cr_assert_eq(get(0x40, 4), 1);
    cr_assert_eq(get(0x90, 4), 1);
    set(0x40, 0xffffffff, 4);
    cr_assert_eq(get(0x40, 4), 0xffc1);
}

Test(piix4_pm, ports_answer_where_and_when_they_are_enabled)
{
    cr_assert_eq(in16(CNT), 0);
    set(0x80, 0, 1);
    cr_assert_eq(in16(CNT), 0xffff);
    set(0x40, 0xb001, 4);
    set(0x80, 1, 1);
    cr_assert_eq(in16(0xb004), 0);
    cr_assert_eq(in8(m, SMB + 5), 0);
    set(0xd2, 8, 1);
    cr_assert_eq(in8(m, SMB + 5), 0xff);
}

/* -- the timer -- */

Test(piix4_pm, the_timer_counts_at_3579545_hz)
{
    u32 before = in32(TMR);

    run_for(SECOND);
    cr_assert_eq((in32(TMR) - before) & 0xffffff, 3579545);
    run_for(SECOND);
    cr_assert_eq((in32(TMR) - before) & 0xffffff, 2 * 3579545);
}

Test(piix4_pm, the_timer_has_24_bits_and_any_width)
{
    u32 all;

    run_for(7 * SECOND);
    all = in32(TMR);
    cr_assert_eq(all, 7 * 3579545 % 0x1000000);
    cr_assert_eq(in16(TMR), all & 0xffff);
    cr_assert_eq(in8(m, TMR + 2), all >> 16);
    cr_assert_eq(in16(TMR + 1), all >> 8);
    out32(TMR, 0);
    cr_assert_eq(in32(TMR), all);
}

/* Bit 23 changes every 2^23 / 3579545 seconds: 2.34 s. */
Test(piix4_pm, the_timers_high_bit_is_noted_when_it_toggles)
{
    run_for(2300 * MILLISECOND);
    cr_assert_eq(in16(STS) & TMR_STS, 0);
    run_for(100 * MILLISECOND);
    cr_assert_eq(in16(STS) & TMR_STS, TMR_STS);
    out16(STS, TMR_STS);
    cr_assert_eq(in16(STS) & TMR_STS, 0);
    run_for(2344 * MILLISECOND);
    cr_assert_eq(in16(STS) & TMR_STS, TMR_STS);
}

Test(piix4_pm, the_toggle_interrupts_at_its_instant)
{
    out16(CNT, SCI_EN);
    out16(EN, TMR_STS);
    run_for(5 * SECOND);
    cr_assert(other->level[SCI]);
    cr_assert_eq(other->rose[SCI], ticks_to_ns(1 << 23, 3579545));
    out16(STS, TMR_STS);
    cr_assert_not(other->level[SCI]);
    run_for(5 * SECOND);
    cr_assert_eq(other->rose[SCI], ticks_to_ns(3 << 23, 3579545));
}

Test(piix4_pm, nothing_happens_while_nobody_listens)
{
    cr_assert_eq(clock_next(&m->clock), NEVER);
    out16(EN, TMR_STS);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    out16(CNT, SCI_EN);
    cr_assert_neq(clock_next(&m->clock), NEVER);
    run_for(5 * SECOND);
    cr_assert_eq(clock_next(&m->clock), NEVER);
    machine_reset(m, RESET_WIRE);
    cr_assert_eq(clock_next(&m->clock), NEVER);
}

/* -- events -- */

Test(piix4_pm, the_button_interrupts_an_acpi_system)
{
    out16(CNT, SCI_EN);
    out16(EN, PWRBTN_STS);
    drive(pm, PIIX4_PM_BUTTON, true);
    drive(pm, PIIX4_PM_BUTTON, false);
    cr_assert(other->level[SCI]);
    cr_assert_eq(in16(STS), PWRBTN_STS);
    out8(m, STS + 1, PWRBTN_STS >> 8);
    cr_assert_not(other->level[SCI]);
}

Test(piix4_pm, the_button_turns_others_off)
{
    drive(pm, PIIX4_PM_BUTTON, true);
    cr_assert_eq(machine_run(m, SECOND), RUN_STOPPED);
    cr_assert_eq(m->stop, STOP_POWER_OFF);
}

Test(piix4_pm, enables_are_the_few_there_are)
{
    out16(EN, 0xffff);
    cr_assert_eq(in16(EN), 0x0521);
    out32(STS, 0);
    cr_assert_eq(in16(EN), 0);
}

Test(piix4_pm, general_purpose_events_are_kept_and_cleared)
{
    out32(GPE, 0x5a5affff);
    cr_assert_eq(in32(GPE), 0x5a5a0000);
}

/* -- APM and SMI -- */

Test(piix4_pm, a_command_is_an_smi_once_enabled_twice)
{
    out8(m, APMS, 1);
    out8(m, APMC, 0);
    cr_assert_eq(other->rises[SMI], 0);
    set(0x58, 1 << 25, 4);
    out8(m, APMC, 0);
    cr_assert_eq(other->rises[SMI], 0);
    out32(GLBCTL, in32(GLBCTL) | 1);
    out8(m, APMC, 0xb5);
    cr_assert_eq(other->rises[SMI], 1);
    cr_assert_not(other->level[SMI]);
    cr_assert_eq(in8(m, APMC), 0xb5);
    cr_assert_eq(in8(m, APMS), 1);
    cr_assert_eq(in16(GLBSTS), 0x20);
    out16(GLBSTS, 0x20);
    cr_assert_eq(in16(GLBSTS), 0);
}

Test(piix4_pm, two_commands_switch_acpi)
{
    set(0x58, 1 << 25, 4);
    out32(GLBCTL, 1);
    out8(m, APMC, 0xf1);
    cr_assert_eq(in16(CNT), SCI_EN);
    out8(m, APMC, 0xf0);
    cr_assert_eq(in16(CNT), 0);
    cr_assert_eq(other->rises[SMI], 0);
}

Test(piix4_pm, an_smi_needs_no_register_that_is_nowhere)
{
    set(0x58, 1 << 25, 4);              /* APMC_EN; SMI_EN is clear */
    out8(m, APMC, 1);
    cr_assert_eq(other->rises[SMI], 0);
    set(0x80, 0, 1);
    out8(m, APMC, 1);
    cr_assert_eq(other->rises[SMI], 1);
}

/* -- sleep -- */

Test(piix4_pm, types_0_and_2_turn_the_machine_off)
{
    out16(CNT, SLP_EN);
    cr_assert_eq(m->stop, STOP_POWER_OFF);
    m->stop = STOP_NONE;
    out16(CNT, SLP_S4);
    cr_assert_eq(m->stop, STOP_NONE);
    out16(CNT, SLP_S4 | SLP_EN);
    cr_assert_eq(m->stop, STOP_POWER_OFF);
    cr_assert_eq(in16(CNT), SLP_S4);
    m->stop = STOP_NONE;
    out16(CNT, SLP_POS | SLP_EN);
    cr_assert_eq(m->stop, STOP_NONE);
}

static void sleep(u16 enable)
{
    out16(EN, enable);
    out16(CNT, SLP_S3 | SLP_EN | SCI_EN);
}

Test(piix4_pm, asleep_it_waits_for_the_button)
{
    sleep(0);
    cr_assert(m->suspended);
    cr_assert(other->level[SUSSTAT]);
    cr_assert_eq(cmos_bytes[0x0f], 0xfe);
    drive(pm, PIIX4_PM_RTC, true);
    cr_assert_not(m->reset_asked);
    drive(pm, PIIX4_PM_BUTTON, true);
    cr_assert(m->reset_asked);
    run_for(10);
    cr_assert_not(m->suspended);
    cr_assert_not(other->level[SUSSTAT]);
    set_up();
    cr_assert_eq(in16(STS), WAK_STS | PWRBTN_STS | RTC_STS);
    cr_assert_eq(in16(CNT), 0);
    cr_assert_not(other->level[SCI]);
}

Test(piix4_pm, the_clock_wakes_who_asked_for_it)
{
    sleep(RTC_STS);
    drive(pm, PIIX4_PM_RTC, true);
    run_for(10);
    set_up();
    cr_assert_eq(in16(STS), WAK_STS | RTC_STS);
    cr_assert_eq(in16(EN), RTC_STS);
}

/* As firmware resumes: an SMI first, which is enabled by APMC_EN alone. */
Test(piix4_pm, an_smi_may_be_asked_for_before_the_registers_are_back)
{
    out32(GLBCTL, 0x02000001);
    set(0x58, 1 << 25, 4);
    sleep(0);
    drive(pm, PIIX4_PM_BUTTON, true);
    run_for(10);
    out8(m, APMC, 0);
    cr_assert_eq(other->rises[SMI], 0);
    set(0x58, 1 << 25, 4);
    out8(m, APMC, 0);
    cr_assert_eq(other->rises[SMI], 1);
    set_up();
    cr_assert_eq(in32(GLBCTL), 0x02000001);
}

Test(piix4_pm, a_reset_of_one_awake_forgets)
{
    out16(CNT, SCI_EN);
    out32(GLBCTL, 1);
    drive(pm, PIIX4_PM_BUTTON, true);
    machine_reset(m, RESET_WIRE);
    set_up();
    cr_assert_eq(in16(STS), 0);
    cr_assert_eq(in32(GLBCTL), 0);
}

/* -- SMBus -- */

static u8 transact(u8 address, u8 command, u8 protocol)
{
    out8(m, SMB + 0, 0x1e);
    out8(m, SMB + 4, address);
    out8(m, SMB + 3, command);
    out8(m, SMB + 2, (u8)(0x40 | protocol << 2));
    cr_assert_eq(in8(m, SMB), 1);
    run_for(10 * MILLISECOND);
    return in8(m, SMB);
}

Test(piix4_pm, modules_of_ram_describe_themselves)
{
    u8 spd[64], sum = 0;

    for (u8 i = 0; i < 64; i++) {
        cr_assert_eq(transact(0xa1, i, 2), 2);
        spd[i] = in8(m, SMB + 5);
    }
    cr_assert_eq(spd[0], 128);
    cr_assert_eq(spd[2], 4);
    cr_assert_eq(1u << (spd[3] + spd[4] - 20) << 2 << 3, 512);
    cr_assert_eq(spd[31] * 4 & 0xff, 512 & 0xff);
    for (u8 i = 0; i < 63; i++)
        sum = (u8)(sum + spd[i]);
    cr_assert_eq(sum, spd[63]);
    cr_assert_eq(transact(0xa3, 2, 3), 2);
    cr_assert_eq(in16(SMB + 5) & 0xff, 4);
    cr_assert_eq(transact(0xa3, 31, 2), 2);
    cr_assert_eq(in8(m, SMB + 5), 32);
}

Test(piix4_pm, bytes_follow_one_another)
{
    cr_assert_eq(transact(0xa0, 0, 1), 2);
    cr_assert_eq(transact(0xa1, 0, 1), 2);
    cr_assert_eq(in8(m, SMB + 5), 128);
    transact(0xa1, 0, 1);
    cr_assert_eq(in8(m, SMB + 5), 8);
}

Test(piix4_pm, nobody_else_is_on_the_bus)
{
    for (unsigned address = 0; address < 128; address++) {
        u8 expected = address == 0x50 || address == 0x51 ? 2 : 4;

        cr_assert_eq(transact((u8)(address << 1), 0, 0), expected, "%02x", address);
    }
    cr_assert_eq(transact(0xa1, 0, 5), 4);
}

Test(piix4_pm, the_end_of_a_transaction_interrupts_and_kill_ends_it)
{
    out8(m, SMB + 4, 0xa1);
    out8(m, SMB + 2, 0x49);
    run_for(10 * MILLISECOND);
    cr_assert(other->level[SCI]);
    out8(m, SMB, 2);
    cr_assert_not(other->level[SCI]);
    out8(m, SMB + 2, 0x49);
    out8(m, SMB + 2, 2);
    cr_assert_eq(in8(m, SMB), 0x10);
}

static struct machine *make_busy(void)
{
    make();
    out16(CNT, SCI_EN);
    out16(EN, TMR_STS | PWRBTN_STS);
    out8(m, SMB + 4, 0xa1);
    out8(m, SMB + 2, 0x48);
    return m;
}

Test(piix4_pm, saving_is_not_noticed)
{
    machine_destroy(m);
    saving_is_not_noticed(make_busy, 6 * SECOND, 234567891);
    make();
}
