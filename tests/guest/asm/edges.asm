; The edge of canonical addresses, where four levels of paging are in use: code that runs over
; it, branches beyond it, accesses that reach across it; which exception, where
; RIP points, and what registers are then.
;
; SDM 1 3.3.7.1; 2 of each instruction, "64-Bit Mode Exceptions"; 3A 6.14.2, 6.14.4.

%include "board.inc"
%include "long.inc"
%include "long_far.inc"
PROGRAM "edges"
    ENTER_LONG
    call map_edges
    call fetches
    call branches
    call returns
    call system_returns
    call accesses
    call stacks
    call strings
    call interrupts
    call tables
    jmp finish_64

LAST            equ 0x00007fffffffffff  ; of the lower half
BEYOND          equ LAST + 1
FIRST           equ 0xffff800000000000  ; of the upper half
FRAME           equ HIGH                ; behind the last page of the lower half
FRAME_UP        equ HIGH + 0x1000       ; behind the first of the upper half
PDPT_LOW        equ MORE_TABLES
PD_LOW          equ MORE_TABLES + 0x1000
PT_LOW          equ MORE_TABLES + 0x2000
PDPT_UP         equ MORE_TABLES + 0x3000
PD_UP           equ MORE_TABLES + 0x4000
PT_UP           equ MORE_TABLES + 0x5000

map_edges:
    mov dword [PML4 + 255*8], PDPT_LOW | 7
    mov dword [PDPT_LOW + 511*8], PD_LOW | 7
    mov dword [PD_LOW + 511*8], PT_LOW | 7
    mov dword [PT_LOW + 511*8], FRAME | 7
    mov dword [PML4 + 256*8], PDPT_UP | 7
    mov dword [PDPT_UP], PD_UP | 7
    mov dword [PD_UP], PT_UP | 7
    mov dword [PT_UP], FRAME_UP | 7
    ret

; Bytes that end n before the edge, or begin the upper half.
%macro LAST_BYTES 1+
    PLACE_BYTES FRAME + 0x1000, %1
%endmacro
%macro PLACE_BYTES 2+
    jmp %%past
%%bytes: db %2
%%past:
    mov esi, %%bytes
    mov edi, %1 - (%%past - %%bytes)
    mov ecx, %%past - %%bytes
    rep movsb
%endmacro

; Goes to a place that is known to end in an exception there or later; RIP is compared whole.
;   BRANCH_AT "name", vector, error, where, RIP that is pushed
%macro BRANCH_AT 5.nolist
    mov rbx, %4
    AWAIT 0, %%after
    mov dword [abs resume.home], 1      ; RIP may end in zeros
    jmp rbx
%%after:
    REWIND
    mov dword [abs resume.eip], 0
    mov rax, [abs fault.eip]
    mov [abs fault.at], eax             ; its lower half is judged with the rest
    JUDGE %1, %2, %3, 0
    %strcat %%name %1, ": RIP"
    CHECK [abs fault.eip], %5, %%name
%endmacro

; ---- Fetching ----

fetches:
    LAST_BYTES 0x90
    BRANCH_AT "nop before the edge: #GP behind it", GP_, 0, LAST, BEYOND
    LAST_BYTES 0xf3
    BRANCH_AT "a prefix before the edge", GP_, 0, LAST, LAST
    LAST_BYTES 0x90, 0x0f
    BRANCH_AT "half an opcode before the edge", GP_, 0, LAST - 1, LAST
    LAST_BYTES 0xb8, 1, 2, 3
    BRANCH_AT "an immediate across the edge", GP_, 0, LAST - 3, LAST - 3
    LAST_BYTES 0x0f, 0x0b
    BRANCH_AT "ud2 before the edge", UD_, 0, LAST - 1, LAST - 1
    LAST_BYTES 0xcc
    BRANCH_AT "int3 before the edge", BP_, 0, LAST, BEYOND
    LAST_BYTES 0x90, 0xcd, HOME
    BRANCH_AT "int 80h before the edge", HOME, 0, LAST - 2, BEYOND
    ret

; ---- Near branches: #GP at the branch, nothing has changed ----

