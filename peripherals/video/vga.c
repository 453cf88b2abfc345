/*
 * The registers of the VGA at ports 3B0h to 3DFh: IBM PS/2 Hardware Interface Technical
 * Reference, [Video Subsystem]; and what the PCI and the ISA card have in common.
 *
 * Not modelled: the light pen, the interrupt (its flag in input status 0 is there), feature
 * connector, the subsystem enable of port 3C3h, asynchronous reset's effect on memory.
 */
#include "peripherals/video/vga.h"
#include "peripherals/video/vga_card.h"

#include "core/bits.h"
#include "core/error.h"
#include "core/machine.h"

#include <string.h>

enum { MONO_BASE = 0x3b0, MAIN_BASE = 0x3c0, COLOUR_BASE = 0x3d0 };
enum { STATUS_1 = 0x39a };                       /* 3BAh or 3DAh, without bits 5 and 6 */
enum { STATUS_0_RETRACE = 0x80, STATUS_0_SENSE = 0x10 };
enum { PROTECTED = 0x80, RETRACE_HELD = 0x10 };     /* of C_V_RETRACE_END */
enum { COMPARE_BIT_8 = 0x10 };                      /* of C_OVERFLOW: never protected */

/* -- digital to analogue -- */

static u8 dac_data_read(struct vga *v)
{
    u8 value = v->dac[3 * v->dac_read_index + v->dac_component];

    if (++v->dac_component == 3) {
        v->dac_component = 0;
        v->dac_read_index++;
    }
    return value;
}

/* An entry changes when its last component arrives. */
static void dac_data_write(struct vga *v, u8 value)
{
    v->dac_cache[v->dac_component] = v->dispi[D_ENABLE] & E_DAC8 ? value : value & 0x3f;
    if (++v->dac_component == 3) {
        v->dac_component = 0;
        memcpy(&v->dac[3 * v->dac_write_index++], v->dac_cache, 3);
    }
}

static void dac_index_write(struct vga *v, u8 *index, u8 value, u8 state)
{
    *index = value;
    v->dac_component = 0;
    v->dac_state = state;
}

/* The comparator of the DAC's outputs, by which a BIOS finds a monitor: bright is 0. */
static u8 sense(const struct vga *v)
{
    return v->dac[0] + v->dac[1] + v->dac[2] >= 0x4e ? 0 : STATUS_0_SENSE;
}

/* -- attribute controller: [Attribute Address Register] -- */

static void attribute_write(struct vga *v, u8 value)
{
    static const u8 mask[32] = {
        0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
        0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
        [A_MODE] = 0xef, [A_OVERSCAN] = 0xff, [A_PLANES] = 0x3f, [A_PANNING] = 0x0f,
        [A_COLOUR_SELECT] = 0x0f,
    };

    if (v->attribute_is_data)
        v->attribute[v->attribute_index & 31] = value & mask[v->attribute_index & 31];
    else
        v->attribute_index = value & 0x3f;
    v->attribute_is_data = !v->attribute_is_data;
}

/* -- sequencer and graphics controller -- */

static void sequencer_write(struct vga *v, u8 value)
{
    static const u8 mask[8] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0x00, 0x00, 0xff };

    v->sequencer[v->sequencer_index] = value & mask[v->sequencer_index];
    vga_place_window(v);
}

static void graphics_write(struct vga *v, u8 value)
{
    static const u8 mask[16] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };

    v->graphics[v->graphics_index] = value & mask[v->graphics_index];
    vga_place_window(v);
}

/* -- CRT controller -- */

static void crtc_write(struct vga *v, u8 value)
{
    u8 *r;

    if (v->crtc_index > C_LINE_COMPARE)
        return;
    r = &v->crtc[v->crtc_index];
    if (v->crtc_index <= C_OVERFLOW && v->crtc[C_V_RETRACE_END] & PROTECTED) {
        if (v->crtc_index == C_OVERFLOW)
            *r = (u8)((*r & ~COMPARE_BIT_8) | (value & COMPARE_BIT_8));
        return;
    }
    if (v->crtc_index == C_V_RETRACE_END && !(value & RETRACE_HELD))
        v->retrace_cleared = device_now(&v->dev);
    *r = value;
}

/* Beside the standard ones, two that test programs read: the latch and the flip-flop. */
static u8 crtc_read(const struct vga *v)
{
    switch (v->crtc_index) {
    case 0x22: return (u8)(v->latch >> 8 * v->graphics[G_READ_MAP]);
    case 0x24: return (u8)(v->attribute_is_data << 7);
    }
    return v->crtc_index <= C_LINE_COMPARE ? v->crtc[v->crtc_index] : 0xff;
}

