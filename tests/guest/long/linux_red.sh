#!/bin/sh
# What Debian's kernels warn of here they warn of on QEMU's pc too, booted beside: lib/red.txt is
# what this found. Without qemu-system-x86_64 there is nothing to compare.
# Needs Debian's packages seabios, cpio, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
command -v qemu-system-x86_64 > /dev/null || { echo "no qemu-system-x86_64 here"; exit 0; }
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt

# QEMU until the shell has come, at most ten minutes.
theirs()        # NAME KERNEL INITRD
{
    : > "$BUILD/guest/$1.qemu"
    timeout 600 qemu-system-x86_64 -machine pc,accel=tcg -m 256 -kernel "$2" -initrd "$3" \
        -append console=ttyS0 -nic none -display none -monitor none -no-reboot \
        -serial "file:$BUILD/guest/$1.qemu" &
    process=$!
    while kill -0 $process 2> /dev/null && ! grep -q '^-- end' "$BUILD/guest/$1.qemu"; do
        sleep 0.5
    done
    kill $process
    red_lines "$BUILD/guest/$1.qemu" > "$BUILD/guest/$1.red"
}

for flavour in cloud-amd64 amd64 686 686-pae; do
    case $flavour in *amd64) arch=amd64 ;; *) arch=i386 ;; esac
    kernel=$(kernel $flavour) && initrd=$(shell_initrd $arch red) || { echo "no kernel"; exit 1; }
    guest red-$flavour -m 256 -kernel "$kernel" -initrd "$initrd" -append console=ttyS0 \
        -nic none --expect-serial "/ # "
    theirs red-$flavour "$kernel" "$initrd"
    check_red red-$flavour "$BUILD/guest/red-$flavour.red"
done
finish