branches:
    LAST_BYTES 0xeb, 0x00
    BRANCH_AT "jmp short to the edge", GP_, 0, LAST - 1, LAST - 1
    LAST_BYTES 0xe9, 0x00, 0x00, 0x00, 0x10
    BRANCH_AT "jmp near beyond the edge", GP_, 0, LAST - 4, LAST - 4
    LAST_BYTES 0xe8, 0x00, 0x00, 0x00, 0x00
    mov r14, rsp
    BRANCH_AT "call beyond the edge", GP_, 0, LAST - 4, LAST - 4
    CHECK [fault.esp], r14, "RSP of it"
    LAST_BYTES 0x74, 0x7f
    cmp eax, eax
    BRANCH_AT "je beyond the edge", GP_, 0, LAST - 1, LAST - 1
    LAST_BYTES 0x0f, 0x84, 0xff, 0xff, 0xff, 0x7f
    cmp eax, eax
    BRANCH_AT "je near beyond the edge", GP_, 0, LAST - 5, LAST - 5
    LAST_BYTES 0xe2, 0x10
    mov ecx, 7
    BRANCH_AT "loop beyond the edge", GP_, 0, LAST - 1, LAST - 1
    CHECK [fault.ecx], 7, "RCX of it"
    LAST_BYTES 0xe3, 0x10
    xor ecx, ecx
    BRANCH_AT "jrcxz beyond the edge", GP_, 0, LAST - 1, LAST - 1
    LAST_BYTES 0x75, 0x7f
    cmp eax, eax
    BRANCH_AT "jne that is not taken", GP_, 0, LAST - 1, BEYOND
    mov word [FRAME_UP], 0xfeeb         ; JMP to itself, made to go back over the edge
    mov byte [FRAME_UP + 1], 0xfd
    BRANCH_AT "jmp short below the upper half", GP_, 0, FIRST, FIRST
    mov rdx, BEYOND
    mov [SCRATCH], rdx
    mov [keep], rsp
    EXPECT_FAULT GP_, 0, jmp rdx
    EXPECT_FAULT GP_, 0, call rdx
    EXPECT_FAULT GP_, 0, jmp [SCRATCH]
    EXPECT_FAULT GP_, 0, call [SCRATCH]
    CHECK [fault.esp], [keep], "RSP of it"
    ret

; ---- Returns ----

returns:
    mov rdx, BEYOND
    push rdx
    mov [keep], rsp
    EXPECT_FAULT GP_, 0, ret
    EXPECT_FAULT GP_, 0, ret 8
    CHECK [fault.esp], [keep], "RSP of it"
    pop rdx
    ; a call whose return address is beyond: the return faults
    PLACE_BYTES FRAME + 0xf01, 0xc3     ; RET, at F00h
    LAST_BYTES 0xe8, 0x00, 0xff, 0xff, 0xff
    BRANCH_AT "ret to behind a call at the edge", GP_, 0, LAST - 4, LAST - 0xff
    ; IRETQ takes any RSP
    mov rbx, rsp
    push UDATA64
    mov rdx, BEYOND
    push rdx
    push 2
    push UCODE64
    push .user
    AWAIT .iret, .home
    mov dword [resume.home], .home_eip
.iret:
    iretq
.user:
    int HOME
.home_eip:
.home:
    mov rsp, rbx
    JUDGE "iretq with RSP beyond", -1, 0, 0
    CHECK [fault.esp], BEYOND, "RSP of ring 3"
    ret

; SYSRET and SYSEXIT: in ring 0 yet.
system_returns:
    SET_EFER EFER_SCE, 0
    SET_MSR MSR_STAR, (UDATA64_2 - 8 - 16) << 48 | KCODE64 << 32
    SET_MSR MSR_SYSENTER_CS, KCODE64
    mov rcx, BEYOND
    mov r11d, 2
    EXPECT_FAULT_NAMED "sysretq beyond", GP_, 0, o64 sysret
    CHECK [fault.cs], KCODE64, "CS of it"
    mov rdx, BEYOND
    mov ecx, STACK3
    EXPECT_FAULT_NAMED "sysexitq, RIP beyond", GP_, 0, o64 sysexit
    CHECK [fault.cs], KCODE64, "CS of it"
    mov edx, .user
    mov rcx, BEYOND
    EXPECT_FAULT_NAMED "sysexitq, RSP beyond", GP_, 0, o64 sysexit
    SET_EFER 0, EFER_SCE
