/* The host's clock in GHz: a chain of multiplications, each of which takes three cycles. */
#include <stdio.h>
#include <time.h>

int main(void)
{
    clock_t t = clock();
    unsigned long x = 1;

    for (long i = 0; i < 20000000; i++)
        __asm__ volatile("imul %0,%0; imul %0,%0; imul %0,%0; imul %0,%0; imul %0,%0" : "+r"(x));
    printf("%.3f\n", 0.3 / ((double)(clock() - t) / CLOCKS_PER_SEC));
    return 0;
}