/* -- ports -- */

static bool is_selected(const struct vga *v, u16 port)
{
    u16 block = port & 0x3f0;

    return block == MAIN_BASE || block == (v->misc & MISC_COLOUR ? COLOUR_BASE : MONO_BASE);
}

static u8 crt_port_read(struct vga *v, u16 port)
{
    switch (port & 15) {
    case 4: return v->crtc_index;
    case 5: return crtc_read(v);
    case 10: return vga_status(v);
    }
    return 0xff;
}

static u8 main_port_read(struct vga *v, u16 port)
{
    switch (port) {
    case 0x3c0: return v->attribute_index;
    case 0x3c1: return v->attribute[v->attribute_index & 31];
    case 0x3c2: return sense(v) | (vga_retrace_seen(v) ? STATUS_0_RETRACE : 0);
    case 0x3c4: return v->sequencer_index;
    case 0x3c5: return v->sequencer[v->sequencer_index];
    case 0x3c6: return v->dac_mask;
    case 0x3c7: return v->dac_state;
    case 0x3c8: return v->dac_write_index;
    case 0x3c9: return dac_data_read(v);
    case 0x3ca: return v->feature;
    case 0x3cc: return v->misc;
    case 0x3ce: return v->graphics_index;
    case 0x3cf: return v->graphics[v->graphics_index];
    }
    return 0xff;
}

/*
 * Unlike IBM's, a read of either status port, selected or not, makes the attribute port take an
 * index: SeaBIOS' VGA BIOS uses the colour one while it sets mode 7, and would lose count.
 */
u8 vga_port_read(struct vga *v, u16 port)
{
    u8 value;

    if ((port & ~0x60) == STATUS_1)
        v->attribute_is_data = false;
    if (!is_selected(v, port))
        return 0xff;
    value = (port & 0x3f0) == MAIN_BASE ? main_port_read(v, port) : crt_port_read(v, port);
    trace(&v->dev, "port %03xh -> %02xh", port, value);
    return value;
}

static void crt_port_write(struct vga *v, u16 port, u8 value)
{
    switch (port & 15) {
    case 4:  v->crtc_index = value & 0x3f; break;
    case 5:  crtc_write(v, value); break;
    case 10: v->feature = value & 0x0b; break;
    }
}

static void main_port_write(struct vga *v, u16 port, u8 value)
{
    switch (port) {
    case 0x3c0: attribute_write(v, value); break;
    case 0x3c2:
        v->misc = value & 0xef;
        vga_place_window(v);
        break;
    case 0x3c4: v->sequencer_index = value & 7; break;
    case 0x3c5: sequencer_write(v, value); break;
    case 0x3c6: v->dac_mask = value; break;
    case 0x3c7: dac_index_write(v, &v->dac_read_index, value, 3); break;
    case 0x3c8: dac_index_write(v, &v->dac_write_index, value, 0); break;
    case 0x3c9: dac_data_write(v, value); break;
    case 0x3ce: v->graphics_index = value & 15; break;
    case 0x3cf: graphics_write(v, value); break;
    }
}

void vga_port_write(struct vga *v, u16 port, u8 value)
{
    trace(&v->dev, "port %03xh <- %02xh", port, value);
    if (!is_selected(v, port))
        return;
    if ((port & 0x3f0) == MAIN_BASE)
        main_port_write(v, port, value);
    else
        crt_port_write(v, port, value);
}

static struct vga *of(struct device *dev)
{
    return container_of(dev, struct vga, dev);
}

static u64 mono_read(struct device *dev, u64 at, unsigned size)
{
    return vga_port_read(of(dev), (u16)(MONO_BASE + at));
}

static u64 main_read(struct device *dev, u64 at, unsigned size)
{
    return vga_port_read(of(dev), (u16)(MAIN_BASE + at));
}

static u64 colour_read(struct device *dev, u64 at, unsigned size)
{
    return vga_port_read(of(dev), (u16)(COLOUR_BASE + at));
}

static void mono_write(struct device *dev, u64 at, u64 value, unsigned size)
{
    vga_port_write(of(dev), (u16)(MONO_BASE + at), (u8)value);
}

static void main_write(struct device *dev, u64 at, u64 value, unsigned size)
{
    vga_port_write(of(dev), (u16)(MAIN_BASE + at), (u8)value);
}

static void colour_write(struct device *dev, u64 at, u64 value, unsigned size)
{
    vga_port_write(of(dev), (u16)(COLOUR_BASE + at), (u8)value);
}

