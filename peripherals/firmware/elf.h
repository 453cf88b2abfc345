#pragma once
#include "core/buffer.h"
#include "core/types.h"

struct error;

/* What of an ELF file a loader wants: its segments as one stretch of memory. */
struct elf_image {
    u64 first, end;             /* physical */
    u64 entry;                  /* physical */
    u32 pvh_entry;              /* of the note that Xen defined, or 0 */
    bool bits64;
};

bool elf_fits(const u8 *bytes, size_t count);   /* ELF32 or ELF64 for x86 */
/* All checked, nothing loaded: at most `limit` is where it ends. */
bool elf_look(const u8 *bytes, size_t count, const char *name, u64 limit, struct elf_image *,
              struct error *);
/* The same, and the bytes from first to end, zeros between, go to `to`. */
bool elf_load(const u8 *bytes, size_t count, const char *name, u64 limit, struct elf_image *,
              struct buffer *to, struct error *);
