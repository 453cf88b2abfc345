/* Five bodies attract each other: scalar doubles. */
#include "program.h"

static double root(double v)
{
    double r;

    __asm__("sqrtsd %1, %0" : "=x"(r) : "x"(v));
    return r;
}

uint64_t run(void)
{
    static double x[5][3], v[5][3], m[5];
    union { double d; uint64_t u; } out;

    for (int i = 0; i < 5; i++) {
        m[i] = 39.5 / (1 + 13 * i);
        for (int k = 0; k < 3; k++) {
            x[i][k] = (i * 3 + k * 7 % 5) * 1.25 - 4;
            v[i][k] = (k + i) * 0.25 - 0.5;
        }
    }
    for (int step = 0; step < 60000; step++) {
        for (int i = 0; i < 5; i++) {
            for (int j = i + 1; j < 5; j++) {
                double d[3], r2 = 0.01, f;

                for (int k = 0; k < 3; k++) {
                    d[k] = x[i][k] - x[j][k];
                    r2 += d[k] * d[k];
                }
                f = 0.001 / (r2 * root(r2));
                for (int k = 0; k < 3; k++) {
                    v[i][k] -= d[k] * m[j] * f;
                    v[j][k] += d[k] * m[i] * f;
                }
            }
        }
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < 3; k++)
                x[i][k] += 0.001 * v[i][k];
    }
    out.d = x[0][0] + x[4][2];
    return out.u;
}
