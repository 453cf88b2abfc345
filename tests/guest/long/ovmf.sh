#!/bin/sh
# UEFI: Debian's OVMF as firmware. Its shell answers on the serial line and starts the machine anew;
# Linux by -kernel through its EFI stub; GRUB for UEFI from a FAT disk starts Linux; each twice to the
# same state, and the kernel with four processors. Needs Debian's packages ovmf, grub-efi-amd64-bin,
# grub-common, dosfstools, mtools, cpio, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools \
    grub-mkimage grub-common
ovmf=$(package amd64 ovmf)/usr/share/ovmf/OVMF.fd &&
    grub=$(package amd64 grub-efi-amd64-bin)/usr/lib/grub/x86_64-efi &&
    kernel=$(kernel cloud-amd64) && initrd=$(shell_initrd amd64 ovmf) ||
    { echo "no firmware, or no kernel"; exit 1; }

cat > "$media/ovmf-shell.script" << 'EOS'
wait-serial Shell>
type-serial echo answered by \%uefishellversion\%\r
wait-serial answered by 2.2
type-serial pci\r
wait-serial Vendor 8086 Device 1237
type-serial reset\r
wait-serial UEFI Interactive Shell
EOS

# An EFI system partition without a partition table, GRUB where a removable disk has it.
disk=$media/ovmf-grub.img
{
    echo 'serial'
    echo 'terminal_output console serial'
    echo 'search --set=root --file /vmlinuz'
    echo 'linux /vmlinuz console=ttyS0'
    echo 'initrd /initrd.gz'
    echo 'boot'
} > "$media/ovmf-grub.cfg"
rm -f "$disk"
truncate -s 64M "$disk"
PATH=$PATH:/sbin:/usr/sbin mkfs.fat -i 12345678 -n ORRERY "$disk" > /dev/null &&
    grub-mkimage -O x86_64-efi -d "$grub" -o "$media/bootx64.efi" -p / -c "$media/ovmf-grub.cfg" \
        fat part_gpt part_msdos search search_fs_file linux serial terminal normal &&
    mmd -i "$disk" ::EFI ::EFI/BOOT &&
    mcopy -i "$disk" "$media/bootx64.efi" ::EFI/BOOT/BOOTX64.EFI &&
    mcopy -i "$disk" "$kernel" ::vmlinuz && mcopy -i "$disk" "$initrd" ::initrd.gz ||
    { echo "no disk"; exit 1; }

# uefi NAME OPTION...: at 200 MHz, so that waiting costs little
uefi()
{
    name=$1
    shift
    guest_twice "$name" -bios "$ovmf" -m 512 -net none -global cpu0.hz=200000000 --max-time 60 "$@"
}

# A kernel which UEFI started says so.
by_uefi()       # NAME
{
    if grep -q 'efi: EFI v2.[0-9]* by EDK II' "$BUILD/guest/$1.log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$1: the kernel was not started by UEFI"
    fi
}

uefi ovmf-shell --script "$media/ovmf-shell.script"
uefi ovmf-kernel -kernel "$kernel" -initrd "$initrd" -append console=ttyS0 \
    --script "$(shell_script ovmf-kernel 1 x86_64)"
by_uefi ovmf-kernel
uefi ovmf-grub -snapshot -hda "$disk" --script "$(shell_script ovmf-grub 1 x86_64)"
by_uefi ovmf-grub
uefi ovmf-four -smp 4 -global cpu1.hz=200000000 -global cpu2.hz=200000000 \
    -global cpu3.hz=200000000 -kernel "$kernel" -initrd "$initrd" -append console=ttyS0 \
    --script "$(shell_script ovmf-four 4 x86_64)"
by_uefi ovmf-four
finish