.user:
    ret

; ---- Data ----

accesses:
    mov rbx, BEYOND
    mov rbp, rbx
    lea rsi, [rbx - 4]
    EXPECT_FAULT GP_, 0, mov rax, [rsi]
    EXPECT_FAULT GP_, 0, mov [rsi], rax
    EXPECT_OK mov eax, [rsi]
    EXPECT_OK mov [rsi], eax
    EXPECT_FAULT GP_, 0, mov eax, [rsi + 1]
    EXPECT_FAULT GP_, 0, lock add [rsi + 2], eax
    EXPECT_FAULT GP_, 0, movups xmm0, [rbx - 15]
    EXPECT_FAULT GP_, 0, movups [rbx - 1], xmm0
    EXPECT_FAULT GP_, 0, fld tword [rbx - 9]
    EXPECT_FAULT GP_, 0, fnstenv [rbx - 27]
    EXPECT_FAULT GP_, 0, fnsave [rbx - 107]
    EXPECT_FAULT GP_, 0, fxsave [rbx - 256]
    EXPECT_FAULT GP_, 0, fxrstor [rbx - 256]
    EXPECT_FAULT GP_, 0, sgdt [rbx - 9]
    EXPECT_FAULT GP_, 0, lgdt [rbx - 9]
    EXPECT_FAULT GP_, 0, cmpxchg16b [rbx]
    EXPECT_FAULT GP_, 0, cmpxchg8b [rbx - 4]
    EXPECT_FAULT GP_, 0, pop qword [rbx]
    EXPECT_FAULT GP_, 0, lss rax, [rbx - 9]
    EXPECT_FAULT GP_, 0, call far [rbx - 5]
    EXPECT_FAULT GP_, 0, ldmxcsr [rbx - 3]
    mov al, 0
    EXPECT_FAULT GP_, 0, xlatb
    mov eax, 64
    EXPECT_FAULT GP_, 0, bt [rbx - 8], rax
    mov eax, 63
    EXPECT_OK bt [rbx - 8], rax
    EXPECT_FAULT_NAMED "mov al, moffs64", GP_, 0, mov al, [qword BEYOND]
    EXPECT_OK_NAMED "mov al, moffs64 of the last", mov al, [qword LAST]
    mov rsi, FIRST - 4
    EXPECT_FAULT_NAMED "into the upper half", GP_, 0, mov rax, [rsi]
    ; which segment: the default of the base; prefixes other than FS and GS do not count
    EXPECT_FAULT SS_, 0, mov al, [rbp]
    EXPECT_FAULT SS_, 0, movups xmm0, [rbp - 15]
    EXPECT_FAULT_NAMED "ss: with [rbx]", GP_, 0, db 0x36, 0x8a, 0x03
    EXPECT_FAULT_NAMED "ds: with [rbp]", SS_, 0, db 0x3e, 0x8a, 0x45, 0x00
    EXPECT_FAULT_NAMED "es: with [rbp]", SS_, 0, db 0x26, 0x8a, 0x45, 0x00
    EXPECT_FAULT_NAMED "fs: with [rbp]", GP_, 0, db 0x64, 0x8a, 0x45, 0x00
    mov r13, rbx
    EXPECT_FAULT_NAMED "[r13] is not of the stack", GP_, 0, mov al, [r13]
    mov r12, rbx
    EXPECT_FAULT_NAMED "[r12] neither", GP_, 0, mov al, [r12]
    EXPECT_FAULT_NAMED "[rax + rbp] neither", GP_, 0, mov al, [rax + rbp*1]
    ; nothing is touched
    EXPECT_OK prefetcht0 [rbx]
    EXPECT_OK invlpg [rbx]
    EXPECT_OK lea rax, [rbx]
    EXPECT_OK nop dword [rbx]
    EXPECT_FAULT GP_, 0, clflush [rbx]
    ret

; ---- The stack: #SS; in ring 3, as the catcher needs one ----

