#!/bin/sh
# How a run ended is `orrery test`'s exit status, and its last words say so: each status that
# README lists, on a bare board whose ROM does one thing, and death on a PC too.
# Needs nasm and Debian's package seabios.
set -u
. "$SRC/tests/guest/lib/guests.sh"
need "${NASM:-nasm}" nasm
need_file /usr/share/seabios/bios-256k.bin seabios
out=$BUILD/guest/verdicts
mkdir -p "$out"

rom()           # NAME INSTRUCTION...: 64 KiB that begin at F0000h, and with them in the reset vector
{
    name=$1
    shift
    {
        echo 'bits 16'
        echo 'org 0'
        printf '%s\n' 'start:' "$@"
        echo 'times 0xfff0 - ($ - $$) db 0xf4'
        echo 'jmp 0xf000:start'
        echo 'times 0x10000 - ($ - $$) db 0'
    } > "$out/$name.asm"
    "${NASM:-nasm}" -f bin -o "$out/$name.rom" "$out/$name.asm" || exit 1
}

ends()          # STATUS WORDS OPTION...
{
    want=$1 words=$2
    shift 2
    "$ORRERY" test "$@" > "$out/said" 2>&1
    got=$?
    if [ $got -eq "$want" ] && grep -q "$words" "$out/said"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "test $*: $got instead of $want: $(tail -n 1 "$out/said")"
    fi
}

rom fine    'xor al, al' 'out 0xf4, al'
rom five    'mov al, 5' 'out 0xf4, al'
rom many    'mov al, 200' 'out 0xf4, al'
rom dead    'cli' 'hlt' 'jmp start'
rom waits   'sti' 'hlt' 'jmp start'
rom busy    'jmp start'
rom fault   'lidt [cs:table]' 'int3' 'table: dw 0' 'dd 0'
rom resets  'mov al, 6' 'mov dx, 0xcf9' 'out dx, al' 'mov al, 0xfe' 'out 0x64, al' 'jmp $'

diskette()      # NAME CODE: that is its boot sector
{
    truncate -s 1440K "$out/$1.img"
    printf "$2" | dd of="$out/$1.img" conv=notrunc status=none
    printf '\125\252' | dd of="$out/$1.img" bs=1 seek=510 conv=notrunc status=none
}

diskette dead  '\372\364\353\374'       # cli, hlt
diskette waits '\373\364\353\374'       # sti, hlt

ends 0   'passed (0)'          -machine bare "$out/fine.rom"
ends 5   'FAILED (5)'          -machine bare "$out/five.rom"
ends 63  'FAILED (63)'         -machine bare "$out/many.rom"
ends 64  'no-such-option'      --no-such-option
ends 65  'no-such-file'        -machine bare "$out/no-such-file"
ends 66  'TRIPLE FAULT (66)'   -machine bare "$out/fault.rom"
ends 67  'DEAD: halted.*(67)'  -machine bare "$out/dead.rom"
ends 67  'DEAD: halted.*(67)'  -machine bare "$out/waits.rom" --max-time 100
ends 67  'DEAD: halted.*(67)'  -m 16 -fda "$out/dead.img" --max-time 100
ends 67  'DEAD: halted.*(67)'  -m 16 -smp 4 -fda "$out/dead.img" --max-time 100
ends 68  'OUT OF BUDGET (68)'  -machine bare "$out/busy.rom" --max-insn 1000
ends 68  'OUT OF BUDGET (68)'  -machine bare "$out/busy.rom" --max-time 0.01
ends 68  'OUT OF BUDGET (68)'  -m 16 -fda "$out/waits.img" --max-time 20
ends 69  'OUT OF REAL TIME (69)' -machine bare "$out/busy.rom" --max-wall 0.5
ends 69  'OUT OF REAL TIME (69)' -machine bare "$out/busy.rom" --max-wall 0.5 --expect-serial never
ends 70  'EXPECTATION NOT MET (70)' -machine bare "$out/busy.rom" --max-insn 1000 --expect-serial never
ends 70  'EXPECTATION NOT MET (70)' -machine bare "$out/fine.rom" --expect-serial never
ends 74  'UNEXPECTED RESET (74)' -m 16 -no-reboot -bios "$out/resets.rom"

"$ORRERY" test -machine bare "$out/busy.rom" > "$out/said" 2>&1 &
sleep 1
kill -TERM $!
wait $!
[ $? -eq 143 ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "SIGTERM: $(tail -n 1 "$out/said")"; }
finish
