#include "core/bits.h"

#include <criterion/criterion.h>

Test(bits, fields_are_cut_out)
{
    cr_assert_eq(field(0xabcd, 4, 8), 0xbc);
    cr_assert_eq(field(UINT64_MAX, 0, 64), UINT64_MAX);
    cr_assert_eq(field(UINT64_MAX, 63, 1), 1);
}

Test(bits, signs_extend)
{
    cr_assert_eq(sign_extend(0x80, 8), UINT64_MAX << 7);
    cr_assert_eq(sign_extend(0x7f, 8), 0x7f);
    cr_assert_eq(sign_extend(BIT(63), 64), BIT(63));
}

Test(bits, rotation_by_zero_changes_nothing)
{
    cr_assert_eq(rotate_left64(5, 0), 5);
    cr_assert_eq(rotate_left64(BIT(63), 1), 1);
    cr_assert_eq(rotate_left32(5, 0), 5);
    cr_assert_eq(rotate_left32(0x80000001, 4), 0x18);
}

Test(bits, bytes_are_little_endian_at_every_size)
{
    u8 bytes[8];

    for (unsigned size = 1; size <= 8; size++) {
        u64 value = field(UINT64_C(0x8877665544332211), 0, 8 * size);

        store_le(bytes, value, size);
        for (unsigned i = 0; i < size; i++)
            cr_assert_eq(bytes[i], 0x11 * (i + 1));
        cr_assert_eq(load_le(bytes, size), value);
    }
}

Test(bits, decimal_digits)
{
    for (u8 i = 0; i < 100; i++)
        cr_assert_eq(from_bcd(to_bcd(i)), i);
    cr_assert_eq(to_bcd(59), 0x59);
}

Test(bits, powers_of_two)
{
    cr_assert_not(is_power_of_two(0));
    cr_assert(is_power_of_two(1));
    cr_assert(is_power_of_two(BIT(63)));
    cr_assert_not(is_power_of_two(6));
}
