/*
 * The VGA as an ISA card: its BIOS is at the configuration's `rom` (C0000h if unsaid), and all
 * of its memory at `linear` (E0000000h, where such firmware expects the frame buffer of VBE).
 */
#include "peripherals/video/vga.h"
#include "peripherals/video/vga_card.h"

#include "core/machine.h"

DEFINE_STATE(struct vga, VGA_STATE);

static bool vga_isa_attach(struct device *dev, struct error *err)
{
    struct vga *v = container_of(dev, struct vga, dev);

    if (!vga_attach(v, err))
        return false;
    space_map(dev->machine->memory, &v->linear, device_number(dev, "linear", 0xe0000000), NORMAL);
    return true;
}

static void vga_isa_reset(struct device *dev, enum reset how)
{
    struct vga *v = container_of(dev, struct vga, dev);

    vga_reset_registers(v);
    vga_place_ports(v);
}

static void vga_isa_resume(struct device *dev)
{
    struct vga *v = container_of(dev, struct vga, dev);

    vga_resume_registers(v);
    vga_place_ports(v);
}

const struct device_type isavga_type = {
    .name = "isavga", .title = "VGA on an ISA bus", .size = sizeof(struct vga),
    .state = state_rows, .attach = vga_isa_attach, .reset = vga_isa_reset,
    .resume = vga_isa_resume, .offer = vga_offer,
};
