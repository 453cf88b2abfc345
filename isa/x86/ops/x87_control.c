/* isa/x86/ops/x87_control.c */
/*
 * Control instructions: SDM 1 8.3.11; the images of FNSTENV and FNSAVE: figures 8-9 to 8-12.
 *
 * Not modelled: what the 8087 and 80287 did otherwise (projective infinities, narrower ranges of
 * the transcendentals, the interrupt mask of FENI and FDISI); SDM 3B, chapter on compatibility.
 */
#include <string.h>

#include "isa/x86/cpuid.h"
#include "isa/x86/handlers.h"
#include "isa/x86/mode.h"
#include "isa/x86/ops/x87_body.h"

PLAIN_OP(fnop)
{
    begin(cpu, op);
}

PLAIN_OP(fnop_old)
{
}

PLAIN_OP(fwait)
{
    if ((cpu->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
        x86_fault(cpu, V_NM);
    x87_wait(cpu);
}

/* Without the unit its instructions pass by; undefined ones do not on what has it. */
PLAIN_OP(esc)
{
    bool memory = op->dst < 0xc0;

    x86_require(cpu, !x86_has(cpu, F_FPU));
    if (memory && !x86_has(cpu, F_ONLY86))      /* limits are checked, a word at least */
        x86_segment_linear(cpu, op_segment(op), op_offset(cpu, op), 2, ACCESS_READ);
}

PLAIN_OP(fincstp)
{
    begin(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    cpu->ftop = (cpu->ftop + 1) & 7;
}

PLAIN_OP(fdecstp)
{
    begin(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    cpu->ftop = (cpu->ftop - 1) & 7;
}

static void free_register(struct x86 *cpu, unsigned i)
{
    cpu->ftag &= (u8)~(1 << physical(cpu, i));
}

PLAIN_OP(ffree)
{
    begin(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    free_register(cpu, STI(op));
}

PLAIN_OP(ffreep)
{
    begin(cpu, op);
    cpu->fsw &= (u16)~FP_C1;
    free_register(cpu, STI(op));
    pop(cpu);
}

PLAIN_OP(fninit)
{
    x87_init(cpu);
}

PLAIN_OP(fnclex)
{
    x87_set_status(cpu, x87_status(cpu) & (u16)~(FSW_EXCEPTIONS | FSW_SF));
}

PLAIN_OP(fldcw)
{
    x87_wait(cpu);
    x87_set_control(cpu, (u16)op_load(cpu, op, 2));
}

PLAIN_OP(fnstcw)
{
    op_store(cpu, op, 2, cpu->fcw);
}

PLAIN_OP(fnstsw)
{
    op_store(cpu, op, 2, x87_status(cpu));
}

PLAIN_OP(fnstsw_ax)
{
    PUT_w(cpu, GPR_OFFSET(RAX), x87_status(cpu));
}

/* ---- Images ---- */

enum { ENVIRONMENT_WORDS = 7, REGISTER_BYTES = 10 };
enum { IMAGE_BYTES = ENVIRONMENT_WORDS * 4 + 8 * REGISTER_BYTES };

/* The seven fields are words or doublewords. */
static inline unsigned environment_bytes(unsigned size)
{
    return ENVIRONMENT_WORDS * size;
}

static u32 get_field(const u8 *image, unsigned size, unsigned n)
{
    u32 v = 0;

    memcpy(&v, image + n * size, size);
    return v;
}

/* Real and virtual-8086 mode keep linear addresses of 20 or 32 bits, with FOP beside. */
static void real_pointers(const struct x86 *cpu, unsigned size, u32 field[4])
{
    u32 mask = size == 2 ? 0xf0000 : 0xffff0000;
    u32 instruction = (u32)cpu->fip + ((u32)cpu->fcs << 4);
    u32 data = (u32)cpu->fdp + ((u32)cpu->fds << 4);

    field[0] = (instruction & 0xffff) | 0xffff0000;
    field[1] = (instruction & mask) >> 4 | cpu->fop;
    field[2] = (data & 0xffff) | 0xffff0000;
    field[3] = (data & mask) >> 4;
}

static void pointers(const struct x86 *cpu, u32 field[4])
{
    field[0] = (u32)cpu->fip;
    field[1] = (u32)cpu->fop << 16 | cpu->fcs;
    field[2] = (u32)cpu->fdp;
    field[3] = 0xffff0000 | cpu->fds;
}

static void put_environment(const struct x86 *cpu, unsigned size, u8 *image)
{
    u32 field[ENVIRONMENT_WORDS] = {
        0xffff0000 | cpu->fcw, 0xffff0000 | x87_status(cpu), 0xffff0000 | x87_tags(cpu),
    };

    if (x86_is_real(cpu))
        real_pointers(cpu, size, field + 3);
    else
        pointers(cpu, field + 3);
    for (unsigned i = 0; i < ENVIRONMENT_WORDS; i++)
        memcpy(image + i * size, &field[i], size);
}

static void get_pointers(struct x86 *cpu, unsigned size, const u8 *image)
{
    u32 high[2] = { get_field(image, size, 4), get_field(image, size, 6) };
    u32 mask = size == 2 ? 0xf0000 : 0xffff0000;

    cpu->fip = get_field(image, size, 3);
    cpu->fdp = get_field(image, size, 5);
    cpu->fcs = cpu->fds = 0;
    if (x86_is_real(cpu)) {
        cpu->fip = (cpu->fip & 0xffff) | (high[0] << 4 & mask);
        cpu->fdp = (cpu->fdp & 0xffff) | (high[1] << 4 & mask);
        cpu->fop = high[0] & 0x7ff;
        return;
    }
    cpu->fop = size == 4 ? high[0] >> 16 & 0x7ff : 0;
    if (cpu->fpu_selectors) {
        cpu->fcs = (u16)high[0];
        cpu->fds = (u16)high[1];
    }
}

static void get_environment(struct x86 *cpu, unsigned size, const u8 *image)
{
    get_pointers(cpu, size, image);
    x87_set_tags(cpu, (u16)get_field(image, size, 2));
    cpu->fcw = (u16)get_field(image, size, 0);
    x87_set_status(cpu, (u16)get_field(image, size, 1));
    x87_set_control(cpu, cpu->fcw);
}

static void load_environment(struct x86 *cpu, struct op *op, unsigned size)
{
    u8 image[IMAGE_BYTES];

    x87_wait(cpu);
    load_bytes(cpu, op, image, environment_bytes(size), size);
    get_environment(cpu, size, image);
}

/* Afterwards all exceptions are masked. */
static void store_environment(struct x86 *cpu, struct op *op, unsigned size)
{
    u8 image[IMAGE_BYTES];

    put_environment(cpu, size, image);
    store_bytes(cpu, op, image, environment_bytes(size), size);
    x87_set_control(cpu, cpu->fcw | FSW_EXCEPTIONS);
}

static void restore(struct x86 *cpu, struct op *op, unsigned size)
{
    const u8 *r;
    u8 image[IMAGE_BYTES];

    x87_wait(cpu);
    load_bytes(cpu, op, image, environment_bytes(size) + 8 * REGISTER_BYTES, size);
    get_environment(cpu, size, image);
    r = image + environment_bytes(size);
    for (unsigned i = 0; i < 8; i++, r += REGISTER_BYTES) {
        memcpy(&st(cpu, i)->man, r, 8);
        memcpy(&st(cpu, i)->se, r + 8, 2);
    }
}

static void save(struct x86 *cpu, struct op *op, unsigned size)
{
    u8 image[IMAGE_BYTES], *r = image + environment_bytes(size);

    put_environment(cpu, size, image);
    for (unsigned i = 0; i < 8; i++, r += REGISTER_BYTES) {
        memcpy(r, &st(cpu, i)->man, 8);
        memcpy(r + 8, &st(cpu, i)->se, 2);
    }
    store_bytes(cpu, op, image, environment_bytes(size) + 8 * REGISTER_BYTES, size);
    x87_init(cpu);
}

/* Operand size 64 is 32 here. */
#define IMAGE_OP(name, function)                                                \
    void h_##name##_b(HANDLER_ARGS) { GO(h_raise, op); }                        \
    PLAIN_OP(name##_w) { function(cpu, op, 2); }                                \
    PLAIN_OP(name##_d) { function(cpu, op, 4); }                                \
    void h_##name##_q(HANDLER_ARGS) { GO(h_##name##_d, op); }

IMAGE_OP(fldenv, load_environment)
IMAGE_OP(fnstenv, store_environment)
IMAGE_OP(frstor, restore)
IMAGE_OP(fnsave, save)
