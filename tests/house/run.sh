#!/bin/sh
# The rules of the house that a machine can keep. Prints what breaks them and
# ends with "N passed, N failed".
# Usage: CC=... SRC=... run.sh [ARCHIVE]
cd "${SRC:-.}" || exit 1
storeys='core isa bus peripherals frontends'
passed=0 failed=0

rule()
{
    title=$1
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s\n' "$output" | head -n 40
        echo "house: $title"
    fi
}

# shellcheck disable=SC2086
sources() { find $storeys tests \( -name '*.[ch]' -o -name '*.inc' \) "$@" | LC_ALL=C sort; }

layers() { sources | xargs awk -f tests/house/layers.awk; }
sizes()  { sources | xargs awk -f tests/house/sizes.awk; }

headers()
{
    # shellcheck disable=SC2086
    find $storeys tests -name '*.h' | LC_ALL=C sort | xargs -P 2 -I{} sh -c \
        "echo '#include \"{}\"' | ${CC:-cc} -std=gnu11 -Wall -Wno-unused-function -Werror \
         -I. -Iisa/x86/dispatch/thread -x c -fsyntax-only - || exit 255"
}

# Tests mirror the tree; two dispatches, or disassemblers, are one thing.
readmes()
{
    # shellcheck disable=SC2086
    bare=$(find $storeys roms tests -type d ! -path 'tests/*' ! -path '*/dispatch/*' \
           ! -path '*/disassembler/*' ! -exec test -f '{}/README' \; -print)
    [ -z "$bare" ] || { echo "no README in:" $bare; return 1; }
}

# What run.sh starts it starts by name.
runnable()
{
    idle=$(find tests/guest tests/unit -name '*.sh' ! -path '*/lib/*' ! -perm -u+x)
    [ -z "$idle" ] || { echo "may not be executed:" $idle; return 1; }
}

# In the build directory; of what make would do, only the goal it has unasked is asked.
goal()
{
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "${MAKE:-make}" -C "${1%/build/*}" -pnq 2> /dev/null |
        grep '^.DEFAULT_GOAL' | tee /dev/stderr | grep -q ' all$'
}

rule "who may include whom"                        layers
rule "sizes, columns, no conditional compilation"  sizes
rule "every header compiles alone"                 headers
rule "every directory says what belongs there"     readmes
rule "tests that are scripts can be executed"      runnable
[ -z "${1-}" ] || rule "no writable globals"       sh tests/house/globals.sh "$1"
[ -z "${1-}" ] || rule "make alone makes all"      goal "$1"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
