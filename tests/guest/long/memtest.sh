#!/bin/sh
# memtest86+, both builds, tests 64 MB in a full pass and finds no error; twice to the same state.
# Needs Debian's packages seabios and memtest86+.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need_file /usr/share/seabios/bios-256k.bin seabios
need_file /boot/memtest86+x64.bin memtest86+
need_file /boot/memtest86+ia32.bin memtest86+

# The clock is slow so that the minutes in which bits may fade cost little.
cat > "$media/memtest-pass.script" << 'EOF'
wait-screen Pass:  1
wait-screen Errors: 0
EOF
for build in x64 ia32; do
    guest_twice memtest-pass-$build -m 64 -global cpu0.hz=10000000 \
        -kernel /boot/memtest86+$build.bin --script "$media/memtest-pass.script" --max-time 20000
done
finish