stacks:
    mov rbx, BEYOND
    lea r8, [rbx + 8]
    lea r9, [rbx - 8]
    USER_AFTER "push beyond", SS_, 0, {mov rsp, r8}, {push rax}
    CHECK [fault.esp], r8, "RSP of it"
    USER_AFTER "push below", -1, 0, {mov rsp, rbx}, {push rax}
    USER_AFTER "pop beyond", SS_, 0, {mov rsp, rbx}, {pop rax}
    CHECK [fault.esp], rbx, "RSP of it"
    USER_AFTER "pop below", -1, 0, {mov rsp, r9}, {pop rax}
    lea r10, [rbx - 4]
    USER_AFTER "pop across", SS_, 0, {mov rsp, r10}, {pop rax}
    USER_AFTER "push across", SS_, 0, {lea rsp, [r10 + 8]}, {push rax}
    USER_AFTER "pushfq beyond", SS_, 0, {mov rsp, r8}, {pushfq}
    USER_AFTER "popfq beyond", SS_, 0, {mov rsp, rbx}, {popfq}
    USER_AFTER "push of an immediate", SS_, 0, {mov rsp, r8}, {push 1}
    USER_AFTER "push fs", SS_, 0, {mov rsp, r8}, {push fs}
    USER_AFTER "pop fs", SS_, 0, {mov rsp, rbx}, {pop fs}
    USER_AFTER "push of memory", SS_, 0, {mov rsp, r8}, {push qword [SCRATCH]}
    USER_AFTER "pop to memory", SS_, 0, {mov rsp, rbx}, {pop qword [SCRATCH]}
    USER_AFTER "call", SS_, 0, {mov rsp, r8}, {call $ + 5}
    USER_AFTER "ret", SS_, 0, {mov rsp, rbx}, {ret}
    USER_AFTER "retfq", SS_, 0, {mov rsp, rbx}, {o64 retf}
    USER_AFTER "iretq", SS_, 0, {mov rsp, rbx}, {iretq}
    USER_AFTER "call far", SS_, 0, {mov rsp, r8}, {o64 call far [.far]}
    USER_AFTER "enter", SS_, 0, {mov rsp, r8}, {enter 0, 0}
    USER_AFTER "leave", SS_, 0, {mov rbp, rbx}, {leave}
    ret
.far:
    dq $
    dw UCODE64

; ---- Strings: where each stands when the edge is met ----

strings:
    mov rsi, LAST - 15
    mov edi, SCRATCH
    mov ecx, 32
    EXPECT_FAULT GP_, 0, rep movsb
    CHECK [fault.ecx], 16, "RCX of it"
    CHECK [fault.esi], BEYOND, "RSI of it"
    CHECK [fault.edi], SCRATCH + 16, "RDI of it"
    mov rdi, LAST - 31
    mov esi, SCRATCH
    mov ecx, 8
    EXPECT_FAULT GP_, 0, rep movsq
    CHECK [fault.ecx], 4, "RCX of it"
    CHECK [fault.edi], BEYOND, "RDI of it"
    mov rdi, LAST - 17                  ; the last quadword lies across
    mov ecx, 8
    EXPECT_FAULT GP_, 0, rep stosq
    CHECK [fault.ecx], 6, "RCX of it"
    CHECK [fault.edi], LAST - 1, "RDI of it"
    mov rdi, LAST - 15
    mov eax, 0x100
    mov ecx, -1
    mov byte [FRAME + 0xff0], 1
    EXPECT_OK_NAMED "repe scasb of what is unlike", repe scasb
    mov rdi, BEYOND
    EXPECT_FAULT GP_, 0, scasb
    mov edi, SCRATCH
    mov rsi, BEYOND
    EXPECT_FAULT GP_, 0, cmpsb
    EXPECT_FAULT GP_, 0, lodsb
    EXPECT_FAULT_NAMED "lodsb with ss:", GP_, 0, db 0x36, 0xac
    mov edx, VERDICT
    EXPECT_FAULT GP_, 0, outsb
    ; downwards from the upper half
    std
    mov rdi, FIRST + 7
    mov ecx, 16
    EXPECT_FAULT_NAMED "rep stosb downwards", GP_, 0, rep stosb
    cld
    CHECK [fault.ecx], 8, "RCX of it"
    CHECK [fault.edi], FIRST - 1, "RDI of it"
    ret

; ---- Gates and the stacks of the TSS ----

