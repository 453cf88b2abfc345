/*
 * What the monitor says of itself: VESA E-EDID Standard 1.4, [EDID Structure]. It prefers
 * 1024 x 768 at 60 Hz, with the timing of VESA's monitor timing standard.
 */
#include "peripherals/video/vga_card.h"

static const u8 edid[VBE_EDID - 1] = {
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,     /* header */
    0x3e, 0x58, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,     /* maker "ORX", product 1, no serial */
    0x01, 0x22, 0x01, 0x04,                             /* first week of 2024, version 1.4 */
    0xa5, 0x20, 0x18, 0x78, 0x06,                       /* digital, 8 bits, 32 x 24 cm, gamma 2.2 */
    0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54,     /* colours of sRGB */
    0x21, 0x08, 0x00,                           /* 640x480, 800x600, 1024x768, all at 60 Hz */
    0x61, 0x40, 0x81, 0x80, 0x81, 0xc0, 0xa9, 0xc0,     /* 1024x768, 1280x1024, 1280x720, ... */
    0xd1, 0xc0, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,     /* ... 1600x900, 1920x1080; none */
    0x64, 0x19,                                         /* 65.00 MHz */
    0x00, 0x40, 0x41,                                   /* 1024 + 320 */
    0x00, 0x26, 0x30,                                   /* 768 + 38 */
    0x18, 0x88, 0x36, 0x00,                             /* sync: 24 and 136; 3 and 6 */
    0x40, 0xf0, 0x10, 0x00, 0x00, 0x18,                 /* 320 x 240 mm; both polarities - */
    0x00, 0x00, 0x00, 0xfc, 0x00, 'O', 'r', 'r', 'e', 'r', 'y', '\n', ' ', ' ', ' ', ' ', ' ', ' ',
    0x00, 0x00, 0x00, 0xfd, 0x00, 50, 75, 30, 90, 17, 0x00, '\n', ' ', ' ', ' ', ' ', ' ', ' ',
    0x00, 0x00, 0x00, 0x10, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0x00,                                               /* no extensions */
};

/* The last byte makes the sum of all of them 0. */
u8 vbe_edid(unsigned at)
{
    u8 sum = 0;

    if (at < sizeof edid)
        return edid[at];
    for (unsigned i = 0; i < sizeof edid; i++)
        sum += edid[i];
    return (u8)-sum;
}
