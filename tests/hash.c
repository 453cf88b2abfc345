/*
 * Runs small guest programs and prints what state they end in: the same on every host and with
 * every compiler. Exit status 1: one does not end.
 */
#include <stdio.h>

#include "core/snapshot.h"
#include "tests/insn/programs.h"

int main(void)
{
    int status = 0;

    for (unsigned i = 0; i < program_count; i++) {
        struct bare *b = program_start(&programs[i]);
        bool ended = program_finish(b);
        struct digest d = machine_hash(b->machine);

        printf("%-20s %016llx%016llx after %llu instructions%s\n", programs[i].name,
               (unsigned long long)d.high, (unsigned long long)d.low,
               (unsigned long long)machine_retired(b->machine), ended ? "" : ", not ended");
        status |= !ended;
        bare_destroy(b);
    }
    return status;
}
