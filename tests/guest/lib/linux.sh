# Debian's kernels with a shell: sourced behind guests.sh by the scripts that boot them.

# An initramfs that shows the kernel's warnings and worse, then a shell; prints its path.
shell_initrd()  # ARCHITECTURE NAME
{
    initrd "$1" "$2" 'dmesg -n 1; echo "-- red:"; dmesg -r | grep "^<[0-4]>"; echo "-- end"
exec sh'
}

# What a person types at the prompt, and sees; prints the script's path.
shell_script()  # NAME PROCESSORS MACHINE
{
    cat > "$media/$1.script" << EOF
wait-serial / #
type-serial echo \$((6 * 7)): \$(grep -c ^processor /proc/cpuinfo) of \$(uname -m)\\n
wait-serial 42: $2 of $3
EOF
    echo "$media/$1.script"
}

# The warnings of a log, without level and time. But for those in which the kernel repeats what CPUID
# says is not counted: where QEMU has no performance counters at all, it has nothing to say of them.
red_lines()     # LOG
{
    tr -d '\r' < "$1" | sed -n '/^-- red:/,/^-- end/s/^<[0-4]>\[[ 0-9.]*\] //p' |
        sed '/^core: CPUID marked event: .* unavailable$/d'
}

# Nothing red that a file of known lines does not have.
check_red()     # NAME KNOWN
{
    if ! grep -q '^-- end' "$BUILD/guest/$1.log"; then
        failed=$((failed + 1))
        echo "$1: the kernel's messages were not shown"
    elif red_lines "$BUILD/guest/$1.log" | grep -v -x -F -f "$2"; then
        failed=$((failed + 1))
        echo "$1: QEMU does not show these"
    else
        passed=$((passed + 1))
    fi
}

# A kernel by -kernel, from a disk by SYSLINUX and by GRUB, from a CD by ISOLINUX, each twice.
boots_everywhere()  # FLAVOUR MACHINE MEGABYTES
{
    need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools \
        syslinux syslinux xorriso xorriso sfdisk fdisk mke2fs e2fsprogs grub-mkimage grub-common
    need_file /usr/share/seabios/bios-256k.bin seabios
    need_file /usr/lib/ISOLINUX/isolinux.bin isolinux
    need_file /usr/lib/syslinux/modules/bios/ldlinux.c32 syslinux-common
    need_file /usr/lib/grub/i386-pc/boot.img grub-pc-bin
    tag=linux-$1 words=console=ttyS0 arch=i386
    [ "$2" = i686 ] || arch=amd64
    kernel=$(kernel "$1") && initrd=$(shell_initrd $arch "$tag") || { echo "no kernel"; exit 1; }
    syslinux=$(syslinux_disk "$tag-syslinux" "$kernel" "$initrd" $words) &&
        grub=$(grub_disk "$tag-grub" "$kernel" "$initrd" $words) &&
        iso=$(isolinux_iso "$tag-iso" "$kernel" "$initrd" $words) || { echo "no disk"; exit 1; }
    script=$(shell_script "$tag" 1 "$2")
    for way in "kernel -kernel $kernel -initrd $initrd -append $words" "syslinux -hda $syslinux" \
        "grub -hda $grub" "iso -cdrom $iso"; do
        # shellcheck disable=SC2086
        guest_twice "$tag-"$way -m "$3" --script "$script" --max-time 200
        check_red "$tag-${way%% *}" "$SRC/tests/guest/lib/red.txt"
    done
}
