#!/bin/sh
# The window, as a person uses it: keys arrive once, none sticks when the focus goes, text is pasted,
# pictures are saved, sizes change, the menu is used, a diskette is dropped and booted, an idle guest
# costs little, and the close key ends it.
# Needs Debian's packages seabios, xvfb, xdotool, imagemagick, xclip, libx11-dev.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need Xvfb xvfb xdotool xdotool import imagemagick xclip xclip
need_file /usr/share/seabios/bios-256k.bin seabios
"$ORRERY" -display help | grep -q '^sdl' || { echo "this build has no window (libsdl2-dev)"; exit 1; }
out=$BUILD/guest/window
rm -rf "$out"
mkdir -p "$out"
pids=
trap 'for pid in $pids; do kill "$pid"; done 2> /dev/null' EXIT

"${CC:-cc}" -o "$out/drop" "$SRC/tests/guest/window/drop.c" -lX11 || exit 1
"$NASM" -f bin -o "$out/keys.img" "$SRC/tests/guest/window/keys.asm" && truncate -s 1440K "$out/keys.img" || exit 1
LC_ALL=C sed 's/READY/OTHER/' "$out/keys.img" > "$out/other.img"
Xvfb -displayfd 3 -screen 0 1280x1024x24 3> "$out/display" 2> "$out/xvfb.log" &
pids="$pids $!"

