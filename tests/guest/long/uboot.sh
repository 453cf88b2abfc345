#!/bin/sh
# U-Boot as firmware, both of Debian's builds for this board, comes to its prompt, lists the PCI bus and
# the disk, and reads a file from it; each twice to the same state. Without a screen: it runs the option
# ROM of one in real mode with limits of 64 KB, and that reads above them. Needs Debian's packages
# dosfstools, mtools, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools
uboot=$(package amd64 u-boot-qemu)/usr/lib/u-boot || { echo "no firmware"; exit 1; }

disk=$media/uboot.img
rm -f "$disk"
truncate -s 32M "$disk"
PATH=$PATH:/sbin:/usr/sbin mkfs.fat -i 12345678 -n ORRERY "$disk" > /dev/null || exit 1
echo 'read from the disk' > "$media/uboot.txt"
mcopy -i "$disk" "$media/uboot.txt" ::hello.txt || exit 1

cat > "$media/uboot.script" << 'EOS'
wait-serial Hit any key to stop autoboot
type-serial \n
wait-serial =>
type-serial pci\n
wait-serial 0x1237
type-serial ide reset\n
wait-serial Capacity: 32.0 MB
type-serial fatload ide 0 0x4000000 hello.txt; md.b 0x4000000 10\n
wait-serial read from the di
EOS
for build in x86 x86_64; do
    guest_twice uboot-$build -bios "$uboot/qemu-$build/u-boot.rom" -vga none -m 256 \
        -global cpu0.hz=200000000 -snapshot -hda "$disk" --script "$media/uboot.script" --max-time 60
done
finish
