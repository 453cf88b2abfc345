#!/bin/bash
# Debian's cloud kernel with busybox from a disk by SYSLINUX, beside QEMU's translator in one
# thread: seconds of the host's user time from power-on to /init, and of that from the kernel's
# first line on. Medians of ROUNDS=3, interleaved.
set -u
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)} BUILD=${BUILD:-$PWD/build} ORRERY=${ORRERY:-$PWD/build/orrery}
. "$SRC/tests/guest/lib/guests.sh"
rounds=${ROUNDS:-3} out=$BUILD/bench
first="Linux version" last="Run /init as init process"
mkdir -p "$out"

skip() { echo "bench: boot: $*"; exit 0; }
(need cpio cpio dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools syslinux syslinux) || exit 0
"${CC:-cc}" -O2 -o "$out/marks" "$SRC/tests/bench/marks.c" || exit 1
kernel=$(kernel cloud-amd64) && initrd=$(initrd amd64 bench 'exec sh') &&
    disk=$(syslinux_disk bench "$kernel" "$initrd" console=ttyS0) || skip "no kernel or disk"

ours=("$ORRERY" test -m 256 -snapshot -hda "$disk" -nic none --max-time 60)
qemu=(qemu-system-x86_64 -machine pc -accel "tcg,thread=single" -m 256 -nic none -no-reboot
      -drive "file=$disk,format=raw,snapshot=on" -display none -serial stdio -monitor none)
command -v qemu-system-x86_64 > /dev/null || { qemu=(); echo "bench: boot: no qemu-system-x86_64"; }

seconds()       # COMMAND...: of user time at the kernel's first line, and at its last
{
    "$out/marks" -u "$last" "$@" < /dev/null 2> "$out/stderr" > "$out/lines" &&
        awk -v first="$first" -v last="$last" '
            index($0, first) && !a { a = $1 } index($0, last) { b = $1 } END { print a, b }' "$out/lines"
}

: > "$out/ours"; : > "$out/qemu"
for _ in $(seq "$rounds"); do
    seconds "${ours[@]}" >> "$out/ours" ||
        { echo "bench: boot: it did not come to /init"; tail -n 3 "$out/stderr"; exit 1; }
    [ ${#qemu[@]} -eq 0 ] || seconds "${qemu[@]}" >> "$out/qemu" ||
        { echo "bench: boot: QEMU did not come to /init"; qemu=(); }
done

instructions()  # TEXT: retired when it is printed
{
    "${ours[@]}" --expect-serial "$1" --report "$out/boot.json" > /dev/null 2>&1
    sed -n 's/.*"instructions": \([0-9]*\).*/\1/p' "$out/boot.json"
}

# The middle of what an awk expression makes of a file's lines.
middle() { awk "{ print $2 }" "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

row()           # NAME EXPRESSION INSTRUCTIONS
{
    s=$(middle "$out/ours" "$2")
    q=$(middle "$out/qemu" "$2")
    awk -v name="$1" -v s="$s" -v q="${q:-0}" -v n="$3" 'BEGIN {
        printf "%-32s %8.2f %8s %8s %12.0f %7.0f\n", name, s, q ? sprintf("%.2f", q) : "-",
            q ? sprintf("%.2f", s / q) : "-", n / 1e6, s ? n / s / 1e6 : 0
    }'
}

at_first=$(instructions "$first") at_last=$(instructions "$last")
printf '%-32s %8s %8s %8s %12s %7s\n' "boot: user seconds" orrery qemu ratio "million insns" MIPS
row "power-on to /init" '$2' "$at_last"
row "power-on to kernel's first line" '$1' "$at_first"
row "kernel's first line to /init" '$2 - $1' $((at_last - at_first))
