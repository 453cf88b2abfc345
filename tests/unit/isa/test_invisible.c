/*
 * How a program is run is not seen in where it ends: in blocks, an instruction at a time, saved and
 * loaded into another machine at random instructions.
 */
#include <criterion/criterion.h>

#include "core/snapshot.h"
#include "tests/insn/programs.h"
#include "tests/insn/random.h"

enum { CUTS = 5 };

static void expect_same(struct bare *b, struct digest expected, const char *name)
{
    struct digest d = machine_hash(b->machine);

    cr_expect(d.low == expected.low && d.high == expected.high, "%s", name);
}

Test(invisible, blocks_and_single_instructions_end_alike, .timeout = 280)
{
    for (unsigned i = 0; i < program_count; i++) {
        struct bare *reference = program_start(&programs[i]), *b = program_start(&programs[i]);

        cr_assert(program_finish(reference), "%s does not halt", programs[i].name);
        while (!program_halted(b))
            machine_run(b->machine, b->machine->clock.now + 1);
        machine_run(b->machine, reference->machine->clock.now);
        expect_same(b, machine_hash(reference->machine), programs[i].name);
        bare_destroy(b);
        bare_destroy(reference);
    }
}

static struct bare *moved(const struct program *p, struct bare *from)
{
    struct bare *to = program_start(p);
    struct buffer snapshot = { 0 };
    struct error *none = NULL;

    cr_assert(snapshot_save(&snapshot, from->machine, none));
    cr_assert(snapshot_load(to->machine, snapshot.bytes, snapshot.used, none));
    buffer_clear(&snapshot);
    bare_destroy(from);
    return to;
}

Test(invisible, saving_and_loading_at_random_instructions, .timeout = 280)
{
    struct rng r = rng_seeded("cuts", 0);

    for (unsigned i = 0; i < program_count; i++) {
        struct bare *reference = program_start(&programs[i]), *b = program_start(&programs[i]);
        u64 length;

        cr_assert(program_finish(reference), "%s does not halt", programs[i].name);
        length = machine_retired(reference->machine);
        for (unsigned k = 0; k < CUTS; k++) {
            machine_run(b->machine, b->machine->clock.now + 1 + rng_below(&r, length / CUTS));
            b = moved(&programs[i], b);
        }
        machine_run(b->machine, reference->machine->clock.now);
        expect_same(b, machine_hash(reference->machine), programs[i].name);
        bare_destroy(b);
        bare_destroy(reference);
    }
}
