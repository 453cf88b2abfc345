#!/bin/sh
# Seconds: 400
# The first 500 million instructions of Debian's cloud kernel print the same and end in the same
# state in a build for aarch64. long/aarch64.sh goes on to the shell.
# Needs Debian's packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user, seabios, cpio,
# and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
. "$SRC/tests/guest/lib/aarch64.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt
need_file /usr/share/seabios/bios-256k.bin seabios
build_far
kernel=$(kernel cloud-amd64) && initrd=$(shell_initrd amd64 aarch64) || { echo "no kernel"; exit 1; }
same_state aarch64 -m 256 -kernel "$kernel" -initrd "$initrd" -append console=ttyS0 \
    --max-insn 500000000
finish
