#!/bin/sh
# Debian's X server on bochs-drm at 1024x768 with twm and xterm, used with the PS/2 keyboard and
# mouse: what is typed reaches the window below the pointer, its title is dragged, a menu of the
# root window is opened and chosen from, a second xterm opens where the menu says; twice to the same
# state, and with four processors. The picture is left in $BUILD/guest/debian-x.png.
# Needs Debian's packages seabios, mmdebstrap, e2fsprogs, fdisk, grub-common, grub-pc-bin (without
# root: fakeroot, and fakechroot where user namespaces are forbidden), and a mirror.
set -u
. "$SRC/tests/guest/lib/guests.sh"
. "$SRC/tests/guest/lib/debian.sh"
root_needs

extra=$media/x-files
rm -rf "$extra"
mkdir -p "$extra/root" "$extra/etc/X11/xorg.conf.d"
cat > "$extra/etc/X11/xorg.conf.d/flat.conf" << 'EOF'
Section "InputClass"
    Identifier "a count is a pixel"
    MatchIsPointer "on"
    Option "AccelProfile" "flat"
    Option "AccelSpeed" "0"
EndSection
EOF
cat > "$extra/root/.twmrc" << 'EOF'
UsePPosition "on"
TitleFont "fixed"
MenuFont "fixed"
IconFont "fixed"
ResizeFont "fixed"
IconManagerFont "fixed"
Button1 = : title : f.move
Button1 = : root  : f.menu "orrery"
menu "orrery"
{
    "Orrery"    f.title
    "Say"       !"echo the menu said it > /dev/ttyS0"
    "Window"    !"xterm -geometry 60x10+500+500 -e sh -c 'echo second window > /dev/ttyS0; exec bash' &"
}
EOF
cat > "$extra/root/.xinitrc" << 'EOF'
xsetroot -solid steelblue
twm &
sleep 1
xterm -geometry 80x24+100+100 -e sh -c 'echo first window > /dev/ttyS0; exec bash' &
wait
EOF
disk=$(root_disk debian-x "console=tty0 console=ttyS0" "$extra") || { echo "no disk"; exit 1; }
script=$media/debian-x.script
login_on_serial > "$script"
cat >> "$script" << 'EOF'
type-serial export DISPLAY=:0; xinit /root/.xinitrc -- /usr/bin/X vt7 > x.log 2>&1 &\n
wait-serial first window
sleep 3
type-serial xdpyinfo | grep dimensions; xwininfo -root -tree | grep xterm\n
wait-serial 1024x768 pixels
type echo 'Typed in the window!' > /dev/ttyS0; cal; ls -l --color /\n
wait-serial Typed in the window!
EOF
move()          # DX DY TIMES: as a hand does, in steps
{
    for _ in $(seq "$3"); do
        printf 'mouse_move %d %d\nsleep 0.03\n' "$1" "$2"
    done
}
{
    # From the middle, where the pointer is born, onto the title, which is dragged.
    move -20 -55 5
    echo mouse_button 1
    echo sleep 0.3
    move 20 10 6
    echo mouse_button 0
    echo sleep 1
    printf '%s\n' 'type-serial xwininfo -root -tree | grep xterm\n' 'wait-serial +222+181'
    # Down to the root window, for its menu: a title and two words.
    move -50 55 9
    for item in 20 35; do
        echo mouse_button 1
        echo sleep 1
        move 1 $((item / 5)) 5
        echo sleep 1
        [ $item -ne 35 ] || echo screendump "$BUILD/guest/debian-x-menu.png"
        echo mouse_button 0
        move -1 -$((item / 5)) 5
        [ $item -eq 20 ] && echo wait-serial the menu said it || echo wait-serial second window
    done
    echo sleep 3
    move 50 -5 12
    printf '%s\n' 'type echo Typed in the second > /dev/ttyS0\n' 'wait-serial Typed in the second' \
        'sleep 1'
} >> "$script"
set -- -m 512 -nic none -hda "$disk" --max-time 600 --script "$script"
guest debian-x-four -smp 4 "$@"
guest_twice debian-x "$@" --screenshot-at-end "$BUILD/guest/debian-x.png"
check "the picture has 1024x768 points" test "$(od -An -tx1 -j 16 -N 8 "$BUILD/guest/debian-x.png" |
    tr -d ' ')" = 0000040000000300
[ $failed -ne 0 ] || rm -f "$disk"
finish
