#!/bin/bash
# The whole system: one boot of Debian's cloud kernel that does all rows of system/guest.sh, on
# Orrery and on its peers, interleaved, unmodified. What counts is the host's processor time, user
# and system, of all threads, from mark to mark; the median of ROUNDS=3.
#
#   PEERS="qemu bochs"      those of them that are installed
#   QEMU=... BOCHS=...      their binaries; BOCHS_SHARE has the BIOS of the latter
#   OTHER=...               another Orrery, by the same words
#   ROWS=...                another table of rows: NAME SIZE SIZE, one a line
#
# Instructions are what the guest's time-stamp counter says on Orrery, one a cycle. Where the
# guest waits for a disk or a timer that counts too. cpi is host cycles for each of them: time by
# the host's clock (clock.c). Start-up is what is spent until a boot sector's first instruction.
set -u
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)} BUILD=${BUILD:-$PWD/build} ORRERY=${ORRERY:-$PWD/build/orrery}
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/bench/system/guest.sh"
rows=${ROWS:-$rows} rounds=${ROUNDS:-3} out=$BUILD/bench/system
QEMU=${QEMU:-qemu-system-x86_64} BOCHS=${BOCHS:-bochs} BOCHS_SHARE=${BOCHS_SHARE:-/usr/share/bochs}
mkdir -p "$out/tree/bin"

skip() { echo "bench: system: $*"; exit 0; }
(need cpio cpio dpkg-deb dpkg apt-get apt mcopy mtools mkfs.fat dosfstools syslinux syslinux) || exit 0
"${CC:-cc}" -O2 -o "$out/marks" "$SRC/tests/bench/marks.c" || exit 1
build_rows "$out" || skip "no x86-64 compiler (CC_X86)"
cp "$out/rows" "$out/tree/bin/"
tools=$(package amd64 busybox-static) && kernel=$(kernel cloud-amd64) &&
    initrd=$(initrd amd64 system "$(rows_script 2); exec sh" "$out/tree") &&
    disk=$(syslinux_disk system "$kernel" "$initrd" console=ttyS0) || skip "no kernel or disk"
expected 2 "$out" "$tools/bin/busybox" > "$out/expected" || skip "this host cannot run the rows"

bochs_settings()        # DISK FILE
{
    vga=$(find "$BOCHS_SHARE" -name 'VGABIOS-lgpl-latest*' | head -n 1)
    cat > "$2" << EOF
romimage: file=$BOCHS_SHARE/BIOS-bochs-latest
vgaromimage: file=$vga
cpu: count=1, ips=200000000
clock: sync=none
memory: guest=256, host=256
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=$1, mode=volatile
boot: disk
display_library: nogui
com1: enabled=1, mode=file, dev=/dev/stdout
speaker: enabled=0
log: $out/bochs.log
EOF
}

start() # PEER
{
    case $1 in
    orrery) set -- "$ORRERY" ;;
    other)  set -- "$OTHER" ;;
    qemu)   exec "$QEMU" -machine pc -accel tcg,thread=single -m 256 -nic none -no-reboot \
                -drive "file=$disk,format=raw,snapshot=on" -display none -serial stdio -monitor none ;;
    bochs)  exec "$BOCHS" -q -f "$settings" ;;
    esac
    exec "$1" test -m 256 -snapshot -hda "$disk" -nic none --max-time 3600
}

peers=orrery
[ -z "${OTHER:-}" ] || peers="$peers other"
for p in ${PEERS-qemu bochs}; do
    case $p in qemu) binary=$QEMU ;; *) binary=$BOCHS ;; esac
    if command -v "$binary" > /dev/null; then peers="$peers $p"; else echo "bench: system: no $binary"; fi
done
"${NASM:-nasm}" -f bin -o "$out/first.img" "$SRC/tests/bench/system/first.asm" || skip "no nasm"
truncate -s 1M "$out/first.img"
bochs_settings "$disk" "$out/bochsrc"
bochs_settings "$out/first.img" "$out/bochsrc.first"
ghz=
[ "$(uname -m)" != x86_64 ] || { "${CC:-cc}" -O2 -o "$out/clock" "$SRC/tests/bench/clock.c" && ghz=$("$out/clock"); }

