#!/bin/sh
# A PC that boots SeaBIOS (packages seabios) is saved and loaded at random instants, with one
# processor and with four, and does not notice.
set -eu
firmware=/usr/share/seabios/bios-256k.bin screen=/usr/share/seabios/vgabios-stdvga.bin
for f in $firmware $screen; do
    [ -e $f ] || { echo "$f is missing (package seabios)"; exit 1; }
done
"$BUILD/tests/resume" $firmware $screen --cuts 12 --step 80000 --seed "${SEED-1}"
"$BUILD/tests/resume" $firmware $screen --cuts 3 --step 100000 --cpus 4
