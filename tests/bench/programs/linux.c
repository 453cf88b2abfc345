/* The same programs under Linux, for comparison. */
#include <inttypes.h>
#include <stdio.h>

#include "program.h"

uint8_t arena[32 << 20] __attribute__((aligned(4096)));

int main(void)
{
    printf("%016" PRIx64 "\n", run());
    return 0;
}
