#!/bin/sh
# No code is generated: Debian's cloud kernel boots to its shell where the host forbids any page that
# was written to be executed. That the host does is tried first.
# Needs Debian's packages seabios, cpio, gcc, libc6-dev, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt
need_file /usr/share/seabios/bios-256k.bin seabios
no_code=$BUILD/guest/media/no-code
"${CC:-cc}" -O2 -o "$no_code" "$SRC/tests/guest/lib/no_code.c" ||
    { echo "the filter does not build"; exit 1; }

"$no_code" > "$BUILD/guest/no-code.log" 2>&1
[ $? -eq 159 ] && passed=$((passed + 1)) ||
    { failed=$((failed + 1)); echo "the host lets pages become code"; }

kernel=$(kernel cloud-amd64) && initrd=$(shell_initrd amd64 no-code) || { echo "no kernel"; exit 1; }
"$no_code" "$ORRERY" test -m 256 -kernel "$kernel" -initrd "$initrd" -nic none \
    -append "console=ttyS0 quiet" --expect-serial "/ #" --max-time 60 \
    > "$BUILD/guest/no-code.log" 2>&1 && passed=$((passed + 1)) ||
    { failed=$((failed + 1)); tail -n 2 "$BUILD/guest/no-code.log"; }
finish
