#!/bin/sh
# memtest86+, both builds, finds its machine and goes through its first tests without an error:
# twice to the same state; with four processors it uses all. (long/memtest.sh is a full pass.)
# Needs Debian's packages seabios and memtest86+.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need_file /usr/share/seabios/bios-256k.bin seabios
need_file /boot/memtest86+x64.bin memtest86+
need_file /boot/memtest86+ia32.bin memtest86+

# The clock is slow so that the program's waiting costs little.
cat > "$media/memtest.script" << 'EOF'
wait-screen Test #2
wait-screen Errors: 0
wait-screen 64MB SDRAM
EOF
cat > "$media/memtest-four.script" << 'EOF'
wait-screen Test #2
wait-screen 4 Cores 4 Threads
wait-screen Errors: 0
EOF
for build in x64 ia32; do
    guest_twice memtest-$build -m 64 -global cpu0.hz=20000000 -kernel /boot/memtest86+$build.bin \
        --script "$media/memtest.script" --max-time 300
done
guest_twice memtest-four -m 64 -smp 4 -kernel /boot/memtest86+x64.bin \
    -global cpu0.hz=20000000 -global cpu1.hz=20000000 -global cpu2.hz=20000000 -global cpu3.hz=20000000 \
    --script "$media/memtest-four.script" --max-time 300
finish
