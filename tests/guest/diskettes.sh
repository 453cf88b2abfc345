#!/bin/sh
# Five small systems come up from their diskettes and answer, twice to the same state: FreeDOS,
# MikeOS, bootOS, OpenBSD 2.8's installer, KolibriOS. The images lie beside the project, in
# ../shared/guests; without ../shared there is nothing to test. Needs the packages seabios, xz-utils.
set -u
. "$SRC/tests/guest/lib/guests.sh"
[ -d "$SRC/../shared" ] || { echo "skipped: no ../shared here, so no diskettes"; finish; exit; }
need xz xz-utils cmp diffutils
need_file /usr/share/seabios/bios-256k.bin seabios

# diskette NAME: unpacked; prints its path
diskette()
{
    need_file "$SRC/../shared/guests/$1.xz" "none: it is part of ../shared/guests" >&2
    xz -dc "$SRC/../shared/guests/$1.xz" > "$media/$1" && echo "$media/$1"
}

# system NAME IMAGE MEGABYTES SECONDS: at 100 MHz, so that waiting costs little; the script is read here
system()
{
    image=$(diskette "$2") || { echo "$image"; failed=$((failed + 1)); return; }
    cat > "$media/$1.script"
    guest_twice "$1" -m "$3" -global cpu0.hz=100000000 -snapshot -fda "$image" \
        --script "$media/$1.script" --max-time "$4"
}

system freedos freedos722.img 32 20 << 'EOF'
wait-screen A:\>
screen-text
type ver /r\n
wait-screen DOS version 7.10
type dir /w\n
wait-screen bytes free
EOF
if ! grep -q "Kernel: allocated" "$BUILD/guest/freedos.log" ||
        grep -q "Can't disable A20" "$BUILD/guest/freedos.log"; then
    failed=$((failed + 1))
    echo "freedos: A20 cannot be disabled"
fi

system mikeos mikeos.flp 32 20 << 'EOF'
wait-screen Thanks for trying out MikeOS!
wait-screen Please select an interface
sendkey right
sendkey ret
wait-screen Commands: DIR
type dir\n
wait-screen KERNEL.BIN
EOF

system bootos bootOS-osall.img 32 20 << 'EOF'
wait-screen $
type dir\n
wait-screen invaders
wait-screen bootle
EOF

system openbsd openbsd.img 32 120 << 'EOF'
wait-screen boot>
sendkey ret
wait-screen fdc0 at isa0
wait-screen (I)nstall, (U)pgrade or (S)hell?
type S\n
wait-screen (S)hell? S
sleep 1
type echo $((6 * 7)) answered\n
wait-screen 42 answered
EOF

# The desktop, the mouse moved (far moves count twice), a game started by a click.
system kolibri kolibri.img 64 60 << EOF
wait-screen [a] Videomode
sendkey a
sleep 0.2
sendkey down
sleep 0.2
sendkey ret
wait-screen [a] Videomode: 1024x768x32
sendkey ret
wait-screen Remember current settings?
sendkey n
sleep 12
screendump $media/kolibri-1.ppm ppm
mouse_move -98 74
sleep 0.1
mouse_move -98 74
sleep 1
screendump $media/kolibri-2.ppm ppm
mouse_move -48 37
sleep 1
mouse_button 1
sleep 0.2
mouse_button 0
sleep 2
screendump $media/kolibri-3.ppm ppm
EOF

# pixel FILE X Y: red, green and blue of a picture of 1024x768
pixel() { od -An -tu1 -j $((16 + 3 * ($3 * 1024 + $2))) -N 3 "$1" | tr -s ' '; }

# picture NAME WANT GOT
picture()
{
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "kolibri: $1: $3 instead of $2"
    fi
}

for n in 1 2 3; do
    picture "size of picture $n" "P6 1024 768 255" "$(head -n 3 "$media/kolibri-$n.ppm" | tr '\n' ' ' | sed 's/ $//')"
done
white=' 255 255 255'
picture "pointer before"        "$white" "$(pixel "$media/kolibri-1.ppm" 513 388)"
picture "pointer after a move"  "$white" "$(pixel "$media/kolibri-2.ppm" 121 684)"
picture "where it had been"     ' 119 153 93' "$(pixel "$media/kolibri-2.ppm" 513 388)"
picture "a board to play on"    "$white" "$(pixel "$media/kolibri-3.ppm" 115 150)"
finish
