#!/bin/bash
# What a guest's memory and its processors cost the host: a kernel with busybox, started by -kernel
# to its prompt, in more and more memory and on more and more processors. The least of ROUNDS=2
# runs, whose instructions are the same. Debian's cloud kernel does not start in 64 MB; the one for
# the 686 does.
set -u
SRC=${SRC:-$(cd "$(dirname "$0")/../.." && pwd)} BUILD=${BUILD:-$PWD/build} ORRERY=${ORRERY:-$PWD/build/orrery}
. "$SRC/tests/guest/lib/guests.sh"
rounds=${ROUNDS:-2} out=$BUILD/bench/curves
mkdir -p "$out"

skip() { echo "bench: curves: $*"; exit 0; }
(need cpio cpio dpkg-deb dpkg apt-get apt) || exit 0
"${CC:-cc}" -O2 -o "$out/marks" "$SRC/tests/bench/marks.c" || exit 1

# use KERNEL-FLAVOUR ARCHITECTURE
use() { kernel=$(kernel "$1") && initrd=$(initrd "$2" curves 'exec sh') || skip "no kernel $1"; }

# What marks has written of a run: million instructions, seconds, ns for each, peak MB.
digest()
{
    sed -E 's/^([0-9.]+) .*passed \(0\) at instruction ([0-9]+),.*/end \1 \2/' "$1" |
        awk '$1 == "end" { s = $2; n = $3 } $1 == "peak" { peak = $2 }
            END { if (n) printf "%9.0f %8.2f %8.2f %9.0f\n", n / 1e6, s, s * 1e9 / n, peak / 1024 }'
}

row()           # NAME OPTION...
{
    name=$1
    shift
    : > "$out/$name"
    for _ in $(seq "$rounds"); do
        "$out/marks" ' at instruction ' sh -c 'exec "$@" 2>&1' - "$ORRERY" test -kernel "$kernel" \
            -initrd "$initrd" -append console=ttyS0 -nic none "$@" --expect-serial '/ #' \
            --max-time 60 < /dev/null > "$out/run"
        digest "$out/run" >> "$out/$name"
    done
    [ -s "$out/$name" ] || { echo "bench: curves: $name: no prompt"; tail -n 3 "$out/run"; return; }
    printf '%-16s %s\n' "$name" "$(sort -k 2n "$out/$name" | head -n 1)"
}

printf '%-16s %9s %8s %8s %9s\n' 'to the prompt' 'M insns' 'cpu s' 'ns/insn' 'peak MB'
use 686 i386
row 686-64-MB -m 64
use cloud-amd64 amd64
for m in 128 256 512 1024 2048 4096 8192 16384; do
    row "$m-MB" -m "$m"
done
for n in 1 2 4 8 16; do
    row "$n-CPU" -m 512 -smp "$n"
done
