/*
 * The VGA as a PCI function (PCI Local Bus Specification 3.0), as firmware knows it from Bochs
 * and QEMU: memory at BAR0, registers at BAR2, its BIOS at the expansion ROM's.
 */
#include "peripherals/video/vga.h"
#include "peripherals/video/vga_card.h"

DEFINE_STATE(struct vga, VGA_PCI_STATE);

static const struct pci_id id = {
    .vendor = 0x1234, .device = 0x1111, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
    .class = 0x030000, .revision = 2,
};

static void vga_pci_written(struct device *dev, u8 first, u8 last)
{
    vga_place_ports(container_of(dev, struct vga, dev));
}

static bool vga_pci_attach(struct device *dev, struct error *err)
{
    struct vga *v = container_of(dev, struct vga, dev);

    if (!pci_join(dev, &v->pci, v->config, &id, err) || !vga_attach(v, err))
        return false;
    pci_bar(&v->pci, 0, PCI_MEM32_PREFETCH, &v->linear);
    pci_bar(&v->pci, 2, PCI_MEM32, &v->mmio);
    v->pci.written = vga_pci_written;
    return true;
}

static void vga_pci_reset(struct device *dev, enum reset how)
{
    struct vga *v = container_of(dev, struct vga, dev);

    vga_reset_registers(v);
    pci_reset(&v->pci);
    vga_place_ports(v);
}

static void vga_pci_resume(struct device *dev)
{
    struct vga *v = container_of(dev, struct vga, dev);

    vga_resume_registers(v);
    pci_resume(&v->pci);
    vga_place_ports(v);
}

const struct device_type vga_type = {
    .name = "vga", .title = "VGA with a linear frame buffer", .size = sizeof(struct vga),
    .state = state_rows, .attach = vga_pci_attach, .reset = vga_pci_reset,
    .resume = vga_pci_resume, .offer = vga_offer,
};
