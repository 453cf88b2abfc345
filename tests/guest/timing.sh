#!/bin/sh
# The costs of instructions by the PC's interval timer, with each timing model; on the Pentium the
# time-stamp counter says the same. With other costs, or a clock that is not what it says, it fails.
set -u
out=$BUILD/guest
failed=0
mkdir -p "$out"

# NAME WANT PENTIUM OPTIONS...: the verdict must be 0 (WANT is pass) or that of a check.
measure() {
    name=$1 want=$2 pentium=$3
    shift 3
    "${NASM:-nasm}" -f bin -DPENTIUM="$pentium" -I "$SRC/tests/guest/asm/lib/" -o "$out/pit_$name.bin" \
        "$SRC/tests/guest/timing/pit.asm" || exit 1
    "$ORRERY" test -machine pc -m 16 -bios "$out/pit_$name.bin" "$@" --max-time 20 --state-hash \
        > "$out/pit_$name.log" 2> "$out/pit_$name.verdict"
    status=$?
    if [ "$want" = pass ]; then
        echo "$name: $(grep 'by the timer' "$out/pit_$name.log")"
        "$ORRERY" test -machine pc -m 16 -bios "$out/pit_$name.bin" "$@" --max-time 20 --state-hash \
            --one-insn > "$out/pit_$name.steps" 2>&1
        [ $status -eq 0 ] && [ "$(tail -n 1 "$out/pit_$name.log")" = \
            "$(grep -v '^orrery:' "$out/pit_$name.steps" | tail -n 1)" ] && return
    elif [ $status -ge 1 ] && [ $status -le 63 ] && grep -q "^FAIL.*$want" "$out/pit_$name.log"; then
        return
    fi
    echo "$name: $(cat "$out/pit_$name.verdict")"
    grep 'clocks, not\|FAIL' "$out/pit_$name.log" | head -n 20
    failed=1
}

measure 486 pass 0 -cpu 486 --timing 486 --global cpu0.hz=19090912
measure pentium pass 1 -cpu pentium --timing pentium --global cpu0.hz=19090912
measure fixed 'form within one clock' 0 -cpu 486 --timing fixed --global cpu0.hz=19090912
measure skewed 'timer agree' 1 -cpu pentium --timing pentium --global cpu0.hz=19190912
exit $failed
