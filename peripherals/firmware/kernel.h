#pragma once
#include "core/buffer.h"
#include "core/types.h"

struct board_kernel;
struct error;

/*
 * Starting a kernel without a disk. A kernel becomes parts, each a blob in fw_cfg that the
 * option ROM roms/kernelboot.asm loads to an address, and a start: the registers and, for
 * what wants one, a memory map made from the firmware's.
 */
enum { KERNEL_PARTS = 4, KERNEL_LIST_BYTES = 0x800, KERNEL_LIST_KEY = 0x8050 };

/*
 * Where what is told to a kernel lies, and at KERNEL_MAP in it the memory map: from 9000h to
 * 10000h, but below the option ROM's stack for a kernel that begins there itself. None begins
 * below what the option ROM works with.
 */
enum { KERNEL_LOWEST = 0x7000, KERNEL_MAP = 0x4000 };

static inline u32 kernel_info_at(u64 first)
{
    return first < 0x10000 ? 0x800 : 0x9000;
}

/* fw_cfg's own numbers for these. */
enum kernel_key {
    KERNEL_IMAGE = 0x11, KERNEL_INITRD = 0x12, KERNEL_COMMAND_LINE = 0x15, KERNEL_SETUP = 0x18,
};

enum kernel_map { MAP_NONE, MAP_MULTIBOOT, MAP_MULTIBOOT2, MAP_PVH };

/* Bytes that were made for it, or a piece of what the board was given, which stays there. */
struct kernel_part {
    u16           key;
    u32           address;
    struct buffer made;
    const u8     *given;        /* NULL: made */
    size_t        given_count;
};

struct kernel_start {
    struct kernel_part part[KERNEL_PARTS];
    unsigned parts;
    u32  map_kind, map_at, map_size_at, upper_at;
    u32  rsdp_copy_at, rsdp_address_at;
    u32  flat;                  /* 32 bits, else real mode */
    u32  eax, ebx, ecx, entry, stack;
    u32  tags;                  /* multiboot 2: where they begin */
};

/* What kind of kernel it is, for people, or NULL: "Linux bzImage", "multiboot", ... */
const char *kernel_kind(const u8 *bytes, size_t count);

/* low_end: where RAM below 4 GB ends. False: err says why. Always kernel_clear() it. */
bool kernel_prepare(const struct board_kernel *, u64 low_end, struct kernel_start *,
                    struct error *);
void kernel_clear(struct kernel_start *);

size_t kernel_part_count(const struct kernel_part *);

/* The list for the option ROM: KERNEL_LIST_BYTES bytes. */
void kernel_list(const struct kernel_start *, struct buffer *);

/* The keys under which other loaders (UEFI, U-Boot) look for a part's length and address. */
struct kernel_keys { u16 length, address; };
struct kernel_keys kernel_keys(enum kernel_key);

/* -- for the formats -- */

struct kernel_format {
    const char *name;
    bool (*fits)(const u8 *bytes, size_t count);
    bool (*prepare)(const struct board_kernel *, u64 low_end, struct kernel_start *,
                    struct error *);
};

extern const struct kernel_format kernel_linux, kernel_multiboot, kernel_multiboot2, kernel_pvh,
                                  kernel_elf;

struct kernel_part *kernel_add_part(struct kernel_start *, u16 key, u64 address);
void kernel_give_part(struct kernel_start *, u16 key, u64 address, const u8 *bytes, size_t count);
/* The initial RAM disk at the first page at or after `end`; false: no room. */
bool kernel_place_initrd(const struct board_kernel *, struct kernel_start *, u64 end,
                         u64 low_end, u32 *address, struct error *);
/* A field of the file, 0 past its end. */
u64  kernel_field(const u8 *bytes, size_t count, u64 at, unsigned size);
