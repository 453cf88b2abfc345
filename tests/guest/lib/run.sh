#!/bin/sh
# `make run`: Debian's cloud kernel and a busybox shell, in a window, or on this terminal where
# there is no display. Nothing is written but below $BUILD.
set -eu
. "$SRC/tests/guest/lib/guests.sh"
need cpio cpio apt-get apt dpkg-deb dpkg gzip gzip

echo "Fetching Debian's cloud kernel and busybox (once, about 30 MB) ..."
kernel=$(kernel cloud-amd64 2> "$media/fetch.log") || kernel=
[ -n "$kernel" ] && [ -e "$kernel" ] || {
    tail -n 5 "$media/fetch.log"
    echo "The kernel (package linux-image-cloud-amd64) could not be fetched: is there a network?"
    exit 1
}
initrd=$(initrd amd64 try '
echo 0 > /proc/sys/kernel/printk
cat <<EOF

This is Linux $(uname -r) on Orrery: $(grep -c ^processor /proc/cpuinfo) processor, $(awk "/MemTotal/ { print int(\$2 / 1024) }" /proc/meminfo) MB.
Type "poweroff -f" to end.

EOF
exec setsid cttyhack sh' 2> "$media/fetch.log") || {
    tail -n 5 "$media/fetch.log"
    echo "busybox (package busybox-static) could not be fetched: is there a network?"
    exit 1
}
if [ "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
    exec "$ORRERY" -name Linux -m 256 -kernel "$kernel" -initrd "$initrd" -append "quiet"
fi
echo "No display: the serial console, here. Ctrl-A x ends it."
exec "$ORRERY" -nographic -m 256 -kernel "$kernel" -initrd "$initrd" -append "quiet console=ttyS0"
