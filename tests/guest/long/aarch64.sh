#!/bin/sh
# Debian's cloud kernel boots from a disk by SYSLINUX to a shell that answers, with one processor
# and with four, and prints the same and ends in the same state in a build for aarch64.
# Needs the packages of ../aarch64.sh and mtools, dosfstools, syslinux.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
. "$SRC/tests/guest/lib/aarch64.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools syslinux syslinux
need_file /usr/share/seabios/bios-256k.bin seabios
build_far
kernel=$(kernel cloud-amd64) && initrd=$(shell_initrd amd64 aarch64-long) &&
    disk=$(syslinux_disk aarch64-long "$kernel" "$initrd" console=ttyS0) || { echo "no disk"; exit 1; }
same_state aarch64-one -m 256 -hda "$disk" --script "$(shell_script aarch64-one 1 x86_64)"
same_state aarch64-four -smp 4 -m 256 -hda "$disk" --script "$(shell_script aarch64-four 4 x86_64)"
finish
