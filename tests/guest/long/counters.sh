#!/bin/sh
# Performance counters under Linux: perf_event_open() counts loops of known length exactly, and
# `perf stat` shows what it ran. Twice to the same state.
# Needs Debian's packages cpio, gcc, libc6-dev, linux-perf, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt perf linux-perf

tree=$media/counters
perf=$(command -v perf)
rm -rf "$tree"
mkdir -p "$tree/usr/bin"
"${CC_X86:-gcc}" -O2 -static -o "$tree/usr/bin/counters" "$SRC/tests/guest/lib/counters.c" ||
    { echo "the program does not build"; exit 1; }
cp "$perf" "$tree/usr/bin/perf"
ldd "$perf" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$tree$(dirname "$library")" && cp -L "$library" "$tree$library"
done

kernel=$(kernel cloud-amd64) &&
    initrd=$(initrd amd64 counters '/usr/bin/counters
/usr/bin/perf stat -e instructions:u,branches:u,dTLB-load-misses,dTLB-store-misses,iTLB-load-misses /usr/bin/counters
echo "-- end"
exec sh' "$tree") || { echo "no kernel"; exit 1; }
guest_twice counters -m 512 -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 quiet" \
    -nic none --expect-serial "-- end"
for line in counted instructions:u branches:u dTLB-load-misses dTLB-store-misses \
    iTLB-load-misses; do
    grep -q "$line" "$BUILD/guest/counters.log" || { failed=$((failed + 1)); echo "no $line"; }
done
! grep -q 'wrong\|not supported' "$BUILD/guest/counters.log" ||
    { failed=$((failed + 1)); echo "wrong counts"; }
finish
