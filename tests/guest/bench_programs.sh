#!/bin/sh
# The rows of tests/bench/system.sh, small, in Debian's kernel: each gives what it gives on the host.
# Nothing is timed.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/bench/system/guest.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt gcc gcc
[ "$(uname -m)" = x86_64 ] || { echo "the expected results are an x86-64 host's own"; exit 0; }

out=$BUILD/guest/bench
mkdir -p "$out/tree/bin"
build_rows "$out" && cp "$out/rows" "$out/tree/bin/" || { echo "the rows do not build"; exit 1; }
tools=$(package amd64 busybox-static) && kernel=$(kernel cloud-amd64) &&
    initrd=$(initrd amd64 bench-rows "$(rows_script 3)
exec sh" "$out/tree") || { echo "no kernel"; exit 1; }
expected 3 "$out" "$tools/bin/busybox" > "$out/expected" || { echo "the rows do not run here"; exit 1; }
[ "$(wc -l < "$out/expected")" -eq "$(echo "$rows" | grep -c -v '^data ')" ] ||
    { echo "a row has no result on the host"; exit 1; }

"$ORRERY" test -m 256 -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 quiet" --max-time 60 \
    --expect-serial "@ end" < /dev/null > "$out/log" 2> "$out/verdict" ||
    { tail -n 1 "$out/verdict"; exit 1; }
tr -d '\r' < "$out/log" | grep -a '^= ' | diff "$out/expected" - ||
    { echo "a row's result is another than the host's"; exit 1; }
