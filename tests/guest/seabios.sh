#!/bin/sh
# Debian's SeaBIOS (package seabios) speaks its first words on port 402h of the bare board, and on
# the whole PC comes to a boot sector without long waits: they cost the host time.
set -eu
bios=
for f in /usr/share/seabios/bios-256k.bin /usr/share/seabios/bios.bin; do
    [ -e "$f" ] && bios=$f && break
done
[ -n "$bios" ] || { echo "no SeaBIOS here (package seabios)"; exit 1; }
words=$("$ORRERY" test -machine bare "$bios" --max-time 0.1 2>/dev/null) || true
case "$words" in
*"SeaBIOS (version"*) ;;
*) echo "it said: $words"; exit 1 ;;
esac

sector=$(mktemp)
trap 'rm -f "$sector"' EXIT
{
    printf '\260\000\346\364\364'     # mov al, 0; out 0F4h, al; hlt
    head -c 505 /dev/zero
    printf '\125\252'
    head -c 1M /dev/zero
} > "$sector"
end=$("$ORRERY" test -device isa-debug-exit,iobase=0xf4 -hda "$sector" 2>&1)
count=$(echo "$end" | sed -n 's/.*passed (0) at instruction \([0-9]*\),.*/\1/p')
[ "${count:-99999999}" -lt 9000000 ] || { echo "to the boot sector: $end"; exit 1; }
