#pragma once
#include "peripherals/firmware/elf.h"

struct board_kernel;

/*
 * What a multiboot header of either version lets load: by the four addresses in it (header,
 * load, end of load, end of zeros: 0.6.96, 3.1.3; 2.0, 3.1.5), or as an ELF file where `fields`
 * is 0. By addresses, e->entry is left alone. `words` is for messages: "multiboot".
 */
bool multiboot_load(const struct board_kernel *, const char *words, u64 header, u64 fields,
                    u64 limit, struct elf_image *e, struct buffer *to, struct error *);
