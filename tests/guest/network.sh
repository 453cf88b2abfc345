#!/bin/sh
# Debian's kernel uses an E1000, an RTL8139 and an NE2000: an address by DHCP, a name, 2 MB from a
# server on the loopback and back with equal checksums, ssh from outside through hostfwd.
# Needs Debian's packages seabios, cpio, openssh-client, and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
. "$SRC/tests/guest/lib/network.sh"
network_needs
kernel=$(kernel amd64) &&
    initrd=$(network_initrd amd64 "$kernel" network e1000 mii 8139cp 8390 ne2k-pci) ||
    { echo "no kernel"; exit 1; }
serve 2
network_guest network "e1000 rtl8139 ne2k_pci" "e1000 8139cp ne2k-pci" \
    -m 512 -kernel "$kernel" -initrd "$initrd"
check_red network "$lib/red.txt"
finish
