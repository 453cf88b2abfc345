#!/bin/sh
# Debian's 686 kernel with PAE boots to a shell of busybox by -kernel, from disks by SYSLINUX and GRUB,
# from a CD by ISOLINUX, each twice to the same state, and warns of nothing that it does not warn
# of on QEMU 7.2's pc (lib/red.txt). Needs the packages of lib/linux.sh's boots_everywhere.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
boots_everywhere 686-pae i686 256
finish
