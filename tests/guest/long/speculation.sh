#!/bin/sh
# What an interpreter has no speculation to betray Linux does not guard at every system call: the
# kernel finds next to nothing vulnerable, clears no branch history, has no retpolines and no second
# page table. Needs Debian's package cpio, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need cpio cpio gzip gzip dpkg-deb dpkg apt-get apt

kernel=$(kernel cloud-amd64) &&
    initrd=$(initrd amd64 speculation 'mount -t sysfs none /sys 2> /dev/null
cd /sys/devices/system/cpu/vulnerabilities && grep . *
echo "-- end"
exec sh') || { echo "no kernel"; exit 1; }
guest speculation -m 256 -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 quiet" \
    -nic none --expect-serial "-- end"

# Of every processor that speculates Linux 6.1 thinks the first two, of this one's model the third.
left=$(tr -d '\r' < "$BUILD/guest/speculation.log" | grep -a '^[a-z0-9_]*:[A-Z]' |
    grep -v ':Not affected$' | grep -v '^spectre_v1:\|^spectre_v2:\|^vmscape:')
[ -z "$left" ] || { failed=$((failed + 1)); echo "$left"; }
grep -q 'spectre_v2:Mitigation: Enhanced.*BHI: BHI_DIS_S' "$BUILD/guest/speculation.log" ||
    { failed=$((failed + 1)); grep spectre_v2 "$BUILD/guest/speculation.log"; }
finish
