#!/bin/sh
# AVX under Linux: processes that take turns, on one processor and on two, and signal handlers find
# their YMM registers as they left them. Each twice to the same state.
# Needs Debian's packages cpio, gcc, libc6-dev, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt

tree=$media/ymm
rm -rf "$tree"
mkdir -p "$tree/usr/bin"
"${CC_X86:-gcc}" -O2 -static -o "$tree/usr/bin/ymm" "$SRC/tests/guest/lib/ymm.c" ||
    { echo "the program does not build"; exit 1; }

kernel=$(kernel cloud-amd64) && initrd=$(initrd amd64 ymm '/usr/bin/ymm
echo "-- end"
exec sh' "$tree") || { echo "no kernel"; exit 1; }
for processors in 1 2; do
    guest_twice ymm-$processors -smp $processors -m 256 -kernel "$kernel" -initrd "$initrd" \
        -append "console=ttyS0 quiet" -nic none --expect-serial "-- end"
    tr -d '\r' < "$BUILD/guest/ymm-$processors.log" | grep -q '^kept$' ||
        { failed=$((failed + 1)); echo "$processors processors: registers are not kept"; }
done
finish
