# Real systems for guest tests, made from Debian's packages without root: sourced by the
# scripts beside. What was fetched or made stays in $BUILD/guest/media.
media=$BUILD/guest/media
mkdir -p "$media"

need()          # COMMAND PACKAGE...: pairs; the missing packages are named
{
    lacking=
    while [ $# -gt 0 ]; do
        command -v "$1" > /dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$1" > /dev/null ||
            lacking="$lacking $2"
        shift 2
    done
    [ -z "$lacking" ] || { echo "this test needs Debian's packages:$lacking"; exit 1; }
}

need_file()     # FILE PACKAGE
{
    [ -e "$1" ] || { echo "this test needs $1 (package $2)"; exit 1; }
}

# An apt of our own for another architecture, so that the host's is left alone.
apt_for()       # ARCHITECTURE WORD...
{
    arch=$1 state=$media/apt-$1
    shift
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    touch "$state/status"
    apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
        -o Dir::State="$state" -o Dir::State::Lists="$state/lists" \
        -o Dir::State::Status="$state/status" -o Dir::Cache="$state/cache" \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# Once; one list that a mirror lacks for the moment does not matter.
lists()         # ARCHITECTURE
{
    (
        flock 9
        [ -e "$media/apt-$1/updated" ] || apt_for "$1" update >&2 || true
        touch "$media/apt-$1/updated"
    ) 9> "$media/lock-lists"
}

# Fetches and unpacks a package once, whichever script is first; prints the directory.
package()       # ARCHITECTURE PACKAGE
{
    (
        flock 9
        dir=$media/$1/$2
        if [ ! -e "$dir/.done" ]; then
            lists "$1"
            rm -rf "$dir"
            mkdir -p "$dir/deb"
            (cd "$dir/deb" && apt_for "$1" download "$2" >&2) || exit 1
            dpkg-deb -x "$dir"/deb/*.deb "$dir" && rm -r "$dir/deb" && touch "$dir/.done" || exit 1
        fi
        echo "$dir"
    ) 9> "$media/lock-packages"
}

# The kernel a metapackage stands for; prints its path.
kernel()        # FLAVOUR: cloud-amd64, amd64, 686, 686-pae
{
    case $1 in *amd64) arch=amd64 ;; *) arch=i386 ;; esac
    lists $arch
    name=$(apt-cache -o APT::Architecture=$arch -o APT::Architectures=$arch \
        -o Dir::State="$media/apt-$arch" -o Dir::State::Lists="$media/apt-$arch/lists" \
        -o Dir::State::Status="$media/apt-$arch/status" -o Dir::Cache="$media/apt-$arch/cache" \
        depends "linux-image-$1" | sed -n 's/.*Depends: //p' | head -n 1)
    dir=$(package $arch "$name") || return 1
    ls "$dir"/boot/vmlinuz-*
}

# An initramfs of busybox whose /init ends in SCRIPT, and what is in DIRECTORY; prints its path.
initrd()        # ARCHITECTURE NAME SCRIPT [DIRECTORY]
{
    out=$media/initrd-$2-$1.gz tree=$media/tree-$2-$1
    busybox=$(package "$1" busybox-static)/bin/busybox || return 1
    rm -rf "$tree"
    mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/tmp" "$tree/mnt" "$tree/etc"
    cp "$busybox" "$tree/bin/busybox"
    [ $# -lt 4 ] || cp -R "$4/." "$tree/" || return 1
    {
        echo '#!/bin/busybox sh'
        echo '/bin/busybox --install -s /bin; export PATH=/bin HOME=/'
        echo 'mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev'
        printf '%s\n' "$3"
    } > "$tree/init"
    chmod +x "$tree/init"
    (cd "$tree" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) |
        gzip -9n > "$out"
    echo "$out"
}

# A FAT disk that boots KERNEL by SYSLINUX; prints its path.
syslinux_disk() # NAME KERNEL INITRD COMMAND-LINE
{
    out=$media/$1.img
    rm -f "$out"
    truncate -s 64M "$out"
    PATH=$PATH:/sbin:/usr/sbin mkfs.fat -i 12345678 -n ORRERY "$out" > /dev/null || return 1
    mcopy -i "$out" "$2" ::vmlinuz && mcopy -i "$out" "$3" ::initrd.gz || return 1
    printf 'DEFAULT l\nLABEL l\n  KERNEL vmlinuz\n  APPEND initrd=initrd.gz %s\n' "$4" > "$media/$1.cfg"
    mcopy -i "$out" "$media/$1.cfg" ::syslinux.cfg && syslinux --install "$out" || return 1
    echo "$out"
}

# The same from an ISO by ISOLINUX; prints its path.
isolinux_iso()  # NAME KERNEL INITRD COMMAND-LINE
{
    out=$media/$1.iso tree=$media/iso-$1
    rm -rf "$tree"
    mkdir -p "$tree/isolinux"
    cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$tree/isolinux/"
    cp "$2" "$tree/vmlinuz"
    cp "$3" "$tree/initrd.gz"
    printf 'DEFAULT l\nLABEL l\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd.gz %s\n' "$4" \
        > "$tree/isolinux/isolinux.cfg"
    xorriso -as mkisofs -quiet -o "$out" -b isolinux/isolinux.bin -c isolinux/boot.cat \
        -no-emul-boot -boot-load-size 4 -boot-info-table "$tree" 2> /dev/null || return 1
    echo "$out"
}

# A disk with GRUB in its boot sectors, which loads from an ext2 partition; prints its path.
grub_disk()     # NAME KERNEL INITRD COMMAND-LINE
{
    out=$media/$1.img tree=$media/grub-$1 modules=/usr/lib/grub/i386-pc
    rm -rf "$tree" "$out"
    mkdir -p "$tree/boot/grub"
    cp "$2" "$tree/boot/vmlinuz"
    cp "$3" "$tree/boot/initrd.gz"
    printf 'set timeout=0\nserial\nterminal_output console serial\nmenuentry l {\n linux /boot/vmlinuz %s\n initrd /boot/initrd.gz\n}\n' \
        "$4" > "$tree/boot/grub/grub.cfg"
    truncate -s 96M "$out"
    echo '2048,,83,*' | PATH=$PATH:/sbin:/usr/sbin sfdisk -q "$out" || return 1
    PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext2 -d "$tree" -E offset=1048576 "$out" 95M || return 1
    printf 'set root=(hd0,msdos1)\nset prefix=(hd0,msdos1)/boot/grub\nconfigfile /boot/grub/grub.cfg\n' > "$media/$1.early"
    grub-mkimage -O i386-pc -o "$media/$1.core" -p '(hd0,msdos1)/boot/grub' -c "$media/$1.early" \
        biosdisk part_msdos ext2 linux normal configfile serial terminal echo || return 1
    dd if="$modules/boot.img" of="$out" bs=440 count=1 conv=notrunc status=none
    dd if="$media/$1.core" of="$out" bs=512 seek=1 conv=notrunc status=none
    echo "$out"
}

# -- verdicts --

passed=0 failed=0

# One run with a verdict; prints a line, counts. The log is $BUILD/guest/NAME.log.
guest()         # NAME OPTION...
{
    name=$1
    shift
    if "$ORRERY" test "$@" > "$BUILD/guest/$name.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: $(tail -n 3 "$BUILD/guest/$name.log")"
    fi
}

# Twice, and the second run must end in the same state.
guest_twice()   # NAME OPTION...
{
    name=$1
    shift
    guest "$name" --state-hash "$@"
    first=$(tail -n 1 "$BUILD/guest/$name.log")
    "$ORRERY" test --state-hash "$@" > "$BUILD/guest/$name.again" 2>&1
    if [ "$first" = "$(tail -n 1 "$BUILD/guest/$name.again")" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: the second run ended in another state"
    fi
}

finish()
{
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ]
}
