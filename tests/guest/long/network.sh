#!/bin/sh
# Debian's amd64 kernel moves 100 MB down and up through an E1000, an RTL8139 and an NE2000, with
# DHCP, a name and ssh through hostfwd; its 686 kernel the same through an NE2000 on the ISA bus.
# Needs the packages of ../network.sh.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/linux.sh"
. "$SRC/tests/guest/lib/network.sh"
network_needs
kernel=$(kernel amd64) &&
    initrd=$(network_initrd amd64 "$kernel" network-long e1000 mii 8139cp 8390 ne2k-pci) &&
    old=$(kernel 686) && old_initrd=$(network_initrd i386 "$old" network-isa 8390p ne) ||
    { echo "no kernel"; exit 1; }
serve "${MEGABYTES:-100}"
network_guest network-long "e1000 rtl8139 ne2k_pci" "e1000 8139cp ne2k-pci" \
    -m 512 -kernel "$kernel" -initrd "$initrd"
check_red network-long "$lib/red.txt"
# Linux cannot find out an interrupt that ACPI has, such as the card's usual 9.
network_guest network-isa ne2k_isa ne -global nic0.irq=5 -m 512 -kernel "$old" -initrd "$old_initrd"
check_red network-isa "$lib/red.txt"
finish
