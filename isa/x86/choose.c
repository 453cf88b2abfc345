/* isa/x86/choose.c */
/* From a row and its operands to the handler: see operations.h and handlers.c for the forms. */
#include "isa/x86/decoding.h"

#include "isa/x86/block.h"
#include "isa/x86/handlers.h"
#include "isa/x86/ops/cet_near.h"

static bool has_byte_operand(const struct row *row)
{
    switch (row->operand[0]) {
    case Eb: case Gb: case Zb: case AL: case Ob: case Mb:
        return true;
    default:
        return row->attributes & A_BYTE;
    }
}

static bool is_immediate(unsigned operand)
{
    return operand >= Ib && operand <= Iwb;
}

static bool rm_is_memory(unsigned operand)
{
    return (operand >= Eb && operand <= Ey) || (operand >= M && operand <= Mp)
        || operand == Ob || operand == Ov || (operand >= W && operand <= Wb)
        || operand == Q || operand == Qd || operand == VSIB;
}

/* An immediate beside leaves no room for the address. */
static unsigned vector_form(const struct decoding *s)
{
    return !s->memory ? 0 : 1u + (s->rip_relative && s->has_imm ? EA_GEN : s->ea);
}

static handler choose_handler(const struct decoding *s, const struct row *row)
{
    const struct operation *o = &x86_operations[row->operation];
    unsigned width = has_byte_operand(row) ? WIDTH_B : s->width;
    bool imm = is_immediate(row->operand[1]);
    bool memory_first = s->memory && rm_is_memory(row->operand[0]);

    switch (o->kind) {
    case KIND_RMW2: case KIND_CMP2: case KIND_MOV2:
        if (!s->memory)
            return o->handlers[(imm ? 1 : 0) * 4 + width];
        return o->handlers[((memory_first ? imm ? 12 : 8 : 4) + s->ea) * 4 + width];
    case KIND_RMW1:
        return o->handlers[(s->memory ? 2 + s->ea : 0) * 4 + width];
    case KIND_LOAD2:
        return o->handlers[(s->memory ? 1 + s->ea : 0) * 4 + width];
    case KIND_SHIFT2:
        return o->handlers[((s->memory ? 2 : 0) + (imm ? 0 : 1)) * 4 + width];
    case KIND_WIDTH:
        return o->handlers[width];
    case KIND_RM:
        return o->handlers[s->memory];
    case KIND_RM_W: case KIND_MUL2:
        return o->handlers[s->memory * 4 + width];
    case KIND_VEC:
        return o->handlers[vector_form(s)];
    case KIND_VEX:
        return o->handlers[(s->vex_l ? VECTOR_FORMS : 0) + vector_form(s)];
    case KIND_LENGTH:
        return o->handlers[s->vex_l];
    case KIND_STACK:
        return o->handlers[(s->code_size == MODE_64 ? 4 : 0) + width];
    default:
        return o->handlers[0];
    }
}

/* Shifts by an immediate; none may be by nothing, which leaves the flags as they are. */
static void note_shift(struct insn *out, const struct operation *o, unsigned width)
{
    if (!(out->op.imm & (width == WIDTH_Q ? 0x3f : 0x1f)))
        return;
    switch (out->row->operation) {
    case OP_shl: case OP_shr: case OP_sar:
        out->traits.flag_use = FLAGS_WRITTEN;
        break;
    case OP_rol: case OP_ror:
        out->traits.flag_use = FLAGS_SOME_WRITTEN;
        break;
    default:
        return;
    }
    out->traits.quiet = o->handlers[4 * 4 + width];
}

/* Of those that have no family of their own. */
static enum flag_use plain_use(unsigned operation)
{
    switch (operation) {
    case OP_bswap: case OP_xchg: case OP_cbw: case OP_cwd: case OP_mulx: case OP_pdep:
    case OP_pext: case OP_rorx: case OP_sarx: case OP_shlx: case OP_shrx:
        return FLAGS_UNTOUCHED;
    case OP_mul: case OP_imul: case OP_bsf: case OP_bsr: case OP_tzcnt: case OP_lzcnt:
    case OP_popcnt: case OP_andn: case OP_bextr: case OP_blsi: case OP_blsmsk: case OP_blsr:
    case OP_bzhi:
        return FLAGS_WRITTEN;
    default:
        return FLAGS_NEEDED;
    }
}