interrupts:
    mov rax, BEYOND
    LONG_GATE 0x81, KCODE64, rax, (PRESENT | DPL3 | SYS_INT) << 8
    EXPECT_FAULT_NAMED "int 81h, its handler beyond", GP_, 0, int 0x81
    LONG_GATE 0x81, KCODE64, .handler, (PRESENT | DPL3 | SYS_INT) << 8 | 2
    mov rdx, BEYOND + 0x100
    mov [long_tss + LTSS_IST + 8], rdx
    EXPECT_FAULT_NAMED "int 81h, its IST beyond", SS_, 0, int 0x81
    mov rdx, BEYOND                     ; the first push is below the edge
    mov [long_tss + LTSS_IST + 8], rdx
    EXPECT_FAULT_NAMED "int 81h, its IST at the edge", SS_, 0, int 0x81
    mov qword [long_tss + LTSS_IST + 8], STACK_IST - 0x400
    LONG_GATE 0x81, KCODE64, .handler, (PRESENT | DPL3 | SYS_INT) << 8
    mov [long_tss + LTSS_RSP0], rdx
    AWAIT .int, .after
    TO_USER .int
.int:
    int 0x81                            ; #SS finds no stack either: #DF
.after:
    mov qword [long_tss + LTSS_RSP0], STACK_TSS
    REWIND
    JUDGE "int 81h in ring 3, RSP0 beyond", DF_, 0, 0
    LONG_DEFAULT 0x81
    ret
.handler:
    iretq

; ---- Tables that begin below the edge: #GP(0) for what lies beyond ----

tables:
    DESCRIBE SPARE, 0, 0xffff, PRESENT | SYS_LDT, 0
    mov rax, LAST - 11                  ; the second of its descriptors lies across
    mov [gdt + SPARE + 2], ax
    shr rax, 16
    mov [gdt + SPARE + 4], al
    mov [gdt + SPARE + 7], ah
    shr rax, 16
    mov [gdt + SPARE + 8], rax
    mov rax, [gdt + (UDATA64 & ~7)]
    mov [FRAME + 0xff4], rax
    mov eax, SPARE
    lldt ax
    mov eax, 0 | 4 | 3
    EXPECT_OK_NAMED "a descriptor below the edge", mov fs, ax
    mov eax, 8 | 4 | 3
    EXPECT_FAULT_NAMED "a descriptor across the edge", GP_, 0, mov fs, ax
    mov eax, 0x10 | 4 | 3
    EXPECT_FAULT_NAMED "a descriptor beyond the edge", GP_, 0, mov fs, ax
    EXPECT_FAULT_NAMED "lar of it", GP_, 0, lar ecx, ax
    xor eax, eax
    lldt ax
    mov fs, ax
    ; the first half of the IDT
    mov esi, idt
    mov edi, FRAME + 0x800
    mov ecx, 0x800
    rep movsb
    mov word [pseudo], 0xfff
    mov rax, BEYOND - 0x800
    mov [pseudo + 2], rax
    lidt [pseudo]
    EXPECT_TRAP_NAMED "int 7Fh, its gate below the edge", 0x7f, 0, int 0x7f
    EXPECT_FAULT_NAMED "int 80h, its gate beyond", GP_, 0, int 0x80
    lidt [long_idtr]
    ; the first half of the GDT
    DESCRIBE 0xf8, long_tss, 0x67, PRESENT | SYS_TSS, 0
    mov esi, gdt
    mov edi, FRAME + 0xf00
    mov ecx, 0x100
    rep movsb
    mov word [pseudo], 0x1ff
    mov rax, BEYOND - 0x100
    mov [pseudo + 2], rax
    lgdt [pseudo]
    mov eax, UDATA64
    EXPECT_OK_NAMED "the GDT below the edge", mov fs, ax
    mov eax, 0x100
    EXPECT_FAULT_NAMED "the GDT beyond the edge", GP_, 0, mov fs, ax
    mov eax, 0xf8
    EXPECT_FAULT_NAMED "ltr, the upper half beyond", GP_, 0, ltr ax
    lgdt [gdtr]
    xor eax, eax
    mov fs, ax
    ret

section .data
    align 8
keep:           dq 0
pseudo:         dw 0
                dq 0
section .text

END_PROGRAM
