#!/bin/sh
# Debian's cloud kernel boots to a shell of busybox that answers: by -kernel and from a disk by
# SYSLINUX, each twice to the same state, and with four processors, and with 16. The kernel warns of
# nothing that it does not warn of on QEMU 7.2's pc (lib/red.txt).
# Needs Debian's packages seabios, cpio, mtools, dosfstools, syslinux, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools syslinux syslinux
need_file /usr/share/seabios/bios-256k.bin seabios

kernel=$(kernel cloud-amd64) && initrd=$(shell_initrd amd64 linux) || { echo "no kernel"; exit 1; }
disk=$(syslinux_disk linux "$kernel" "$initrd" console=ttyS0) || { echo "no disk"; exit 1; }
one=$(shell_script linux-one 1 x86_64) four=$(shell_script linux-four 4 x86_64)
many=$(shell_script linux-many 16 x86_64)

guest_twice linux-kernel -m 256 -kernel "$kernel" -initrd "$initrd" -append console=ttyS0 --script "$one"
check_red linux-kernel "$SRC/tests/guest/lib/red.txt"
guest_twice linux-syslinux -m 256 -hda "$disk" --script "$one"
check_red linux-syslinux "$SRC/tests/guest/lib/red.txt"
guest_twice linux-smp -smp 4 -m 256 -hda "$disk" --script "$four"
check_red linux-smp "$SRC/tests/guest/lib/red.txt"
guest linux-many -smp 16 -m 256 -hda "$disk" --script "$many"
check_red linux-many "$SRC/tests/guest/lib/red.txt"
finish
