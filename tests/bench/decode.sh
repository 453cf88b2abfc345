#!/bin/bash
# Host instructions for each guest instruction that is decoded and run for the first time: half a
# megabyte of code, passed through once, less what is before it. valgrind counts them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${BUILD:-build}/bench
orrery=${ORRERY:-build/orrery}
nasm=${NASM:-nasm}
mkdir -p "$out"

for tool in "$nasm" valgrind; do
    command -v "$tool" >/dev/null || { echo "bench: decoding: no $tool"; exit 0; }
done

build() {                               # ROUNDS
    local rom=$out/decode$1.rom size
    "$nasm" -DROUNDS="$1" -f bin -o "$rom" "$here/programs/cold.asm" || exit 1
    size=$(stat -c %s "$rom")
    size=$(((size + 4096 + 65535) / 65536 * 65536 - 4096))
    truncate -s "$size" "$rom"
    "$nasm" -w-number-overflow -DPROGRAM_BYTES=$size -f bin -o "$out/start.bin" "$here/programs/start.asm" || exit 1
    cat "$out/start.bin" >> "$rom"
}

guest() {                               # ROUNDS: its instructions in all
    "$orrery" test -machine bare "$out/decode$1.rom" 2>&1 >/dev/null |
        sed -n 's/.*passed.*at instruction \([0-9]*\).*/\1/p'
}

host() {                                # ARGUMENTS: the host's
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$orrery" test -machine bare "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

build 1
build 2
one=$(guest 1) two=$(guest 2)
[ -n "$one" ] && [ -n "$two" ] || { echo "bench: decoding: the program fails"; exit 1; }
round=$((two - one))
all=$(host "$out/decode1.rom") before=$(host "$out/decode1.rom" --max-insn $((one - round)))
echo "decoding: $(((all - before) / round)) host instructions for each of $round guest instructions, run once"
