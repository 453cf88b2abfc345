#pragma once
#include "core/types.h"

/*
 * What a screen shows, pulled by the host half between runs. Looking changes nothing that
 * the guest could see or a snapshot would save.
 */
struct surface {
    u32 *pixel;                 /* 00RRGGBBh, rows of `width`; the host half's */
    u32  width, height;
    u32  first, last;           /* rows drawn by the last draw(); first > last: none */
};

/* A text screen: characters as code page 437, attributes as the VGA's. */
struct text_screen {
    u32  columns, rows;
    u32  cursor;                /* its cell, or UINT32_MAX */
    u8   character[132 * 60], attribute[132 * 60];
};

struct display {
    void *owner;
    /* The size of the picture now; at least 1 by 1. */
    void (*size)(struct display *, u32 *width, u32 *height);
    /* Draws what changed since the last time, or all; the surface has that size. */
    void (*draw)(struct display *, struct surface *, bool all);
    /* False: the screen is in a graphics mode. */
    bool (*text)(struct display *, struct text_screen *);
};
