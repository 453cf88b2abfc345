#!/bin/sh
# SeaBIOS stops at its boot menu when Esc is pressed, lists what there is, and boots what is chosen:
# twice to the same state, with one processor and four. Needs Debian's package seabios.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need_file /usr/share/seabios/bios-256k.bin seabios

# A diskette whose boot sector says so, and a disk and a CD that are not chosen.
diskette=$media/menu.img
{
    printf '\276\016\174\254\204\300\164\376\264\016\315\020\353\365'   # teletype the text at 7C0Eh
    printf 'Chosen from the menu'
    head -c 476 /dev/zero
    printf '\125\252'
} > "$diskette"
truncate -s 1440K "$diskette"
truncate -s 16M "$media/menu-disk.img"
truncate -s 1M "$media/menu-cd.img"
cat > "$media/menu.script" << 'EOF'
wait-screen Press ESC for boot menu
sendkey esc
wait-screen Select boot device:
wait-screen 1. ata0-0: ORRERY HARDDISK ATA-6 Hard-Disk (16 MiBytes)
wait-screen 2. Floppy [drive A]
wait-screen 3. DVD/CD [ata1-0: ORRERY DVD-ROM ATAPI-6 DVD/CD]
sendkey 2
wait-screen Chosen from the menu
EOF
set -- -m 32 -boot menu=on,order=c -fda "$diskette" -hda "$media/menu-disk.img" \
    -cdrom "$media/menu-cd.img" --script "$media/menu.script" --max-time 10
guest_twice menu "$@"
guest_twice menu-four -smp 4 "$@"
finish
