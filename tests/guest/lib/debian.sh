# A whole Debian on an IDE disk, made from its mirror: sourced behind guests.sh. As root or not:
# mmdebstrap finds a way (namespaces, fakechroot); the file system is filled without mounting it.
# The root disk boots by GRUB, its console is the screen and the serial line; root's password is
# "orrery".

root_needs()
{
    need mmdebstrap mmdebstrap mke2fs e2fsprogs sfdisk fdisk grub-mkimage grub-common tar tar
    [ "$(id -u)" -eq 0 ] || need fakeroot fakeroot
    need_file /usr/share/seabios/bios-256k.bin seabios
    need_file /usr/lib/grub/i386-pc/boot.img grub-pc-bin
}

# The system as an archive, made once.
root_archive()
{
    (
        flock 9
        out=$media/debian.tar
        [ -e "$out" ] || {
            rm -f "$out.part.tar"
            PATH=$PATH:/sbin:/usr/sbin mmdebstrap --variant=minbase --quiet \
                --include=linux-image-amd64,systemd-sysv,udev,e2fsprogs,dbus,kmod,iproute2 \
                --include=xserver-xorg-core,xserver-xorg-input-libinput,xserver-xorg-legacy \
                --include=xinit,xterm,twm,x11-utils,x11-xserver-utils,xfonts-base,xauth \
                --dpkgopt='path-exclude=/usr/share/doc/*' \
                --dpkgopt='path-exclude=/usr/share/man/*' \
                --dpkgopt='path-exclude=/usr/share/locale/*' \
                --customize-hook='echo root:orrery | chroot "$1" chpasswd' \
                --customize-hook='echo orrery > "$1/etc/hostname"' \
                --customize-hook='echo "/dev/sda1 / ext4 errors=remount-ro 0 1" > "$1/etc/fstab"' \
                bookworm "$out.part.tar" > "$media/debian.log" 2>&1 && mv "$out.part.tar" "$out" || {
                tail -n 5 "$media/debian.log" >&2
                exit 1
            }
        }
        echo "$out"
    ) 9> "$media/lock-debian"
}

# Below a faked root where there is no real one, so that the files keep their owners.
as_root()       # COMMAND...
{
    if [ "$(id -u)" -eq 0 ]; then "$@"; else fakeroot "$@"; fi
}

# DISK with the archive and what is in DIRECTORY in its first partition; prints its path.
root_disk()     # NAME COMMAND-LINE [DIRECTORY]
{
    out=$media/$1.img tree=$media/root-$1 modules=/usr/lib/grub/i386-pc
    archive=$(root_archive) || return 1
    rm -rf "$tree" "$out"
    mkdir -p "$tree"
    printf 'set timeout=0\nserial\nterminal_output console serial\nmenuentry l {\n linux /vmlinuz root=/dev/sda1 ro %s\n initrd /initrd.img\n}\n' \
        "$2" > "$media/$1.grub"
    printf 'set root=(hd0,msdos1)\nset prefix=(hd0,msdos1)/boot/grub\nconfigfile /boot/grub/grub.cfg\n' > "$media/$1.early"
    truncate -s 1536M "$out"
    echo '2048,,83,*' | PATH=$PATH:/sbin:/usr/sbin sfdisk -q "$out" || return 1
    # shellcheck disable=SC2016
    PATH=$PATH:/sbin:/usr/sbin as_root sh -c '
        tar -C "$1" -xf "$2" && mkdir -p "$1/boot/grub" && cp "$3" "$1/boot/grub/grub.cfg" || exit 1
        [ -z "$4" ] || cp -R --no-preserve=ownership "$4/." "$1/" || exit 1
        mke2fs -q -t ext4 -d "$1" -E offset=1048576 "$5" 1535M' \
        - "$tree" "$archive" "$media/$1.grub" "${3-}" "$out" || return 1
    chmod -R u+rwX "$tree"
    rm -rf "$tree"
    grub-mkimage -O i386-pc -o "$media/$1.core" -p '(hd0,msdos1)/boot/grub' -c "$media/$1.early" \
        biosdisk part_msdos ext2 linux normal configfile serial terminal echo || return 1
    dd if="$modules/boot.img" of="$out" bs=440 count=1 conv=notrunc status=none
    dd if="$media/$1.core" of="$out" bs=512 seek=1 conv=notrunc status=none
    echo "$out"
}

# The lines of a script that log in.
login_on_serial()
{
    cat << 'EOF'
wait-serial orrery login:
type-serial root\n
wait-serial Password:
type-serial orrery\n
wait-serial root@orrery:~#
EOF
}

check()         # WHAT COMMAND...
{
    what=$1
    shift
    if "$@" > "$BUILD/guest/check.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not so: $what: $(tail -n 3 "$BUILD/guest/check.log")"
    fi
}
