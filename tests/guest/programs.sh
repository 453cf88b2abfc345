#!/bin/sh
# Every program of asm/ passes, and ends in the same state when it is run one instruction at a time.
set -u
out=$BUILD/guest
passed=0 failed=0
mkdir -p "$out"
for source in "$SRC"/tests/guest/asm/*.asm; do
    name=$(basename "$source" .asm)
    if ! "${NASM:-nasm}" -f bin -I "$SRC/tests/guest/asm/lib/" -I "$SRC/tests/guest/asm/" -o "$out/$name.bin" "$source"; then
        failed=$((failed + 1))
        continue
    fi
    options=$(sed -n 's/^; orrery: //p' "$source")
    "$ORRERY" test -machine bare "$out/$name.bin" $options --max-time 2 --state-hash > "$out/$name.log" 2> "$out/$name.verdict"
    status=$?
    "$ORRERY" test -machine bare "$out/$name.bin" $options --max-time 2 --state-hash --one-insn > "$out/$name.steps" 2>&1
    if [ $status -ne 0 ]; then
        echo "$name: $(cat "$out/$name.verdict")"
        grep FAIL "$out/$name.log"
        failed=$((failed + 1))
    elif [ "$(tail -n 1 "$out/$name.log")" != "$(grep -v '^orrery:' "$out/$name.steps" | tail -n 1)" ]; then
        echo "$name: another state when run one instruction at a time"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
