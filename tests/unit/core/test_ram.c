#include "core/error.h"
#include "core/ram.h"

#include <criterion/criterion.h>

Test(ram, is_zeroed_page_aligned_and_of_whole_pages)
{
    struct ram *ram = ram_alloc("main", 5000, NULL);

    cr_assert_eq(ram->size, 8192);
    cr_assert_eq((uintptr_t)ram->host % PAGE_SIZE, 0);
    for (u64 i = 0; i < ram->size; i++)
        cr_assert_eq(ram->host[i], 0);
    cr_assert_eq(ram->page_flags[0] | ram->page_flags[1], 0);
    ram_free(ram);
}

Test(ram, what_the_host_has_not_is_an_error)
{
    struct error err = { "" };

    cr_assert_null(ram_alloc("main", UINT64_C(1) << 62, &err));
    cr_assert(strstr(err.text, "main"));
    cr_assert_null(ram_alloc("main", UINT64_MAX, &err));
    cr_assert_null(ram_alloc("main", 0, &err));
    ram_free(NULL);
}

Test(ram, a_store_to_a_watched_page_is_noted_once)
{
    struct ram *ram = ram_alloc("main", 4 * PAGE_SIZE, NULL);
    u8 *flags = ram->page_flags;

    flags[1] = RAM_CODE;
    ram_note_store(&flags[1]);
    cr_assert_eq(flags[1], RAM_CODE);
    ram_watch(ram, PAGE_SIZE + 1, PAGE_SIZE);
    cr_assert_eq(flags[0], 0);
    cr_assert_eq(flags[1], RAM_CODE | RAM_WATCHED);
    cr_assert_eq(flags[2], RAM_WATCHED);
    cr_assert_eq(flags[3], 0);
    ram_note_store(&flags[2]);
    cr_assert_eq(flags[2], RAM_DIRTY);
    ram_watch(ram, 0, UINT64_C(1) << 20);
    cr_assert_eq(flags[2], RAM_WATCHED);
    ram_free(ram);
}