static const struct io_ops mono_io = { mono_read, mono_write, 1 };
static const struct io_ops main_io = { main_read, main_write, 1 };
static const struct io_ops colour_io = { colour_read, colour_write, 1 };

/* -- both cards -- */

enum { PORTS = 4 };

static const struct { const char *name; u16 base, size; const struct io_ops *io; } ports[PORTS] = {
    { "mono ports",   MONO_BASE,   12, &mono_io },      /* 3BCh is a printer's */
    { "ports",        MAIN_BASE,   16, &main_io },
    { "colour ports", COLOUR_BASE, 16, &colour_io },
    { "dispi ports",  0x1ce,       4,  &vbe_ports_io },
};

void vga_place_ports(struct vga *v)
{
    struct region *region[PORTS] = { &v->mono, &v->main, &v->colour, &v->dispi_ports };
    bool answers = !v->pci.dev || pci_word(&v->pci, 4) & 1;

    for (unsigned i = 0; i < PORTS; i++) {
        if (answers)
            space_map(v->dev.machine->ports, region[i], ports[i].base, NORMAL);
        else
            space_unmap(region[i]);
    }
    vga_place_window(v);
}

bool vga_attach(struct vga *v, struct error *err)
{
    struct region *region[PORTS] = { &v->mono, &v->main, &v->colour, &v->dispi_ports };
    u64 size = device_number(&v->dev, "vram", 16 << 20);

    if (!is_power_of_two(size) || size < 256 << 10 || size > 256 << 20)
        return fail(err, "%s: %llu bytes of video memory: it must be a power of two "
                    "from 256K to 256M", v->dev.name, (unsigned long long)size);
    v->vram = machine_add_ram(v->dev.machine, v->dev.name, size, err);
    if (!v->vram)
        return false;
    for (unsigned i = 0; i < PORTS; i++)
        *region[i] = (struct region){ .name = ports[i].name, .owner = &v->dev,
                                      .io = ports[i].io, .size = ports[i].size };
    v->window = (struct region){ .name = "window", .owner = &v->dev };
    v->linear = (struct region){ .name = "frame buffer", .owner = &v->dev, .ram = v->vram,
                                 .size = size, .writable = true };
    v->mmio = (struct region){ .name = "registers", .owner = &v->dev, .io = &vbe_mmio,
                               .size = 4096 };
    vga_offer_display(v);
    return true;
}

void vga_reset_registers(struct vga *v)
{
    v->misc = v->feature = 0;
    v->sequencer_index = v->graphics_index = v->crtc_index = v->attribute_index = 0;
    v->attribute_is_data = false;
    memset(v->sequencer, 0, sizeof v->sequencer);
    memset(v->graphics, 0, sizeof v->graphics);
    memset(v->crtc, 0, sizeof v->crtc);
    memset(v->attribute, 0, sizeof v->attribute);
    v->dac_mask = 0xff;
    v->dac_state = v->dac_read_index = v->dac_write_index = v->dac_component = 0;
    memset(v->dac_cache, 0, sizeof v->dac_cache);
    memset(v->dac, 0, sizeof v->dac);
    v->latch = 0;
    v->retrace_cleared = device_now(&v->dev);
    vbe_reset(v);
}

void vga_resume_registers(struct vga *v)
{
    v->sequencer_index &= 7;
    v->graphics_index &= 15;
    v->graphics[G_READ_MAP] &= 3;
    v->dac_component %= 3;
    vbe_resume(v);
    v->shown.valid = false;
}

void *vga_offer(struct device *dev, const char *interface)
{
    return strcmp(interface, "display") ? NULL : &of(dev)->display;
}

bool vga_set_rom(struct device *dev, const u8 *bytes, size_t count, struct error *err)
{
    struct vga *v = of(dev);
    u64 size = 2048;

    while (size < count && size < 1 << 20)
        size *= 2;
    if (!count || count > size)
        return fail(err, "%s: a video BIOS of %zu bytes does not fit", dev->name, count);
    v->rom = machine_add_ram(dev->machine, "vgarom", size, err);
    if (!v->rom)
        return false;
    memcpy(v->rom->host, bytes, count);
    v->rom_region = (struct region){ .name = "rom", .owner = dev, .ram = v->rom, .size = size };
    if (v->pci.dev)
        pci_bar(&v->pci, PCI_ROM, PCI_MEM32, &v->rom_region);
    else
        space_map(dev->machine->memory, &v->rom_region, device_number(dev, "rom", 0xc0000), NORMAL);
    return true;
}
