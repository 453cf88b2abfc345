#!/bin/sh
# Debian's SeaBIOS (package seabios) speaks its first words on port 402h of the bare board.
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
