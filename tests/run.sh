#!/bin/sh
# Runs test programs and scripts, two at a time, each with a time limit (TEST_SECONDS, else what
# a script says in its second line, "# Seconds: N", else 300); prints what failed and ends with
# "N passed, N failed".
# Usage: run.sh LOGDIR PROGRAM...
# A program of Criterion is as many tests as it says; so is one whose last line is
# "N passed, N failed"; any other is one test, passed by exit status 0.
logs=$1
shift
[ $# -gt 0 ] || { echo "0 passed, 0 failed"; exit 0; }
rm -rf "$logs"
mkdir -p "$logs"
# What the host refuses is NULL, under sanitizers too.
export ASAN_OPTIONS="${ASAN_OPTIONS-allocator_may_return_null=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-print_stacktrace=1}"

one='
    log=$0/$(echo "$1" | tr / _)
    start=$(date +%s)
    limit=$(head -n 2 "$1" | LC_ALL=C sed -n "s/^# Seconds: //p")
    timeout -k 5 "${TEST_SECONDS:-${limit:-300}}" "$1" > "$log" 2>&1
    status=$?
    summary=$(sed -n "s/.*Tested: *\([0-9]*\).*Passing: *\([0-9]*\).*/\1 \2/p" "$log" | tail -n 1)
    [ "$summary" ] || summary=$(tail -n 1 "$log" |
        sed -n "s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p" | awk "{ print \$1 + \$2, \$1 }")
    set -- "$1" ${summary:-1 $((status == 0))}
    tested=$2 passed=$3
    [ $status -eq 0 ] || [ "$passed" -lt "$tested" ] || tested=$((tested + 1))
    # A leak is found after the test has passed.
    [ "$passed" -lt "$tested" ] || ! grep -q "ERROR: .*Sanitizer\|runtime error:" "$log" ||
        tested=$((tested + 1))
    echo "$passed $((tested - passed))" > "$log.result"
    printf "%4d passed, %d failed  %3d s  %s\n" "$passed" $((tested - passed)) \
        $(($(date +%s) - start)) "$1"
    [ $status -eq 0 ] && [ "$passed" -eq "$tested" ] || {
        [ $status -ne 124 ] || echo "$1: out of time"
        tail -n 60 "$log"
    }
'
printf '%s\n' "$@" | xargs -P 2 -I{} sh -c "$one" "$logs" {}
cat "$logs"/*.result |
    awk '{ p += $1; f += $2 } END { print p + 0 " passed, " f + 0 " failed"; exit f > 0 }'
