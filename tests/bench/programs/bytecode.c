/* A byte-code machine: an indirect jump for each of its instructions. */
#include "program.h"

enum { PUSH, ADD, SUB, MUL, DUP, SWAP, LOOP, AND, SHR, HALT };

uint64_t run(void)
{
    static const uint8_t code[] = {
        PUSH, 7, AND, PUSH, 3, MUL, PUSH, 5, ADD, PUSH, 1, SHR, DUP, PUSH, 9, SWAP,
        SUB, ADD, PUSH, 2, SUB, DUP, MUL, PUSH, 1, ADD, LOOP, 0, HALT,
    };
    int64_t stack[64], *sp = stack + 1;
    const uint8_t *pc = code;
    uint64_t left = 600000, sum = 0;

    stack[0] = 1;
    for (;;) {
        switch (*pc++) {
        case PUSH: *sp++ = *pc++; break;
        case ADD:  sp--; sp[-1] += sp[0]; break;
        case SUB:  sp--; sp[-1] -= sp[0]; break;
        case MUL:  sp--; sp[-1] = (sp[-1] * sp[0]) & 0xffff; break;
        case AND:  sp--; sp[-1] = (sp[-1] + (int64_t)left) & sp[0]; break;
        case SHR:  sp--; sp[-1] >>= sp[0]; break;
        case DUP:  sp[0] = sp[-1]; sp++; break;
        case SWAP: { int64_t t = sp[-1]; sp[-1] = sp[-2]; sp[-2] = t; break; }
        case LOOP: sum = sum * 31 + (uint64_t)sp[-1]; pc = --left ? code + *pc : pc + 1; break;
        default:   return sum;
        }
    }
}
