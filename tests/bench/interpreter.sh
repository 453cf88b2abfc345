#!/bin/bash
# The interpreter's speed on small programs that run bare on the CPU: see programs/.
#
#   ROUNDS=3            runs of each, interleaved; the median counts
#   CALLGRIND=1         host instructions per guest instruction too, by valgrind (slow)
#   PROGRAMS="sort x87" only these
#
# Where perf can count, cycles are counted; else they are user time times the clock that a chain of
# dependent multiplications shows (three cycles each on every current x86-64 core).
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${BUILD:-build}/bench
orrery=${ORRERY:-build/orrery}
rounds=${ROUNDS:-3}
integer="sieve sort hash bytecode calls chase copy sha256"
programs=${PROGRAMS:-$integer nbody packed x87 selfmod cold faults modes}
mkdir -p "$out"

gcc=${CC_X86:-$(command -v x86_64-linux-gnu-gcc || command -v gcc)}
"$gcc" -dumpmachine 2>/dev/null | grep -q '^x86_64' || { echo "bench: no x86-64 compiler (CC_X86)"; exit 0; }
command -v "${NASM:-nasm}" >/dev/null || { echo "bench: no nasm"; exit 0; }

flags="-O2 -fno-tree-vectorize -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables"
bare="-ffreestanding -fno-pic -no-pie -mcmodel=small -mno-red-zone -ffunction-sections -nostdlib -static
      -Wl,-T,$here/programs/bare.ld -Wl,--build-id=none -Wl,--oformat=binary"

build() {
    local p=$1 size
    if [ -e "$here/programs/$p.c" ]; then
        "$gcc" $flags $bare -o "$out/$p.flat" "$here/programs/$p.c" || return 1
        "$gcc" $flags -static -o "$out/$p.linux" "$here/programs/$p.c" "$here/programs/linux.c" || return 1
    else
        "${NASM:-nasm}" -f bin -o "$out/$p.flat" "$here/programs/$p.asm" || return 1
    fi
    size=$(stat -c %s "$out/$p.flat")
    size=$(((size + 4096 + 65535) / 65536 * 65536 - 4096))
    "${NASM:-nasm}" -w-number-overflow -DPROGRAM_BYTES=$size -f bin -o "$out/start.bin" "$here/programs/start.asm" || return 1
    cp "$out/$p.flat" "$out/$p.rom"
    truncate -s "$size" "$out/$p.rom"
    cat "$out/start.bin" >> "$out/$p.rom"
}

user_seconds() {
    local TIMEFORMAT=%U
    { time "$@" >"$out/stdout" 2>"$out/stderr"; } 2>&1
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

ghz=
perf=no
if perf stat -x, -e cycles:u,instructions:u true 2>&1 | grep -q '^[0-9]'; then
    perf=yes
elif [ "$(uname -m)" = x86_64 ]; then
    "$gcc" -O2 -o "$out/clock" "$here/clock.c" && ghz=$(for i in 1 2 3; do "$out/clock"; done | median)
fi
echo "clock: ${ghz:-counted by perf} GHz; rounds: $rounds; qemu-user: $(command -v qemu-x86_64 || echo not installed)"
printf '%-10s %12s %8s %8s %9s %9s %9s\n' program 'guest insns' seconds MIPS cyc/insn host/insn 'x qemu'

cycles_of_integer=
for p in $programs; do
    [ -e "$here/programs/$p.c" ] || [ -e "$here/programs/$p.asm" ] || continue
    build "$p" || { echo "$p: does not build"; exit 1; }
    : > "$out/times"; : > "$out/qemu"; : > "$out/cycles"
    for r in $(seq "$rounds"); do
        if [ $perf = yes ]; then
            perf stat -x, -o "$out/perf" -e cycles:u,instructions:u "$orrery" test -machine bare "$out/$p.rom" >"$out/stdout" 2>"$out/stderr"
            awk -F, '/cycles/ { print $1 }' "$out/perf" >> "$out/cycles"
            hosts=$(awk -F, '/instructions/ { print $1 }' "$out/perf")
        fi
        user_seconds "$orrery" test -machine bare "$out/$p.rom" >> "$out/times"
        got=$(cat "$out/stdout")
        if [ -e "$out/$p.linux" ]; then
            want=$("$out/$p.linux")
            [ "$got" = "$want" ] || { echo "$p: wrong result $got, not $want: $(cat "$out/stderr")"; exit 1; }
            command -v qemu-x86_64 >/dev/null && user_seconds qemu-x86_64 "$out/$p.linux" >> "$out/qemu"
        else
            grep -q passed "$out/stderr" || { echo "$p: $(cat "$out/stderr")"; exit 1; }
        fi
    done
    n=$("$orrery" test -machine bare "$out/$p.rom" 2>&1 >/dev/null | sed -n 's/.*at instruction \([0-9]*\).*/\1/p')
    s=$(median < "$out/times")
    c=-; h=-; q=-
    [ $perf = yes ] && c=$(median < "$out/cycles" | awk -v n="$n" '{ printf "%.2f", $1 / n }') &&
        h=$(awk -v a="$hosts" -v n="$n" 'BEGIN { printf "%.1f", a / n }')
    [ -n "$ghz" ] && c=$(awk -v s="$s" -v g="$ghz" -v n="$n" 'BEGIN { printf "%.2f", s * g * 1e9 / n }')
    if [ -n "${CALLGRIND:-}" ] && command -v valgrind >/dev/null; then
        for limit in 2000000 6000000; do
            valgrind --tool=callgrind --callgrind-out-file=/dev/null "$orrery" test -machine bare "$out/$p.rom" --max-insn $limit \
                2>&1 >/dev/null | sed -n 's/.*Collected : \([0-9]*\).*/\1/p' > "$out/ir.$limit"
        done
        h=$(awk -v a="$(cat "$out/ir.6000000")" -v b="$(cat "$out/ir.2000000")" 'BEGIN { printf "%.1f", (a - b) / 4e6 }')
    fi
    [ -s "$out/qemu" ] && q=$(median < "$out/qemu" | awk -v s="$s" '{ printf "%.2f", ($1 > 0) ? s / $1 : 0 }')
    printf '%-10s %12s %8s %8s %9s %9s %9s\n' "$p" "$n" "$s" \
        "$(awk -v n="$n" -v s="$s" 'BEGIN { printf "%.0f", (s > 0) ? n / s / 1e6 : 0 }')" "$c" "$h" "$q"
    case " $integer " in *" $p "*) cycles_of_integer="$cycles_of_integer $c" ;; esac
done
echo "$cycles_of_integer" | awk 'NF { for (i = 1; i <= NF; i++) s += log($i); printf "geometric mean of the %d integer programs: %.2f cycles per instruction\n", NF, exp(s / NF) }'
