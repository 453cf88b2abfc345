#!/bin/sh
# xv6's usertests on 1 to 4 processors, by its own `make qemu-nox QEMU=orrery`, typed at its shell.
# XV6 is a checkout of mit-pdos/xv6-public, XV6_64 one of jserv/xv6-x86_64 (64-bit): what is not
# named is passed over. XV6_CPUS names other numbers of processors. The 32-bit one finds them in
# the MP table, which has the first of each package: it is given as many sockets. Nothing of them
# is changed: they are built in a copy, without their -Werror, which the compilers of today are too
# strict for. The 32-bit kernel may lock itself up on several processors, in linkunlink mostly
# (mit-pdos/xv6-public, pull request 120: unlink and create put the directory while they hold the
# file, link takes them the other way round). Then two processes sleep on each other's inode, and
# all processors stand in scheduler(): try again, or give it a checkout with that mended.
# Seconds: 7200
set -u
. "$SRC/tests/guest/lib/guests.sh"
need make make perl perl ld binutils
bin=$media/xv6-bin
mkdir -p "$bin"
ln -sf "$ORRERY" "$bin/orrery"

# A compiler that makes 32-bit programs, as xv6's TOOLPREFIX.
prefix()
{
    for p in "" i686-linux-gnu-; do
        echo 'int main(void) { return 0; }' |
            "${p}gcc" -m32 -nostdlib -x c -c -o "$media/xv6-try.o" - 2> "$media/xv6-try.log" &&
            echo "$p" && return
    done
    return 1
}

# Until the log says TEXT; no longer than the run or half an hour (idle processors of the 32-bit one
# spin, and take their share).
said()          # TEXT LOG PROCESS
{
    seconds=0
    while ! grep -a -q "$1" "$2"; do
        [ $seconds -lt 1800 ] && kill -0 "$3" 2> /dev/null || return 1
        sleep 1
        seconds=$((seconds + 1))
    done
}

# The tests of what lies in DIRECTORY.
usertests()     # NAME DIRECTORY PROCESSORS SMP WORD...
{
    name=$1 tree=$2 count=$3 smp=$4 log=$BUILD/guest/$1.log fifo=$media/$1.fifo
    shift 4
    rm -f "$fifo" "$log" "$tree/fs.img"         # the tests run once on a file system
    mkfifo "$fifo"
    : > "$log"
    PATH=$bin:$PATH make -s -C "$tree" "$@" qemu-nox QEMU=orrery "CPUS=$smp" \
        < "$fifo" > "$log" 2>&1 &
    process=$!
    exec 3> "$fifo"
    said "init: starting sh" "$log" $process && echo usertests >&3 &&
        said "ALL TESTS PASSED" "$log" $process
    verdict=$?
    printf '\001x' >&3
    exec 3>&-
    wait $process
    started=$(tr -d '\r' < "$log" | grep -a -c '^cpu[0-9]*: starting *[0-9]*$')
    if [ $verdict -eq 0 ] && [ "$started" -eq "$count" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: $started processors; $(tail -n 3 "$log")"
    fi
}

copy()          # FROM NAME
{
    rm -rf "${media:?}/$2"
    cp -R "$1" "$media/$2"
    rm -rf "$media/$2/.git"
}

[ "${XV6-}${XV6_64-}" ] || {
    echo "passed over: XV6 names no checkout of mit-pdos/xv6-public, nor XV6_64 of jserv/xv6-x86_64"
    exit 0
}
if [ "${XV6-}" ]; then
    prefix=$(prefix) || { echo "this test needs Debian's packages: gcc-multilib"; exit 1; }
    copy "$XV6" xv6-32
    for n in ${XV6_CPUS-1 2 3 4}; do
        usertests xv6-32-$n "$media/xv6-32" $n $n,sockets=$n TOOLPREFIX="$prefix" CC="${prefix}gcc -w"
    done
else
    echo "passed over: XV6 names no checkout of mit-pdos/xv6-public"
fi
if [ "${XV6_64-}" ]; then
    copy "$XV6_64" xv6-64
    for n in ${XV6_CPUS-1 2 3 4}; do
        # Its file system is too small for programs with their debugging information.
        usertests xv6-64-$n "$media/xv6-64" $n $n CC='gcc -w' HOST_CC='gcc -w' LD='ld -S'
    done
else
    echo "passed over: XV6_64 names no checkout of jserv/xv6-x86_64"
fi
finish
