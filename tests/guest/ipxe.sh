#!/bin/sh
# The card's option ROM (iPXE) gets an address, fetches a script, a kernel and an initramfs by TFTP
# and starts them: twice to the same state, and with four processors.
# Needs Debian's packages seabios, ipxe-qemu, cpio, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt
need_file /usr/share/seabios/bios-256k.bin seabios
need_file /usr/lib/ipxe/qemu/pxe-e1000.rom ipxe-qemu

kernel=$(kernel cloud-amd64) && initrd=$(shell_initrd amd64 ipxe) || { echo "no kernel"; exit 1; }
served=$media/tftp
mkdir -p "$served"
cp "$kernel" "$served/vmlinuz"
cp "$initrd" "$served/initrd.gz"
cat > "$served/boot.ipxe" << 'EOF'
#!ipxe
kernel vmlinuz console=ttyS0 initrd=initrd.gz
initrd initrd.gz
boot
EOF

# The clock is slow so that iPXE's waiting costs little.
set -- -m 256 -boot n -nic "user,model=e1000,tftp=$served,bootfile=boot.ipxe" --max-time 60
hz=200000000
guest_twice ipxe "$@" -global cpu0.hz=$hz --script "$(shell_script ipxe 1 x86_64)"
guest ipxe-four "$@" -smp 4 -global cpu0.hz=$hz -global cpu1.hz=$hz -global cpu2.hz=$hz \
    -global cpu3.hz=$hz --script "$(shell_script ipxe-four 4 x86_64)"
finish
