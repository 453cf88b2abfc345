/* Packed integers and floats, sixteen bytes at a time. */
#include "program.h"

typedef int v4si __attribute__((vector_size(16)));
typedef float v4sf __attribute__((vector_size(16)));

uint64_t run(void)
{
    enum { N = 1 << 14 };
    v4si *a = (v4si *)arena, s = { 1, 2, 3, 4 };
    v4sf *f = (v4sf *)(arena + 16 * N), t = { 1, 2, 3, 4 };

    for (int i = 0; i < N; i++) {
        a[i] = (v4si){ i, i * 3, i * 5, i * 7 };
        f[i] = (v4sf){ (float)i, (float)i * 0.5f, 3, (float)(i & 15) };
    }
    for (int round = 0; round < 400; round++) {
        for (int i = 0; i < N; i++) {
            s += a[i] ^ (s << 3);
            t = t * 0.5f + f[i];
            a[i] = s;
        }
    }
    return (uint64_t)(uint32_t)(s[0] ^ s[1] ^ s[2] ^ s[3]) << 20
        ^ (uint64_t)(int64_t)(t[0] + t[1] + t[2] + t[3]);
}
