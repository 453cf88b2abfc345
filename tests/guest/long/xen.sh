#!/bin/sh
# The Xen hypervisor with Debian's kernel as its paravirtual dom0, loaded by GRUB from a CD: the kernel
# runs in ring 3, below page tables, gates and timers that are Xen's. Twice to the same state, and with
# four processors. Needs Debian's packages seabios, grub-pc-bin, grub-common, xorriso, cpio, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt xorriso xorriso grub-mkimage grub-common
need_file /usr/share/seabios/bios-256k.bin seabios
need_file /usr/lib/grub/i386-pc/cdboot.img grub-pc-bin
package=xen-hypervisor-4.17-amd64
xen=$(package amd64 $package)/boot/xen-4.17-amd64.gz && kernel=$(kernel amd64) &&
    initrd=$(shell_initrd amd64 xen) || { echo "no hypervisor, or no kernel"; exit 1; }

# A CD with GRUB and what it loads; no console but the serial line, which Xen has.
tree=$media/iso-xen iso=$media/xen.iso
rm -rf "$tree"
mkdir -p "$tree/boot"
gzip -dc "$xen" > "$tree/boot/xen" && cp "$kernel" "$tree/boot/vmlinuz" && cp "$initrd" "$tree/boot/initrd.gz"
{
    echo 'multiboot2 /boot/xen xen com1=115200,8n1 console=com1 dom0_mem=400M'
    echo 'module2 /boot/vmlinuz vmlinuz console=hvc0'
    echo 'module2 /boot/initrd.gz'
    echo 'boot'
} > "$media/xen.cfg"
grub-mkimage -O i386-pc -o "$media/xen.core" -p / -c "$media/xen.cfg" biosdisk iso9660 multiboot2 &&
    cat /usr/lib/grub/i386-pc/cdboot.img "$media/xen.core" > "$tree/boot/grub.img" &&
    xorriso -as mkisofs -quiet -o "$iso" -b boot/grub.img -no-emul-boot -boot-load-size 4 \
        -boot-info-table "$tree" 2> /dev/null || { echo "no CD"; exit 1; }

cat > "$media/xen.script" << 'EOS'
wait-serial / #
type-serial echo $((6 * 7)): $(cat /sys/hypervisor/type) $(cat /sys/hypervisor/version/minor)\n
wait-serial 42: xen 17
EOS
guest_twice xen -m 768 -cdrom "$iso" --script "$media/xen.script" --max-time 60
guest xen-four -smp 4 -m 768 -cdrom "$iso" --script "$media/xen.script" --max-time 60
finish
