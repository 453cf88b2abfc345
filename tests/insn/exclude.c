/* Rows that are not compared with the host, and why. */
#include <string.h>

#include "isa/x86/cpuid.h"
#include "tests/insn/gen.h"

struct reason { const char *name, *why; };

static const struct reason by_name[] = {
    { "esc",      "is there without an x87 unit only" },
    { "icebp",    "its #DB cannot be told from the trap that ends a case" },
    { "int1",     "its #DB cannot be told from the trap that ends a case" },
    { "syscall",  "enters the host's kernel" },
    { "sysret",   "leaves the host's kernel" },
    { "sysenter", "enters the host's kernel" },
    { "cpuid",    "tells the model apart" },
    { "rdtsc",    "is another clock" },
    { "rdtscp",   "is another clock" },
    { "rdpid",    "is the host's number of its processor" },
    { "rdpmc",    "counts what the host does" },
    { "rdrand",   "is random" },
    { "rdseed",   "is random" },
    { "sgdt",     "the host's kernel emulates it for user code" },
    { "sidt",     "the host's kernel emulates it for user code" },
    { "sldt",     "the host's kernel emulates it for user code" },
    { "str",      "the host's kernel emulates it for user code" },
    { "smsw",     "the host's kernel emulates it for user code" },
    { "xgetbv",   "the host has other state components" },
    { "xsave",    "the host has other state components" },
    { "xsavec",   "the host has other state components" },
    { "xsaveopt", "the host has other state components" },
    { "xsaves",   "the host has other state components" },
    { "xrstor",   "the host has other state components" },
    { "xrstors",  "the host has other state components" },
    { "monitor",  "a virtual machine may not have it" },
    { "mwait",    "a virtual machine may not have it" },
    { "vmcall",   "calls the host's hypervisor" },
};

static const struct { enum feature feature; const char *why; } by_feature[] = {
    { F_ONLY86, "only the 8086 has it" },
    { F_PKU,    "the host has no protection keys" },
    { F_PKS,    "the host has no protection keys" },
    { F_CET_SS, "the host has no shadow stacks" },
    { F_CET_IBT, "the host tracks no indirect branches" },
};

const char *insn_excluded(const struct row *row, unsigned bits)
{
    const char *name = insn_name(row);
    struct encoding e;

    encoding_parse(row, &e);
    if (row->attributes & (bits == 64 ? A_NO64 : A_ONLY64))
        return "there is no such code";
    if (bits == 32 && e.w > 0 && e.map < MAP_VEX)
        return "there is no such code";
    if (strcmp(row->encoding, "0F 0D /r") == 0 && row->operand[0] == Ev)
        return "AMD's processors have it with memory only";
    if (bits == 32 && encoding_is_vex(row) && e.w > 0 && row->feature == F_AVX
        && (strcmp(name, "vpinsrd") == 0 || strcmp(name, "pextrd") == 0))
        return "VEX.W counts in 32-bit code on AMD's processors, against the SDM";
    for (unsigned i = 0; i < COUNT(by_name); i++)
        if (strcmp(by_name[i].name, name) == 0)
            return by_name[i].why;
    for (unsigned i = 0; i < COUNT(by_feature); i++)
        if (by_feature[i].feature == row->feature)
            return by_feature[i].why;
    return NULL;
}