export -f start
export ORRERY OTHER QEMU BOCHS out disk settings
for round in $(seq "$rounds"); do
    for p in $peers; do
        disk=$out/first.img settings=$out/bochsrc.first "$out/marks" "@ end" bash -c "start $p" \
            < /dev/null > "$out/$p.first.$round" 2> "$out/stderr" ||
            { echo "bench: system: $p does not start"; tail -n 3 "$out/stderr"; exit 1; }
        settings=$out/bochsrc "$out/marks" "@ end" bash -c "start $p" < /dev/null > "$out/$p.$round" 2> "$out/stderr" ||
            { echo "bench: system: $p did not come to the end"; tail -n 3 "$out/stderr"; exit 1; }
        sed 's/^[0-9.]* //' "$out/$p.$round" | grep -a '^= ' | cmp -s - "$out/expected" ||
            { echo "bench: system: wrong results on $p, see $out/$p.$round"; exit 1; }
    done
done

# Each row of one run: NAME SECONDS INSTRUCTIONS.
spent()         # FILE
{
    awk 'function mark(next_one) { if (name) print name, $1 - at, $4 - tick; name = next_one; at = $1; tick = $4 }
         /Linux version/ && !first { first = $1; print "firmware", first, 0 }
         /Run \/init as/           { print "kernel", $1 - first, 0 }
         $2 == "@"                 { mark($3) }
         $1 == "peak"              { print "peak", $2, 0 }' "$1"
    awk '/@ end/ { print "start", $1 * 1000, 0 }' "$2"
}

for p in $peers; do
    for round in $(seq "$rounds"); do spent "$out/$p.$round" "$out/$p.first.$round" | sed "s/^/$p /"; done
done | awk -v peers="$peers" -v ghz="$ghz" '
    { if (!($2 in seen)) { seen[$2] = 1; order[++rows] = $2 }
      n[$1, $2]++; v[$1, $2, n[$1, $2]] = $3; if ($1 == "orrery") insns[$2] = $4 }
    function middle(p, r,    i, j, t, c) {
        c = n[p, r]
        for (i = 1; i <= c; i++)
            for (j = i + 1; j <= c; j++)
                if (v[p, r, j] < v[p, r, i]) { t = v[p, r, i]; v[p, r, i] = v[p, r, j]; v[p, r, j] = t }
        return v[p, r, int((c + 1) / 2)]
    }
    END {
        count = split(peers, peer, " ")
        printf "%-10s %8s %9s %7s %6s", "row", "orrery s", "M insns", "MIPS", "cpi"
        for (k = 2; k <= count; k++) printf " %9s %7s", peer[k] " s", "ratio"
        print ""
        for (i = 1; i <= rows; i++) {
            r = order[i]
            if (r == "peak" || r == "start") continue
            mine = middle("orrery", r)
            printf "%-10s %8.2f %9s %7s", r, mine, insns[r] ? sprintf("%.0f", insns[r] / 1e6) : "-",
                insns[r] && mine ? sprintf("%.0f", insns[r] / 1e6 / mine) : "-"
            printf " %6s", insns[r] && ghz ? sprintf("%.2f", mine * ghz * 1e9 / insns[r]) : "-"
            for (k = 2; k <= count; k++) {
                s = middle(peer[k], r)
                printf " %9.2f %7.2f", s, mine ? s / mine : 0
                if (s > 0 && mine > 0) { logs[k] += log(s / mine); used[k]++ }
            }
            print ""
        }
        printf "%-43s", "geometric mean"
        for (k = 2; k <= count; k++) printf " %9s %7.2f", "", used[k] ? exp(logs[k] / used[k]) : 0
        printf "\n%-10s %8.0f %24s", "peak MB", middle("orrery", "peak") / 1024, ""
        for (k = 2; k <= count; k++) printf " %9.0f %7s", middle(peer[k], "peak") / 1024, ""
        printf "\n%-10s %8.0f %24s", "start ms", middle("orrery", "start"), ""
        for (k = 2; k <= count; k++) printf " %9.0f %7s", middle(peer[k], "start"), ""
        print ""
    }'
