#!/bin/sh
# QEMU's own tests of its x86 translation (tests/tcg: i386, x86_64 and multiarch) in a Linux guest:
# each ends and prints as on the host, float_convs and float_convd as their reference says.
# Needs Debian's packages python3 and, for 32-bit programs, libc6-dev-i386 and gcc-12-multilib, and
# a mirror for the source package; or a tree of QEMU 7.2 in QEMU_SOURCE.
# Seconds: 3600
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/strangers.sh"
need make make python3 python3 cpio cpio dpkg-deb dpkg apt-get apt
qemu=$(sources qemu "${QEMU_SOURCE-}") && [ -d "$qemu/tests/tcg" ] ||
    { echo "passed over: no sources of QEMU"; exit 0; }

# Built by their own makefile, below $media.
build()         # TARGET COMPILER
{
    dir=$media/tcg-$1
    rm -rf "$dir"
    mkdir -p "$dir"
    (cd "$dir" && make -k -f "$qemu/tests/tcg/Makefile.target" "TARGET=$1-linux-user" \
        "TARGET_NAME=$1" "SRC_PATH=$qemu" BUILD_STATIC=y SPEED=slow CROSS_CC_HAS_I386_NOPIE=y \
        "CC=$2 -w -idirafter /usr/include/x86_64-linux-gnu" all > build.log 2>&1)
    cp "$qemu/tests/tcg/$1"/float_*.ref "$dir/" 2> /dev/null
    for ref in "$dir"/float_*.ref; do
        [ ! -e "$ref" ] || mv "$ref" "${ref%.ref}.want"
    done
}

# Not run: what wants 3DNow!, which the guest's processor lacks, and what reads the kernel's vsyscall
# page, which is the kernel's affair.
not_run="test-3dnow vsyscall"

for target in x86_64 i386; do
    compiler=gcc
    [ $target = x86_64 ] || compiler=$(compiler32) ||
        { echo "passed over: no compiler for 32-bit programs"; continue; }
    build $target "$compiler"
    # SHLD and SHRD of words by more than 16 are undefined, and AMD's differ from Intel's.
    for p in test-i386 test-x86_64; do
        echo 'sed "/^sh[lr]dw .* C=[0-9a-f]*[13579bdf][1-9a-f] /d"' > "$media/tcg-$target/$p.filter"
    done
    # So are the lower bits of the reciprocal approximations.
    echo 'awk "/^ *[0-9]+ [A-Z]/ { skip = /R(CP|SQRT)[PS]S/ } !skip"' \
        > "$media/tcg-$target/test-avx.filter"
    echo 'LC_ALL=C sort' > "$media/tcg-$target/testthread.filter"    # whose turn it is, is free
    # shellcheck disable=SC2046,SC2086
    host_answers "$media/tcg-$target" $(programs "$media/tcg-$target" $not_run)
    guest_answers qemu-tcg-$target "$media/tcg-$target" -m 1024 -smp 2
done
finish
