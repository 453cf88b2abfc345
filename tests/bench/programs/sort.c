/* Quicksort of random words. */
#include "program.h"

static void sort(uint32_t *a, int n)
{
    while (n > 12) {
        uint32_t pivot = a[n / 2];
        int i = 0, j = n - 1;

        for (;;) {
            while (a[i] < pivot)
                i++;
            while (a[j] > pivot)
                j--;
            if (i >= j)
                break;
            uint32_t t = a[i];
            a[i++] = a[j];
            a[j--] = t;
        }
        sort(a, j + 1);
        a += j + 1;
        n -= j + 1;
    }
    for (int i = 1; i < n; i++) {
        uint32_t v = a[i];
        int j = i;

        for (; j > 0 && a[j - 1] > v; j--)
            a[j] = a[j - 1];
        a[j] = v;
    }
}

uint64_t run(void)
{
    enum { N = 200000 };
    uint32_t *a = (uint32_t *)arena, seed = 1;
    uint64_t sum = 0;

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < N; i++)
            a[i] = seed = seed * 1664525 + 1013904223;
        sort(a, N);
        for (int i = 0; i < N; i += 97)
            sum = sum * 31 + a[i];
    }
    return sum;
}
