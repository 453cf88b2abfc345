#!/bin/sh
# Diskettes of our own, in real mode, ask SeaBIOS for its disks, keyboard, video modes and the
# speaker, and judge the answers (bios/*.asm): twice to the same state, with one processor and
# four, and without PCI. Needs Debian's packages seabios and nasm.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need "${NASM:-nasm}" nasm
need_file /usr/share/seabios/bios-256k.bin seabios

truncate -s 16M "$media/bios-16m.img"
for source in "$SRC"/tests/guest/bios/*.asm; do
    program=$(basename "$source" .asm)
    if ! "${NASM:-nasm}" -f bin -I "$SRC/tests/guest/bios/" -o "$media/bios-$program.img" "$source"; then
        failed=$((failed + 1))
        continue
    fi
    script=${source%.asm}.script
    if [ ! -e "$script" ]; then
        script=$media/bios-$program.script
        echo "wait-serial PASS $program" > "$script"
    fi
    # The clock is slow so that waiting costs little.
    set -- -m 16 -snapshot -boot a -fda "$media/bios-$program.img" -hda "$media/bios-16m.img" \
        -global cpu0.hz=50000000 --script "$script" --max-time 15
    guest_twice "bios-$program" "$@"
    guest "bios-$program-four" -smp 4 "$@"
    guest "bios-$program-isa" -machine isapc "$@"
    grep -a FAIL "$BUILD/guest/bios-$program.log"
done
finish
