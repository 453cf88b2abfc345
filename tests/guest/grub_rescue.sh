#!/bin/sh
# GRUB's rescue CD and diskette come to a prompt and list what is on them: twice to the same state,
# and with four processors. Needs Debian's packages seabios and grub-rescue-pc.
set -u
. "$SRC/tests/guest/lib/guests.sh"
images=/usr/lib/grub-rescue
need_file /usr/share/seabios/bios-256k.bin seabios
need_file $images/grub-rescue-cdrom.iso grub-rescue-pc

# grub_script NAME DRIVES PREFIX
grub_script()
{
    cat > "$media/$1.script" << EOF
wait-screen Use the
sendkey c
wait-screen grub>
type ls\\n
wait-screen $2
type echo \$prefix\\n
wait-screen $3
type ls \$prefix\\n
wait-screen grub.cfg
wait-screen i386-pc/
EOF
    echo "$media/$1.script"
}

# The clock is slow so that waiting at the menu, for keys, costs little.
slow='-m 64 -global cpu0.hz=20000000 --max-time 40'
cd=$(grub_script rescue-cd '(cd) (cd,msdos1)' '(hd96)/boot/grub')
diskette=$(grub_script rescue-diskette '(fd0)' '(fd0)/boot/grub')
guest_twice rescue-cd $slow -cdrom $images/grub-rescue-cdrom.iso --script "$cd"
guest_twice rescue-diskette $slow -snapshot -fda $images/grub-rescue-floppy.img --script "$diskette"
guest rescue-four $slow -smp 4 -cdrom $images/grub-rescue-cdrom.iso --script "$cd"
finish
