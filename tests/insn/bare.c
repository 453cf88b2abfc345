#include "tests/insn/bare.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/config.h"
#include "core/error.h"
#include "isa/x86/cpuid.h"
#include "isa/x86/mode.h"
#include "isa/x86/paging.h"
#include "isa/x86/x86.h"
#include "isa/x86/xstate.h"

static _Noreturn void no_bench(const struct error *err)
{
    fprintf(stderr, "no bench: %s\n", err->text);
    exit(1);
}

struct bare *bare_create(u64 ram_bytes, const char *model)
{
    return bare_create_timed(ram_bytes, model, "fixed");
}

struct bare *bare_create_timed(u64 ram_bytes, const char *model, const char *timing)
{
    struct error err = { "no memory" };
    struct bare *b = calloc(1, sizeof *b);
    struct device *dev;

    if (!b || !(b->machine = machine_create(&err)))
        no_bench(&err);
    b->ram = machine_add_ram(b->machine, "main", ram_bytes, &err);
    if (!b->ram)
        no_bench(&err);
    b->region = (struct region){ .name = "main", .ram = b->ram, .size = b->ram->size,
                                 .writable = true };
    space_map(b->machine->memory, &b->region, 0, UNDER);
    b->machine->config = config_create();
    if (model && !config_set(b->machine->config, "cpu0.model", model, &err))
        no_bench(&err);
    if (!config_set(b->machine->config, "cpu0.timing", timing, &err))
        no_bench(&err);
    dev = machine_add(b->machine, &x86_cpu_type, "cpu0", &err);
    if (!dev)
        no_bench(&err);
    b->cpu = container_of(dev, struct x86, cpu.dev);
    machine_reset(b->machine, RESET_POWER);
    return b;
}

void bare_destroy(struct bare *b)
{
    struct config *config = b->machine->config;

    machine_destroy(b->machine);
    config_destroy(config);
    free(b);
}

void bare_allow(struct bare *b, unsigned feature)
{
    b->cpu->features[feature >> 6] |= BIT(feature & 63);
}

void bare_allow_vex(struct bare *b)
{
    static const u8 features[] = {
        F_AVX, F_AVX2, F_VAES, F_VPCLMUL, F_FMA, F_F16C, F_BMI1, F_BMI2,
    };

    for (unsigned i = 0; i < COUNT(features); i++)
        bare_allow(b, features[i]);
}

void bare_enable_avx(struct bare *b)
{
    bare_allow_vex(b);
    b->cpu->cr4 |= CR4_OSXSAVE;
    b->cpu->xcr0 = XSTATE_X87 | XSTATE_SSE | XSTATE_AVX;
    x86_mode_update(b->cpu);
}

void bare_store(struct bare *b, u64 physical, const void *bytes, size_t count)
{
    space_write_bytes(b->machine->memory, physical, bytes, count);
}

static void data_segments(struct x86 *cpu, u16 selector, u32 attr, u32 limit)
{
    static const u8 name[] = { ES, SS, DS, FS, GS };

    for (unsigned i = 0; i < COUNT(name); i++)
        cpu->seg[name[i]] = (struct segment){ .selector = selector, .attr = attr, .limit = limit };
}

void bare_real(struct bare *b)
{
    struct x86 *cpu = b->cpu;
    u32 attr = SEG_P | SEG_S | SEG_WRITE | SEG_ACCESSED;

    cpu->cr0 = CR0_ET;
    cpu->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpu->efer = 0;
    cpu->cpl = 0;
    data_segments(cpu, 0, attr, 0xffff);
    cpu->seg[CS] = (struct segment){ .attr = attr, .limit = 0xffff };
    cpu->idtr[0] = (struct table_register){ .limit = 0x3ff };
    x86_mode_update(cpu);
}

void bare_flat32(struct bare *b)
{
    struct x86 *cpu = b->cpu;
    u32 attr = SEG_P | SEG_S | SEG_ACCESSED | SEG_DB | SEG_G;

    cpu->cr0 = CR0_PE | CR0_ET | CR0_NE;
    cpu->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpu->efer = 0;
    cpu->cpl = 0;
    data_segments(cpu, 0x10, attr | SEG_WRITE, 0xffffffff);
    cpu->seg[CS] = (struct segment){ .selector = 8, .attr = attr | SEG_CODE | SEG_READ,
                                     .limit = 0xffffffff };
    x86_mode_update(cpu);
}

void bare_flat64(struct bare *b, u64 tables)
{
    struct x86 *cpu = b->cpu;
    u32 attr = SEG_P | SEG_S | SEG_ACCESSED | SEG_G;
    u64 entry;

    entry = (tables + 0x1000) | 7;
    bare_store(b, tables, &entry, 8);
    entry = (tables + 0x2000) | 7;
    bare_store(b, tables + 0x1000, &entry, 8);
    for (u64 i = 0; i < 512; i++) {
        entry = i << 21 | 0x87;
        bare_store(b, tables + 0x2000 + 8 * i, &entry, 8);
    }
    cpu->cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG;
    cpu->cr3 = tables;
    cpu->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpu->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    cpu->cpl = 0;
    data_segments(cpu, 0x10, attr | SEG_DB | SEG_WRITE, 0xffffffff);
    cpu->seg[CS] = (struct segment){ .selector = 8, .attr = attr | SEG_CODE | SEG_READ | SEG_L,
                                     .limit = 0xffffffff };
    x86_mode_update(cpu);
}