# within SECONDS COMMAND...: tried until it succeeds
within()
{
    tries=$(($1 * 5))
    shift
    until "$@" > /dev/null 2>&1; do
        [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.2
    done
}

# check NAME COMMAND...
check()
{
    name=$1
    shift
    if "$@" > "$out/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: $(tail -n 1 "$out/said")"
    fi
}

within 20 test -s "$out/display" || { echo "no Xvfb"; exit 1; }
DISPLAY=:$(cat "$out/display") SDL_VIDEODRIVER=x11 SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE=$out/sound
export DISPLAY SDL_VIDEODRIVER SDL_AUDIODRIVER SDL_DISKAUDIOFILE
unset WAYLAND_DISPLAY
cd "$out" || exit 1
"$ORRERY" -m 16 -fda keys.img -nic none -serial file:serial > log 2>&1 &
orrery=$!
pids="$orrery $pids"

forget()    { skip=$(wc -c < serial); }
new()       { tail -c +$((skip + 1)) serial | tr -d ' \r\n'; }
arrives()   { [ "$(new)" = "$1" ] || { new; false; }; }
window()    { xdotool search --name Orrery 2> /dev/null | head -n 1; }
title()     { xdotool getwindowname "$(window)" | grep "$1"; }
size()      { xdotool getwindowgeometry "$(window)" | grep "Geometry: $1"; }
ticks()     { awk '{ print $14 + $15 }' "/proc/$orrery/stat"; }

check "boots" within 60 grep -q READY serial
check "has a window of the picture's size" within 5 size 720x400
# Drivers of real graphics hardware do as they like.
ls /dev/dri/renderD* /dev/nvidiactl /dev/dxg > /dev/null 2>&1 ||
    check "no page is both written and executed" sh -c "! grep ' .wx' /proc/$orrery/maps"
xdotool windowfocus "$(window)"
sleep 1

forget
xdotool type --delay 60 'aB~'
check "keys arrive once, with Shift" within 20 arrives 1E613042297E

forget
xdotool keydown x
sleep 3
xdotool keyup x
held=$(new | sed 's/2D78//g')
check "a held key repeats as the guest's keyboard does" test -z "$held" -a "$(new | wc -c)" -gt 12

# The root window gets the focus while Shift is down; its release is never heard here.
forget
xdotool keydown Shift_L
sleep 0.5
xdotool search --maxdepth 0 '.*' windowfocus 2> /dev/null
sleep 0.5
xdotool keyup Shift_L
xdotool windowfocus "$(window)"
sleep 0.5
xdotool type --delay 60 'a'
check "no key sticks when the focus goes" within 20 arrives 1E61

forget
printf 'To: {x}\n' | xclip -selection clipboard 2> /dev/null
xdotool key ctrl+alt+v
check "text is pasted as keys" within 20 arrives 1454186F273A39201A7B2D781B7D1C0D

xdotool mousemove --window "$(window)" 100 100 click 1
check "a click takes the mouse, and the title says how to get it back" within 5 title 'Ctrl+Alt+G releases'
xdotool key ctrl+alt+g
sleep 1
check "the key gives it back" sh -c "! xdotool getwindowname $(window) | grep releases"

xdotool key ctrl+alt+c
check "a picture is saved" within 10 sh -c 'identify orrery-*.png | grep 720x400'
xdotool key ctrl+alt+s
check "smooth scaling has a monitor's shape" within 5 size 720x540
xdotool key ctrl+alt+s
check "and back" within 5 size 720x400
xdotool windowsize "$(window)" 900 700
sleep 1
check "a larger window shows the picture in its middle" sh -c \
    "import -window $(window) large.png && identify large.png | grep 900x700 &&
     convert large.png -crop 720x400+90+150 -unique-colors txt:- | tail -n +3 | grep AAAAAA"
check "a speaker is heard" within 10 test -s sound

# The menu is the last window to come; its eight buttons are side by side, above its lower edge.
menu()      { xdotool search --onlyvisible --maxdepth 1 --class '.*' 2> /dev/null | grep -v "^$main$" | sed 1d; }
opens()     { [ "$(menu)" ]; }
closes()    { [ -z "$(menu)" ]; }
press()     # N: the Nth button
{
    eval "$(xdotool getwindowgeometry --shell "$(menu)")"
    xdotool mousemove --window "$(menu)" $((WIDTH * (2 * $1 - 1) / 16)) $((HEIGHT * 4 / 5)) click 1
}
main=$(window)
xdotool key ctrl+alt+m
check "the menu opens" within 5 opens
press 4
check "and is chosen from" within 10 sh -c '[ "$(ls orrery-*.png | wc -l)" = 2 ]'
xdotool windowfocus "$main" key ctrl+alt+m
within 5 opens
xdotool windowfocus "$(menu)" key Escape
check "Escape closes it" within 5 closes
xdotool windowfocus "$main"
sleep 0.5
forget
xdotool type --delay 60 'b'
check "and the guest goes on" within 20 arrives 3062

check "a diskette may be dropped" timeout 20 ./drop "$main" "$out/other.img"
check "into its drive" within 5 title 'other.img is in fda'
timeout 20 ./drop "$main" "$out/log"
check "another file may not" within 5 title 'log: .*CDs and diskettes can be changed'

before=$(ticks)
sleep 5
after=$(ticks)
check "an idle guest costs less than 5 % of a core" test $((after - before)) -lt 25

forget
xdotool key ctrl+alt+r
check "the reset key resets, and what was dropped boots" within 60 grep -q OTHER serial
xdotool key ctrl+alt+m
within 5 opens
press 5
check "the menu ejects" within 5 title 'is empty'
xdotool windowfocus "$main"
xdotool key ctrl+alt+q
check "the key for it ends the run" within 10 sh -c "! kill -0 $orrery"
wait "$orrery"
status=$?
grep -v "SDL disk i/o\|Writing to file" log > complaints
check "without complaint" test $status -eq 0 -a ! -s complaints

SDL_VIDEODRIVER=dummy "$ORRERY" -m 16 -fda keys.img -nic none -display sdl -max-wall 1 > dummy.log 2>&1
check "a host without a screen can be asked for one" test $? -ne 1
unset DISPLAY SDL_VIDEODRIVER
"$ORRERY" -m 16 -fda keys.img -nic none -max-time 1 -pace free < /dev/null > nothing.log 2>&1
check "without any display the serial line is on the terminal" grep -q READY nothing.log
finish
