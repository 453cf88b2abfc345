#!/bin/sh
# Valgrind's programs for its translation of amd64 and x86 (none/tests), without Valgrind, in a
# Linux guest: each ends and prints as on the host.
# Needs Debian's packages cpio, make, perl and, for 32-bit programs, libc6-dev-i386 and
# gcc-12-multilib, and a mirror for the source package; or a tree of Valgrind 3.19 in
# VALGRIND_SOURCE.
# Seconds: 3600
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/strangers.sh"
need make make perl perl cpio cpio dpkg-deb dpkg apt-get apt
valgrind=$(sources valgrind "${VALGRIND_SOURCE-}") && [ -d "$valgrind/none/tests/amd64" ] ||
    { echo "passed over: no sources of Valgrind"; exit 0; }

# Built by their own makefiles, below $media.
built=$media/valgrind
rm -rf "$built"
mkdir -p "$built"
(cd "$built" && "$valgrind/configure" > configure.log 2>&1) ||
    { echo "Valgrind does not configure: $built/configure.log"; exit 1; }

# Not run: what wants FMA4 or transactions, which the guest's processor lacks; and cpuid, whose
# subject is which processor it is.
not_run="fma4 tm1 cpuid"

for arch in amd64 x86; do
    dir=$built/none/tests/$arch
    make -k -C "$dir" check-am LDFLAGS='-static -s' TESTS= > "$built/$arch.log" 2>&1
    # shellcheck disable=SC2086
    found=$(programs "$dir" $not_run)
    [ "$found" ] || { echo "passed over: no programs for $arch, see $built/$arch.log"; continue; }
    run=$built/run-$arch
    mkdir "$run"
    # shellcheck disable=SC2086
    (cd "$dir" && cp $found "$run")
    # What is undefined, and differs: the flags of LZCNT and BEXTR but for C and Z, SHLD and SHRD of
    # words by more than 16. How far approximations are off, beyond twelve bits of each float.
    echo 'sed "/^lzcnt\|^bextr/{s/..\(.\)\(.\)$/\1\2/; s/[4-7c-f]\(.\)$/Z\1/
        s/[0-9a-f]\(.\)$/-\1/; s/[13579bdf]$/C/; s/[0-9a-f]$/-/}"' |
        tee "$run/bmi.filter" "$run/lzcnt32.filter" > "$run/lzcnt64.filter"
    echo 'awk "/left|right/ { words = \$2 == 16 } !words || \$1 % 32 <= 16"' > "$run/shrld.filter"
    echo 'sed "s/\([0-9a-f]\{3\}\)[0-9a-f]\{5\}/\1/g"' > "$run/avx_estimate_insn.filter"
    # shellcheck disable=SC2086
    host_answers "$run" $found
    guest_answers valgrind-$arch "$run" -m 1024 -smp 1
done
finish
