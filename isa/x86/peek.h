/* Memory as debuggers see it: the guest does not notice. */
#pragma once
#include "isa/x86/state.h"

/*
 * The physical address of a linear one by the page tables, whatever the rights; false where nothing
 * is mapped. No accessed flag is set, nothing remembered.
 */
bool x86_peek_translate(const struct x86 *, u64 linear, u64 *physical);

/*
 * Copies bytes of RAM and ROM at a linear address; gives how many there were up to the first gap.
 */
unsigned x86_peek(const struct x86 *, u64 linear, void *to, unsigned count);
