#pragma once
#include "core/device.h"

/*
 * What the DMA controller of an ISA board (device "dma") offers to cards as "isa-dma". A
 * card asks for bytes to move when it has them; a channel that is masked or set up for the
 * other direction moves none.
 */
struct isa_dma {
    struct device *controller;
    /* Moves up to count bytes (words on channels 5 to 7 count twice); how many it did.
     * to_memory: from the card. terminal_count: the channel's count ran out. */
    size_t (*move)(struct isa_dma *, unsigned channel, void *bytes, size_t count,
                   bool to_memory, bool *terminal_count);
    /* DREQ, as the status register shows it. */
    void   (*request)(struct isa_dma *, unsigned channel, bool level);
};
