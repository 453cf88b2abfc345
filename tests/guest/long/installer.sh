#!/bin/sh
# Debian's installer for amd64 and i386, in its text and its graphical variant, is answered with
# the keyboard and, in the latter, with the mouse, until it asks for the hostname: it has then
# been given an address by DHCP through the E1000. A shell on the second console says which. Each
# twice to the same state, and as text with four processors. VARIANTS names some of them only.
# The pictures are left in $BUILD/guest/installer-*.png.
# Needs Debian's package seabios and a mirror (for debian-installer-12-netboot-amd64 and -i386).
set -u
. "$SRC/tests/guest/lib/guests.sh"
need apt-get apt dpkg-deb dpkg
need_file /usr/share/seabios/bios-256k.bin seabios

# A shell on the second console, and what DHCP gave.
address()
{
    cat << 'EOF'
type ip -4 addr > /dev/ttyS0\n
wait-serial inet 10.0.2.15/24
type cat /etc/resolv.conf > /dev/ttyS0\n
wait-serial nameserver 10.0.2.3
EOF
}

# In VGA text mode, where what is asked can be read: language, location, keyboard.
text_script()
{
    for question in "Select a language" "Select your location" "Configure the keyboard"; do
        printf '%s\n' "wait-screen $question" "sleep 1" "sendkey ret"
    done
    cat << 'EOF'
wait-screen hostname for this system
sleep 1
screen-text
sendkey alt-f2
wait-screen Please press Enter
sendkey ret
wait-screen ~ #
EOF
    address
    printf '%s\n' 'sendkey alt-f1' 'wait-screen hostname for this system' 'sleep 1'
}

# In the frame buffer what is asked cannot be read: a shell tells the installer's log.
graphical_script()      # PICTURE
{
    cat << 'EOF'
sleep 20
sendkey ctrl-alt-f2
sleep 2
sendkey ret
sleep 1
type tail -n 50 -f /var/log/syslog > /dev/ttyS0 &\n
wait-serial Menu item 'localechooser' selected
sendkey alt-f5
sleep 5
EOF
    # Into the corner, whatever it was; from there to "Continue".
    for _ in 1 2 3 4 5 6 7 8; do
        printf '%s\n' 'mouse_move 127 127' 'sleep 0.1'
    done
    printf '%s\n' 'mouse_move -40 -15' 'sleep 1' 'mouse_button 1' 'sleep 0.2' 'mouse_button 0' \
        'sleep 4' "screendump $1-location.png"
    # The location, by the keyboard; what is said then is which keyboard; by the mouse again.
    printf '%s\n' 'sendkey ret' 'sleep 6' "screendump $1-keyboard.png" 'mouse_button 1' 'sleep 0.2' \
        'mouse_button 0' "wait-serial Menu item 'netcfg' selected" 'wait-serial Got IP 10.0.2.15' \
        'sleep 8' "screendump $1.png" 'sendkey ctrl-alt-f2' 'sleep 2'
    address
}

installer()     # ARCHITECTURE VARIANT MEGABYTES COMMAND-LINE [PROCESSORS]
{
    name=installer-$1-$2${5+-smp} how=guest_twice
    [ $# -eq 4 ] || how=guest
    case " ${VARIANTS-$name} " in *" $name "*) ;; *) return ;; esac
    files=$(package amd64 "debian-installer-12-netboot-$1") || { echo "no installer"; exit 1; }
    files=$files/usr/lib/debian-installer/images/12/$1/$2/debian-installer/$1
    "$([ "$2" = text ] && echo text_script || echo graphical_script)" "$BUILD/guest/$name" \
        > "$media/$name.script"
    # The name comes by DHCP too, so that no name server of the host is asked.
    $how "$name" -m "$3" -smp "${5-1}" -kernel "$files/linux" -initrd "$files/initrd.gz" \
        -append "$4" -nic user,model=e1000,hostname=orrery --max-time 900 \
        --script "$media/$name.script" --screenshot-at-end "$BUILD/guest/$name-end.png" \
        --report "$BUILD/guest/$name.json"
}

# In 512 MB the 64-bit one says that memory is low first, and the graphical ones do not fit (their
# initrd alone is a quarter of a gigabyte).
installer i386 text 512 "nomodeset vga=normal fb=false"
installer amd64 text 1024 "nomodeset vga=normal fb=false"
installer amd64 text 1024 "nomodeset vga=normal fb=false" 4
installer i386 gtk 1024 "vga=788"
installer amd64 gtk 1024 "vga=788"
finish
