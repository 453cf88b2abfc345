/* Eighty-bit arithmetic. */
#include "program.h"

uint64_t run(void)
{
    long double sum = 0, x = 0.5L;
    union { double d; uint64_t u; } out;

    for (int i = 1; i < 1500000; i++) {
        x = x * 3.5L * (1 - x);
        sum += x / i - (long double)i * 1e-9L;
    }
    out.d = (double)sum;
    return out.u;
}
