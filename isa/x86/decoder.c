/* isa/x86/decoder.c */
/* The decoder's tables, made from opcodes/ when a machine is: which rows an opcode may be. */
#include "isa/x86/decoding.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"

static void add_node(struct decoder *d, struct node *nodes, unsigned *used, u16 *head, unsigned row)
{
    nodes[*used] = (struct node){ (u16)row, *head };
    *head = (u16)++*used;
}

static void mark_prefixes(u8 *opcode)
{
    opcode[0x66] = opcode[0xf2] = opcode[0xf3] = OPCODE_PREFIX;
    opcode[0x0f] = OPCODE_ESCAPE;
    opcode[0xc4] = opcode[0xc5] = OPCODE_VEX;
    memset(opcode + 0x40, OPCODE_REX, 16);
}

bool decoder_build(struct decoder *d, struct error *err)
{
    unsigned used = 0;
    struct node *nodes = malloc((size_t)x86_row_count * 64 * sizeof *nodes);

    memset(d, 0, sizeof *d);
    mark_prefixes(d->opcode[MAP_1]);
    d->encoding = malloc(x86_row_count * sizeof *d->encoding);
    if (!d->encoding || !nodes) {
        free(nodes);
        decoder_free(d);
        return fail(err, "no memory for the instruction tables");
    }
    for (unsigned i = x86_row_count; i-- > 0;) {
        struct encoding *e = &d->encoding[i];

        if (!encoding_parse(&x86_rows[i], e)) {
            free(nodes);
            decoder_free(d);
            return fail(err, "instruction row \"%s\" is malformed", x86_rows[i].encoding);
        }
        for (unsigned op = e->opcode; op <= e->opcode + (e->plus_r ? 7u : 0u); op++) {
            d->opcode[e->map][op] |= e->modrm ? OPCODE_MODRM : 0;
            for (unsigned reg = 0; reg < 8; reg++)
                if (e->digit < 0 || e->digit == (int)reg)
                    add_node(d, nodes, &used, &d->first[e->map][op][reg], i);
        }
    }
    d->nodes = realloc(nodes, (used ? used : 1) * sizeof *nodes);
    if (!d->nodes || !template_build(d)) {
        decoder_free(d);
        return fail(err, "no memory for the instruction tables");
    }
    return true;
}

void decoder_free(struct decoder *d)
{
    free(d->encoding);
    free(d->nodes);
    free(d->templates);
    d->templates = NULL;
    d->encoding = NULL;
    d->nodes = NULL;
}
