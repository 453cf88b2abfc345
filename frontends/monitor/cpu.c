/* The monitor's words for processors: registers, and where page tables lead. */
#include "frontends/monitor/words.h"

#include "core/bits.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "frontends/rows.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const general[] = {
    "AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI", "8 ", "9 ", "10", "11", "12", "13", "14", "15",
};
static const char *const segments[] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR" };

static u64 part(struct device *cpu, const char *list, unsigned i, const char *member)
{
    char name[40];

    snprintf(name, sizeof name, "%s[%u].%s", list, i, member);
    return row(cpu, name, 0);
}

static void say_flags(struct order *o, u64 flags)
{
    static const char letters[] = "C-P-A-ZSTIDO";
    char text[13];

    for (unsigned i = 0; i < 12; i++)
        text[i] = flags >> (11 - i) & 1 && letters[11 - i] != '-' ? letters[11 - i] : '-';
    text[12] = '\0';
    say(o, " [%s]", text);
}

static void say_general(struct order *o, struct device *cpu, bool wide)
{
    static const unsigned order[] = { 0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15 };

    for (unsigned i = 0; i < (wide ? 16 : 8); i++)
        say(o, "%s%s=%0*" PRIx64 "%s", wide ? "R" : "E", general[order[i]], wide ? 16 : 8,
            row(cpu, "gpr", order[i]) & (wide ? UINT64_MAX : 0xffffffff),
            i % 4 == 3 ? "\n" : " ");
    say(o, "%s=%0*" PRIx64 " %s=%08" PRIx64, wide ? "RIP" : "EIP", wide ? 16 : 8,
        row(cpu, "rip", 0), wide ? "RFL" : "EFL", row(cpu, "eflags", 0));
    say_flags(o, row(cpu, "eflags", 0));
    say(o, " CPL=%" PRIu64 " A20=%" PRIu64 " SMM=%" PRIu64 " HLT=%d\n", row(cpu, "cpl", 0),
        row(cpu, "pins", 0) >> 4 & 1, row(cpu, "in_smm", 0), row(cpu, "activity", 0) != 0);
}

static void say_segments(struct order *o, struct device *cpu, bool wide)
{
    static const char *const tables[] = { "gdtr", "idtr" };

    for (unsigned i = 0; i < COUNT(segments); i++)
        say(o, "%-3s=%04" PRIx64 " %0*" PRIx64 " %08" PRIx64 " %08" PRIx64 "\n", segments[i],
            part(cpu, "seg", i, "selector"), wide ? 16 : 8, part(cpu, "seg", i, "base"),
            part(cpu, "seg", i, "limit"), part(cpu, "seg", i, "attr"));
    for (unsigned i = 0; i < 2; i++)
        say(o, "%s=     %0*" PRIx64 " %08" PRIx64 "\n", i ? "IDT" : "GDT", wide ? 16 : 8,
            part(cpu, tables[i], 0, "base"), part(cpu, tables[i], 0, "limit"));
}

static void say_processor(struct order *o, struct device *cpu)
{
    bool wide = row(cpu, "efer", 0) >> 10 & 1;

    say_general(o, cpu, wide);
    say_segments(o, cpu, wide);
    say(o, "CR0=%08" PRIx64 " CR2=%016" PRIx64 " CR3=%016" PRIx64 " CR4=%08" PRIx64 "\n",
        row(cpu, "cr0", 0), row(cpu, "cr2", 0), row(cpu, "cr3", 0), row(cpu, "cr4", 0));
    for (unsigned i = 0; i < 8; i++)
        if (i != 4 && i != 5)
            say(o, "DR%u=%016" PRIx64 "%s", i, row(cpu, "dr", i), i == 3 || i == 7 ? "\n" : " ");
    say(o, "EFER=%016" PRIx64 "\nFCW=%04" PRIx64 " FSW=%04" PRIx64 " FTOP=%" PRIu64
        " MXCSR=%08" PRIx64 "\n", row(cpu, "efer", 0), row(cpu, "fcw", 0), row(cpu, "fsw", 0),
        row(cpu, "ftop", 0), row(cpu, "mxcsr", 0));
    for (unsigned i = 0; i < 8; i++)
        say(o, "FPR%u=%016" PRIx64 " %04" PRIx64 "%s", i, part(cpu, "st", i, "man"),
            part(cpu, "st", i, "se"), i % 2 ? "\n" : " ");
    for (unsigned i = 0; i < (wide ? 16 : 8); i++) {
        char name[16];

        snprintf(name, sizeof name, "v[%u].q", i);
        say(o, "XMM%02u=%016" PRIx64 "%016" PRIx64 "%s", i, row(cpu, name, 1), row(cpu, name, 0),
            i % 2 ? "\n" : " ");
    }
}

static void info_registers(struct order *o)
{
    struct machine *m = o->s->machine;
    bool all = word_at(o, 2) && word_at(o, 2)[0] == '-' && word_at(o, 2)[1] == 'a';

    for (unsigned i = 0; i < m->cpus; i++)
        if (all || i == *o->cpu) {
            if (all)
                say(o, "\nCPU#%u\n", i);
            say_processor(o, processor(m, i));
        }
}

static void info_cpus(struct order *o)
{
    static const char *const doing[] = { "running", "halted", "waits for SIPI", "shut down" };
    struct machine *m = o->s->machine;

    for (unsigned i = 0; i < m->cpus; i++) {
        struct device *cpu = processor(m, i);

        say(o, "%c CPU #%u: pc=0x%016" PRIx64 " (%s), %" PRIu64 " instructions\n",
            i == *o->cpu ? '*' : ' ', i, row(cpu, "rip", 0) + part(cpu, "seg", 1, "base"),
            doing[row(cpu, "activity", 0) & 3], m->cpu[i]->retired);
    }
}

static void choose_cpu(struct order *o)
{
    u64 i;

    if (!number_at(o, 1, &i))
        return;
    if (i < o->s->machine->cpus)
        *o->cpu = (unsigned)i;
    else
        say(o, "there are %u processors\n", o->s->machine->cpus);
}

static void info_mem(struct order *o)   { say_mappings(o, false); }
static void info_tlb(struct order *o)   { say_mappings(o, true); }

const struct word cpu_words[] = {
    { "cpu", "N", "whose registers and memory are shown", choose_cpu },
    { "info cpus", "", "what each processor does", info_cpus },
    { "info registers", "[-a]", "of the processor, or all", info_registers },
    { "info mem", "", "linear memory that is mapped", info_mem },
    { "info tlb", "", "each page that is mapped, and where", info_tlb },
    { 0 }
};
