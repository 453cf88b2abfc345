#!/bin/sh
# A Debian root disk boots by GRUB to a login on the serial line and on the screen. Files are
# written there and synced; then, while more is being written, the emulator is killed (SIGKILL).
# The next boot replays the journal: the file system is clean and the files complete, twice to the
# same state, with four processors too; and so says e2fsck on the host.
# Needs Debian's packages seabios, mmdebstrap, e2fsprogs, fdisk, grub-common, grub-pc-bin (without
# root: fakeroot, and fakechroot where user namespaces are forbidden), and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/debian.sh"
root_needs

disk=$(root_disk debian-root "nomodeset console=tty0 console=ttyS0") || { echo "no disk"; exit 1; }
serial=$BUILD/guest/debian-root.serial
script=$media/debian-root.script

login_on_serial > "$script"
cat >> "$script" << 'EOF'
sendkey alt-f1
wait-screen orrery login:
type root\n
wait-screen Password:
type orrery\n
wait-screen root@orrery:~#
type echo typed on the screen > screen; cat screen | tr a-z A-Z\n
wait-screen TYPED ON THE SCREEN
type-serial mkdir files; seq 300000 > files/numbers; cp -a /etc /usr/sbin files/\n
type-serial find files screen -type f -print0 | sort -z | xargs -0 sha256sum > sums; sync; echo syn''ced\n
wait-serial synced
type-serial n=0; while :; do n=$((n+1)); cp -a files busy$n; rm -rf busy$((n-2)); echo rou''nd $n; done\n
EOF

# The script's end would be the run's.
echo wait-serial round 1000 >> "$script"

# Kept, therefore not by `test`; the seventh round is begun when it dies.
rm -f "$serial"
"$ORRERY" run -m 512 -display none -monitor none -pace free -max-time 600 -nic none -hda "$disk" \
    -serial "file:$serial" -script "$script" > "$BUILD/guest/debian-root-first.log" 2>&1 &
emulator=$!
while ! grep -q "^round 6" "$serial" 2> /dev/null && kill -0 $emulator 2> /dev/null; do
    sleep 1
done
kill -KILL $emulator 2> /dev/null
wait $emulator 2> /dev/null
check "it logs in, writes and syncs" grep -q "^round 6" "$serial"
PATH=$PATH:/sbin:/usr/sbin
dumpe2fs -h "$disk?offset=1048576" > "$BUILD/guest/debian-root.super" 2>&1
check "it is killed in the middle" grep -q needs_recovery "$BUILD/guest/debian-root.super"

login_on_serial > "$script"
cat >> "$script" << 'EOF'
type-serial dmesg | grep EXT4; journalctl -b -o cat -u systemd-fsck-root\n
wait-serial recovery complete
wait-serial /dev/sda1: clean
type-serial sha256sum -c --quiet sums && echo comp''lete; wc -l files/numbers; cat screen\n
wait-serial complete
wait-serial 300000 files/numbers
wait-serial typed on the screen
type-serial findmnt -no OPTIONS /\n
wait-serial rw,
EOF
set -- -m 512 -nic none -hda "$disk" --max-time 600 --script "$script"
guest_twice debian-root-again "$@"
guest debian-root-four -smp 4 "$@"

# By the host too; of a copy, for it cannot replay a journal at an offset.
dd if="$disk" of="$disk.part" bs=1M skip=1 conv=sparse status=none
e2fsck -p "$disk.part" > "$BUILD/guest/debian-root.e2fsck" 2>&1
check "its journal is replayed" [ $? -le 1 ]
check "its file system has no error" e2fsck -fn "$disk.part"
rm -f "$disk.part"
[ $failed -ne 0 ] || rm -f "$disk"
finish
