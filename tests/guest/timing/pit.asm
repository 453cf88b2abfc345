; What instructions cost, by the interval timer of the PC: each form of costs.inc is
; done ROUNDS times, channel 2 of the 8254 (datasheet, "Counter Latch Command", mode 2)
; is latched before and behind, and what a loop without the form takes is taken off.
; Each must be within one clock of the published tables. With -DPENTIUM=1 the
; time-stamp counter runs along and must say the same as the timer; a 486 has none.
;
; The processor's clock must be RATIO times the timer's. Runs on the PC as its firmware.

%include "board.inc"
%include "protected.inc"

RATIO           equ 16                  ; clocks a tick
ROUNDS          equ 256

DATA            equ SCRATCH
OPERAND         equ SCRATCH + 0x100     ; 1.0
BOUNDS          equ SCRATCH + 0x200

PIT_COUNTER2    equ 0x42
PIT_CONTROL     equ 0x43
PORT_B          equ 0x61
RATE_2          equ 0xb4                ; channel 2, two bytes, mode 2, binary
LATCH_2         equ 0x80

%macro FORM 5                           ; 486 from, to, Pentium from, to, code
    %defstr %%name %5
    [section .data]
%%text: db %%name, 0
    __?SECT?__
    mov dword [form_text], %%text
  %if PENTIUM
    mov dword [form_range], %3 | %4 << 16
  %else
    mov dword [form_range], %1 | %2 << 16
  %endif
    call start
    %5
    cld                                 ; pairs with nothing
    call again
%endmacro

    PROGRAM "pit"
    [section .data]
    align 4
form_text:      dd 0
form_range:     dd 0
form_code:      dd 0
behind:         dd 0
left:           dd 0
ticks:          dd 0                    ; where the counter stood, then what passed
stamp:          dd 0
of_nothing:     dd 0                    ; ticks
stack_was:      dd 0
forms:          dd 0
close:          dd 0
apart:          dd 0                    ; forms of which the counter and the timer differ
text_clocks:    db " clocks, not ", 0
text_to:        db " to ", 0
text_forms:     db " forms by the timer, within one clock: ", 0
text_percent:   db " in a hundred", 0
text_cycles:    db " cycles by the counter, sixteenths of them ", 0
    section .text

    ENTER_PROTECTED
    in al, PORT_B
    and al, 0xfc                        ; speaker off
    or al, 1                            ; gate of channel 2
    out PORT_B, al
    mov al, RATE_2
    out PIT_CONTROL, al
    xor al, al                          ; 65536
    out PIT_COUNTER2, al
    out PIT_COUNTER2, al
    mov dword [OPERAND], 0
    mov dword [OPERAND + 4], 0x3ff00000
    mov dword [OPERAND + 8], 0
    mov dword [BOUNDS], 0
    mov dword [BOUNDS + 4], 0x7fffffff

    call start                          ; nothing
    cld
    call again
    mov eax, [ticks]
    mov [of_nothing], eax
    mov dword [forms], 0
    mov dword [close], 0
    mov dword [apart], 0
    call all_forms

    mov eax, [forms]
    call putdec_32
    mov esi, text_forms
    call puts_32
    mov eax, [close]
    call putdec_32
    mov al, ','
    out CONSOLE, al
    mov al, ' '
    out CONSOLE, al
    imul eax, [close], 100
    xor edx, edx
    div dword [forms]
    push eax
    call putdec_32
    mov esi, text_percent
    call puts_32
    mov al, 10
    out CONSOLE, al
    pop eax
    CHECK eax, 100, "every form within one clock"
    CHECK32 [apart], 0, "the time-stamp counter and the timer agree"
    jmp finish_32

all_forms:
%include "costs.inc"
    ret

; The counter of channel 2 in EAX. Takes as long each time.
latched:
    mov al, LATCH_2
    out PIT_CONTROL, al
    in al, PIT_COUNTER2
    mov ah, al
    in al, PIT_COUNTER2
    xchg al, ah
    movzx eax, ax
    ret

; The clock begins, and the form is done for the first time.
start:
    pop dword [form_code]
    mov [stack_was], esp
    mov dword [left], ROUNDS
    call latched
    mov [ticks], eax
  %if PENTIUM
    rdtsc
    mov [stamp], eax
  %endif
; Registers, stack and the x87 unit as forms find them.
prepare:
    xor edx, edx
    mov ecx, 1
    div ecx                             ; 40 clocks each: until the x87's last result
    div ecx                             ; is there
    fninit
    fldpi
    fld1
    mov dword [DATA], 0x21
    mov esp, STACK0 - 0x80
    mov dword [esp], 2                  ; flags, for those who pop them
    mov ebx, DATA
    mov ecx, 5
    mov esi, OPERAND
    mov edi, BOUNDS
    mov ebp, STACK0 - 0x100
    mov eax, KDATA
    mov edx, 0x80
    cld
    jmp [form_code]

; Once more; or the clock stops, and the form is judged.
again:
    pop dword [behind]
    dec dword [left]
    jnz prepare
    cli
    call latched
    mov esp, [stack_was]
    sub [ticks], eax
    and dword [ticks], 0xffff
  %if PENTIUM
    rdtsc
    sub eax, [stamp]
    mov [stamp], eax
  %endif
    push dword [behind]
    inc dword [forms]
    call compare_counters
    mov eax, [ticks]
    sub eax, [of_nothing]
    imul eax, RATIO
    add eax, ROUNDS / 2
    sar eax, 8                          ; by ROUNDS
    movzx ecx, word [form_range]
    movzx ebx, word [form_range + 2]
    xor edx, edx                        ; distance
    cmp eax, ecx
    jge .not_less
    mov edx, ecx
    sub edx, eax
.not_less:
    cmp eax, ebx
    jle .not_more
    mov edx, eax
    sub edx, ebx
.not_more:
    cmp edx, 1
    ja .far
    inc dword [close]
.far:
    test edx, edx
    jz .done
    cmp dword [of_nothing], 0
    jz .done
    push ebx
    push ecx
    push eax
    mov esi, [form_text]
    call puts_32
    mov al, ':'
    out CONSOLE, al
    mov al, ' '
    out CONSOLE, al
    pop eax
    call putdec_32
    mov esi, text_clocks
    call puts_32
    pop eax
    call putdec_32
    mov esi, text_to
    call puts_32
    pop eax
    call putdec_32
    mov al, 10
    out CONSOLE, al
.done:
    ret

; Both ran from the same moment to the same; the timer has seen whole ticks only.
compare_counters:
  %if PENTIUM
    mov eax, [ticks]
    imul eax, RATIO
    sub eax, [stamp]
    cmp eax, RATIO
    jg .apart
    cmp eax, -RATIO
    jge .done
.apart:
    inc dword [apart]
    mov eax, [stamp]
    call putdec_32
    mov esi, text_cycles
    call puts_32
    mov eax, [ticks]
    call putdec_32
    mov al, 10
    out CONSOLE, al
.done:
  %endif
    ret
END_PROGRAM
