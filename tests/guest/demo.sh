#!/bin/sh
# The demonstration tests the machine it runs on: from the diskette that a machine without an image
# has, and as a kernel; with one processor and four, old ones, and without PCI. Twice the same.
set -u
out=$BUILD/guest
failed=0
mkdir -p "$out"

# run NAME EXPECTED-WORDS OPTION...
run() {
    name=$1 want=$2
    shift 2
    "$ORRERY" test "$@" --state-hash > "$out/demo-$name.log" 2> "$out/demo-$name.verdict"
    status=$?
    if [ $status -ne 0 ] || ! grep -q "^PASS demo: $want checks" "$out/demo-$name.log"; then
        echo "$name: $(tail -n 1 "$out/demo-$name.verdict")"
        grep FAIL "$out/demo-$name.log"
        failed=$((failed + 1))
    fi
}

# twice NAME EXPECTED-WORDS OPTION...
twice() {
    run "$@"
    first=$(tail -n 1 "$out/demo-$1.log")
    run "$@"
    if [ "$first" != "$(tail -n 1 "$out/demo-$1.log")" ]; then
        echo "$1: another state the second time"
        failed=$((failed + 1))
    fi
}

twice pc 44
twice four 44 -smp 4
run 486 38 -cpu 486
run isapc 35 -machine isapc
run old 29 -machine isapc -cpu 486 -m 8
run kernel 44 -kernel "$BUILD/roms/demo.bin" -append selftest
[ $failed -eq 0 ]
