#!/bin/sh
# Seconds: 7200
# kvm-unit-tests, all of its x86_64 tests by its own runner: none fails. KVM_UNIT_TESTS names a
# checkout of it that was built there (./configure --arch=x86_64 && make); without, this is passed
# over. KUT_TESTS names single tests, KUT_JOBS how many run at a time (1), TIMEOUT the limit of each
# (900s: an interpreter on a busy host takes longer than the runner expects). What the tests said is
# left in $BUILD/guest/kvm-unit-tests. What is skipped wants nested virtualization, KVM itself, or a
# processor's feature that is not here: the table says which.
# Needs Debian's package seabios.
set -u
if [ -z "${KVM_UNIT_TESTS-}" ]; then
    echo "passed over: KVM_UNIT_TESTS does not say where a checkout of kvm-unit-tests is"
    echo "0 passed, 0 failed"
    exit 0
fi
if [ ! -e "$KVM_UNIT_TESTS/config.mak" ] || [ ! -e "$KVM_UNIT_TESTS/x86/smptest.flat" ]; then
    echo "$KVM_UNIT_TESTS is no checkout of kvm-unit-tests that was configured and built"
    exit 1
fi

out=$BUILD/guest/kvm-unit-tests
mkdir -p "$out"
program=$(readlink -f "$ORRERY")
logs=$(readlink -f "$out")/logs
(
    cd "$KVM_UNIT_TESTS" || exit 1
    # shellcheck disable=SC2086
    QEMU=$program ACCEL=tcg TIMEOUT=${TIMEOUT:-900s} unittest_log_dir=$logs \
        ./run_tests.sh -j "${KUT_JOBS:-1}" ${KUT_TESTS-}
) < /dev/null 2>&1 | sed -u 's/\x1b\[[0-9;]*m//g' > "$out/table"

# The runner keeps this one for KVM, but it asks for nothing of it; 1 is isa-debug-exit's 0.
if [ -z "${KUT_TESTS-}" ] && [ -e "$KVM_UNIT_TESTS/x86/pmu.flat" ]; then
    "$program" -nodefaults -device pc-testdev -device isa-debug-exit,iobase=0xf4,iosize=0x4 \
        -display none -serial stdio -cpu max -kernel "$KVM_UNIT_TESTS/x86/pmu.flat" \
        < /dev/null > "$logs/pmu.log" 2>&1
    [ $? -eq 1 ] && echo "PASS pmu, without the runner" || echo "FAIL pmu, without the runner"
fi >> "$out/table"

sort -k1,1 -s "$out/table"
for log in $(sed -n 's/^FAIL \([^ ]*\).*/\1/p' "$out/table"); do
    echo "-- $log"
    grep -h '^FAIL\|^Unhandled\|^orrery' "$logs/$log.log" | head -n 10
done
passed=$(grep -c '^PASS ' "$out/table")
failed=$(grep -c '^FAIL ' "$out/table")
echo "$(grep -c '^SKIP ' "$out/table") skipped"
echo "$passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