/* Only what names no memory cannot fault. */
static void note_flags(struct decoding *s, const struct row *row)
{
    const struct operation *o = &x86_operations[row->operation];
    struct insn *out = s->out;
    unsigned width = has_byte_operand(row) ? WIDTH_B : s->width;

    if (row->operation == OP_lea || row->operation == OP_nop || row->operation == OP_movabs
        || row->operation == OP_endbr32 || row->operation == OP_endbr64)
        out->traits.flag_use = FLAGS_UNTOUCHED;
    if (s->memory)
        return;
    switch (o->kind) {
    case KIND_MOV2: case KIND_LOAD2:
        out->traits.flag_use = FLAGS_UNTOUCHED;
        break;
    case KIND_RMW2:
        out->traits.quiet = o->handlers[(is_immediate(row->operand[1]) ? 3 : 2) * 4 + width];
        out->traits.flag_use = row->operation == OP_adc || row->operation == OP_sbb ? FLAGS_NEEDED
            : FLAGS_WRITTEN;
        break;
    case KIND_CMP2:
        out->traits.flag_use = FLAGS_WRITTEN;
        break;
    case KIND_RMW1:
        out->traits.quiet = o->handlers[1 * 4 + width];
        out->traits.flag_use = row->operation == OP_not ? FLAGS_UNTOUCHED
            : row->operation == OP_neg ? FLAGS_WRITTEN : FLAGS_SOME_WRITTEN;
        break;
    case KIND_MUL2:
        out->traits.quiet = o->handlers[2 * 4 + width];
        out->traits.flag_use = FLAGS_WRITTEN;
        break;
    case KIND_SHIFT2:
        if (is_immediate(row->operand[1]))
            note_shift(out, o, width);
        break;
    case KIND_RM_W: case KIND_WIDTH:
        out->traits.flag_use = (u8)plain_use(row->operation);
        break;
    default:
        break;
    }
}

static void add_extras(struct decoding *s, const struct row *row)
{
    struct op *op = &s->out->op;

    if (row->attributes & A_ASIZE && !s->memory)
        op->mem = (u8)((s->segment_given ? s->segment : DS) << MEM_SEG_SHIFT
                       | s->asize << MEM_ASIZE_SHIFT);
    if (row->attributes & A_REP)
        op->dst = s->repeat;
    if (row->attributes & A_X87 && s->map == MAP_1) {   /* the 11 bits of FOP */
        op->dst = s->modrm;
        op->src = s->opcode & 7;
    }
}

/* Near branches where control-flow enforcement is on; NOTRACK is the prefix 3E. */
static void choose_for_cet(struct decoding *s)
{
    static const handler call[] = { NULL, h_cet_call_w, h_cet_call_d, h_cet_call_q };
    static const handler ret[] = { NULL, h_cet_ret_w, h_cet_ret_d, h_cet_ret_q };
    static const handler call_ind[][4] = {
        { NULL, h_cet_call_ind_w_r, h_cet_call_ind_d_r, h_cet_call_ind_q_r },
        { NULL, h_cet_call_ind_w_m, h_cet_call_ind_d_m, h_cet_call_ind_q_m },
    };
    static const handler jmp_ind[][4] = {
        { NULL, h_cet_jmp_ind_w_r, h_cet_jmp_ind_d_r, h_cet_jmp_ind_q_r },
        { NULL, h_cet_jmp_ind_w_m, h_cet_jmp_ind_d_m, h_cet_jmp_ind_q_m },
    };
    struct op *op = &s->out->op;
    bool no_track = s->no_track && s->segment == DS;

    switch (s->out->row->operation) {
    case OP_call:                 op->fn = call[s->width]; return;
    case OP_ret: case OP_ret_imm: op->fn = ret[s->width]; return;
    case OP_call_ind:             op->fn = call_ind[s->memory][s->width]; break;
    case OP_jmp_ind:              op->fn = jmp_ind[s->memory][s->width]; break;
    case OP_endbr64:
    case OP_endbr32:
        if ((s->code_size == MODE_64) == (s->out->row->operation == OP_endbr64))
            op->fn = h_endbr_tracked;
        return;
    default: return;
    }
    *(s->memory ? &op->dst : &op->src) = no_track;
}

void decode_choose(struct decoding *s)
{
    struct insn *out = s->out;
    struct traits *t = &out->traits;
    const struct row *row = out->row;

    add_extras(s, row);
    out->kind = x86_operations[row->operation].kind;
    out->ends = row->attributes & A_END;
    out->relative = is_relative(row);
    out->width = has_byte_operand(row) ? WIDTH_B : s->width;
    out->place = !s->memory ? IN_REGISTERS
        : rm_is_memory(row->operand[0]) ? IN_DESTINATION : IN_SOURCE;
    out->prefixes = (u8)(s->segment_given + s->lock + s->opsize_given + s->asize_given);
    out->displacement = s->disp_bytes != 0;
    out->op.fn = choose_handler(s, row);
    out->nop = out->op.fn == h_nop;
    if (unlikely(s->cpu->mode & (MODE_SHADOW | MODE_TRACK)))
        choose_for_cet(s);
    note_flags(s, row);
    t->number = (u16)x86_fuse_number(&s->cpu->shared->fuse, out->op.fn);
    t->quiet_number = t->quiet ? (u16)x86_fuse_number(&s->cpu->shared->fuse, t->quiet) : 0;
}
