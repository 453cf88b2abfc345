#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t  u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t   s8;
typedef int16_t  s16;
typedef int32_t  s32;
typedef int64_t  s64;

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define BIT(n)          (UINT64_C(1) << (n))
#define likely(x)       __builtin_expect(!!(x), 1)
#define unlikely(x)     __builtin_expect(!!(x), 0)

/* Seen in the shared library. All of core is; the other storeys say so. */
#define EXPORT          __attribute__((visibility("default")))

#define container_of(pointer, type, member) \
    ((type *)((char *)(pointer) - offsetof(type, member)))

/* Virtual time is counted in nanoseconds. */
#define SECOND          UINT64_C(1000000000)
#define MILLISECOND     UINT64_C(1000000)
#define MICROSECOND     UINT64_C(1000)
