; Alignment checks: what each operand is to be aligned to, in 64-bit code of ring
; 3 with CR0.AM and EFLAGS.AC; and the operands that are refused with #GP however
; that may be. 32-bit code is in misc.
;
; SDM 3A 6.15 "Interrupt 17", table 6-7; 3.5.1 (SGDT, SIDT); 2 2.4 (classes of SSE and AVX).

%include "board.inc"
%include "long.inc"
PROGRAM "alignment"
    ENTER_LONG
    mov rax, cr0
    or eax, CR0_AM | CR0_NE
    mov cr0, rax
    fninit
    mov ebx, SCRATCH
    mov qword [user_flags], AC | 2
    call integers
    call stacks
    call strings
    call x87
    call vectors
    call refused
    call avx
    call tables
    mov qword [user_flags], 2
    call without
    call of_system
    jmp finish_64

; Tables of instructions on [rbx], each with what RBX is to be aligned to. They are tried in ring
; 3 with RBX of several offsets; a failure shows the offset before the vector.
ROW_SIZE        equ 16
%macro ALIGNED_TO 2+.nolist
    %assign check_number check_number + 1
    %defstr %%name %2
    [section .data]
%%record:
    dw check_number, __?LINE?__
    db 0, %%name, 0
%%insn:
    %2
    int HOME
%%home:
    [section .rows]
    dd %%record, %%insn, %%home, %1
    __?SECT?__
%endmacro
%macro ROWS 1
    [section .rows]
%1:
    __?SECT?__
%endmacro
%macro ROWS_END 0
    [section .rows]
    times ROW_SIZE db 0
    __?SECT?__
%endmacro
section .rows follows=.data align=8
section .text

%macro TRY_ALIGNED 1
    mov ebp, %1
    call try_aligned
%endmacro
try_aligned:
    mov [row], ebp
    mov eax, [rbp]
    test eax, eax
    jz .end
    mov [record], eax
    mov dword [offset], 0
.offset:
    fninit
    mov ebp, [row]
    AWAIT 0, .home
    mov eax, [rbp + 8]
    mov [resume.home], eax
    mov esi, [rbp + 4]
    mov ebx, SCRATCH + 0x100
    add ebx, [offset]
    mov dword [rbx], 0x1f80             ; fit for LDMXCSR, FLDCW and FRSTOR
    mov eax, 1
    mov edx, 1
    TO_USER rsi
.home:
    REWIND
    mov dword [resume.eip], 0
    movzx eax, byte [fault.vector]
    mov [seen], eax
    mov ebp, [row]
    mov ecx, [rbp + 12]
    dec ecx
    mov edx, [offset]
    mov eax, AC_
    test edx, ecx
    jnz .wanted
    mov eax, 0xff
.wanted:
    mov [wanted], eax
    mov [seen + 4], edx
    mov [wanted + 4], edx
    call check_64
    lea eax, [rdx*2]                    ; 0, 1, 2, 4, 8
    add eax, 1
    test edx, edx
    jz .next
    dec eax
.next:
    mov [offset], eax
    cmp eax, 8
    jbe .offset
    mov ebp, [row]
    add ebp, ROW_SIZE
    jmp try_aligned
.end:
    ret
[section .data]
row:            dd 0
offset:         dd 0
section .text

integers:
    TRY_ALIGNED integer_rows
    USER_FAULT_NAMED "mov rax, moffs64 + 1", AC_, 0, mov rax, [qword SCRATCH + 0x101]
    ret
    ROWS integer_rows
    ALIGNED_TO 1, mov al, [rbx]
    ALIGNED_TO 2, mov ax, [rbx]
    ALIGNED_TO 4, mov eax, [rbx]
    ALIGNED_TO 8, mov rax, [rbx]
    ALIGNED_TO 2, mov [rbx], ax
    ALIGNED_TO 4, mov [rbx], eax
    ALIGNED_TO 8, mov [rbx], rax
    ALIGNED_TO 8, add [rbx], rax
    ALIGNED_TO 4, lock inc dword [rbx]
    ALIGNED_TO 8, cmp rax, [rbx]
    ALIGNED_TO 2, movzx eax, word [rbx]
    ALIGNED_TO 4, movsxd rax, [rbx]
    ALIGNED_TO 8, xchg rax, [rbx]
    ALIGNED_TO 4, xadd [rbx], eax
    ALIGNED_TO 8, cmpxchg [rbx], rax
    ALIGNED_TO 8, cmpxchg8b [rbx]
    ALIGNED_TO 4, cmove eax, [rbx]
    ALIGNED_TO 4, imul eax, [rbx]
    ALIGNED_TO 8, mul qword [rbx]
    ALIGNED_TO 4, shl dword [rbx], 1
    ALIGNED_TO 8, shld [rbx], rax, 4
    ALIGNED_TO 4, bt dword [rbx], 1
    ALIGNED_TO 8, bts qword [rbx], 1
    ALIGNED_TO 4, bt [rbx], eax
    ALIGNED_TO 4, bsf eax, [rbx]
    ALIGNED_TO 8, popcnt rax, [rbx]
    ALIGNED_TO 4, crc32 eax, dword [rbx]
    ALIGNED_TO 1, setz [rbx]
    ALIGNED_TO 4, movnti [rbx], eax
    ALIGNED_TO 2, mov [rbx], ds
    ALIGNED_TO 2, lar eax, [rbx]
    ALIGNED_TO 2, verr [rbx]
    ALIGNED_TO 2, smsw [rbx]
    ALIGNED_TO 2, sldt [rbx]
    ALIGNED_TO 2, str [rbx]
    ALIGNED_TO 1, nop dword [rbx]
    ALIGNED_TO 1, prefetcht0 [rbx]
    ALIGNED_TO 1, clflush [rbx]
    ALIGNED_TO 1, lea rax, [rbx]
    ALIGNED_TO 8, push qword [rbx]
    ALIGNED_TO 8, pop qword [rbx]
    ROWS_END

stacks:
    mov r8d, STACK3 - 4
    mov ebx, SCRATCH
    USER_AFTER "push, RSP + 4", AC_, 0, {mov rsp, r8}, {push rax}
    CHECK [fault.esp], r8, "RSP of it"
    USER_AFTER "pop, RSP + 4", AC_, 0, {mov rsp, r8}, {pop rax}
    USER_AFTER "push of a word, RSP + 4", -1, 0, {mov rsp, r8}, {push ax}
    USER_AFTER "pushfq, RSP + 4", AC_, 0, {mov rsp, r8}, {pushfq}
    USER_AFTER "popfq, RSP + 4", AC_, 0, {mov rsp, r8}, {popfq}
    USER_AFTER "call, RSP + 4", AC_, 0, {mov rsp, r8}, {call $ + 5}
    USER_AFTER "call rax, RSP + 4", AC_, 0, {mov rsp, r8}, {call rax}
    USER_AFTER "ret, RSP + 4", AC_, 0, {mov rsp, r8}, {ret}
    USER_AFTER "retfq, RSP + 4", AC_, 0, {mov rsp, r8}, {o64 retf}
    USER_AFTER "iretq, RSP + 4", AC_, 0, {mov rsp, r8}, {iretq}
    USER_AFTER "enter, RSP + 4", AC_, 0, {mov rsp, r8}, {enter 8, 0}
    USER_AFTER "leave, RBP + 4", AC_, 0, {mov rbp, r8}, {leave}
    USER_AFTER "push [rbx], RSP + 4", AC_, 0, {mov rsp, r8}, {push qword [rbx]}
    USER_AFTER "pop [rbx], RSP + 4", AC_, 0, {mov rsp, r8}, {pop qword [rbx]}
    USER_AFTER "push fs, RSP + 4", AC_, 0, {mov rsp, r8}, {push fs}
    USER_AFTER "pop fs, RSP + 4", AC_, 0, {mov rsp, r8}, {pop fs}
    USER_AFTER "push 1, RSP + 4", AC_, 0, {mov rsp, r8}, {push 1}
    ; the way through a gate is the processor's own
    USER_AFTER "ud2, RSP + 4", UD_, 0, {mov rsp, r8}, {ud2}
    mov qword [SCRATCH + 0x100], .there
    mov qword [SCRATCH + 0x101], 0
    mov ebx, SCRATCH + 0x104
    USER_FAULT_NAMED "jmp [rbx + 4]", AC_, 0, jmp [rbx]
    USER_FAULT_NAMED "call [rbx + 4]", AC_, 0, call [rbx]
    USER_FAULT_NAMED "o64 call far [rbx + 4]", AC_, 0, o64 call far [rbx]
    mov ebx, SCRATCH + 0x102
    USER_FAULT_NAMED "jmp far [rbx + 2]", AC_, 0, db 0xff, 0x2b
    ret
.there:
    int HOME

strings:
    mov ecx, 2
    mov esi, SCRATCH + 1
    mov edi, SCRATCH + 0x100
    USER_FAULT_NAMED "movsb", -1, 0, movsb
    USER_FAULT_NAMED "movsw, RSI + 1", AC_, 0, movsw
    USER_FAULT_NAMED "movsd, RSI + 1", AC_, 0, movsd
    USER_FAULT_NAMED "rep movsq, RSI + 1", AC_, 0, rep movsq
    CHECK [fault.ecx], 2, "RCX of it"
    USER_FAULT_NAMED "lodsq, RSI + 1", AC_, 0, lodsq
    USER_FAULT_NAMED "cmpsd, RSI + 1", AC_, 0, cmpsd
    mov esi, SCRATCH
    mov edi, SCRATCH + 0x104
    USER_FAULT_NAMED "movsq, RDI + 4", AC_, 0, movsq
    USER_FAULT_NAMED "movsd, RDI + 4", -1, 0, movsd
    mov esi, SCRATCH
    mov edi, SCRATCH + 0x104
    USER_FAULT_NAMED "rep stosq, RDI + 4", AC_, 0, rep stosq
    USER_FAULT_NAMED "scasq, RDI + 4", AC_, 0, scasq
    USER_FAULT_NAMED "cmpsq, RDI + 4", AC_, 0, cmpsq
    mov qword [user_flags], AC | IOPL3 | 2
    mov edx, 0x80
    mov edi, SCRATCH + 0x101
    USER_FAULT_NAMED "insw, RDI + 1", AC_, 0, insw
    mov esi, SCRATCH + 0x102
    USER_FAULT_NAMED "outsd, RSI + 2", AC_, 0, outsd
    mov qword [user_flags], AC | 2
    ret

; Ten bytes are aligned as eight; environments as their fields.
x87:
    TRY_ALIGNED x87_rows
    ret
    ROWS x87_rows
    ALIGNED_TO 4, fld dword [rbx]
    ALIGNED_TO 8, fld qword [rbx]
    ALIGNED_TO 8, fld tword [rbx]
    ALIGNED_TO 4, fst dword [rbx]
    ALIGNED_TO 8, fst qword [rbx]
    ALIGNED_TO 8, fstp tword [rbx]
    ALIGNED_TO 2, fild word [rbx]
    ALIGNED_TO 4, fild dword [rbx]
    ALIGNED_TO 8, fild qword [rbx]
    ALIGNED_TO 2, fist word [rbx]
    ALIGNED_TO 4, fist dword [rbx]
    ALIGNED_TO 8, fistp qword [rbx]
    ALIGNED_TO 8, fbld [rbx]
    ALIGNED_TO 8, fbstp [rbx]
    ALIGNED_TO 2, fnstcw [rbx]
    ALIGNED_TO 2, fldcw [rbx]
    ALIGNED_TO 2, fnstsw [rbx]
    ALIGNED_TO 4, fnstenv [rbx]
    ALIGNED_TO 4, fnsave [rbx]
    ALIGNED_TO 4, frstor [rbx]
    ALIGNED_TO 2, o16 fnstenv [rbx]
    ALIGNED_TO 2, o16 fnsave [rbx]
    ALIGNED_TO 4, fadd dword [rbx]
    ALIGNED_TO 8, fadd qword [rbx]
    ALIGNED_TO 2, fiadd word [rbx]
    ROWS_END

vectors:
    TRY_ALIGNED vector_rows
    fninit
    ret
    ROWS vector_rows
    ALIGNED_TO 4, ldmxcsr [rbx]
    ALIGNED_TO 4, stmxcsr [rbx]
    ALIGNED_TO 4, movss xmm0, [rbx]
    ALIGNED_TO 8, movsd xmm0, [rbx]
    ALIGNED_TO 4, movss [rbx], xmm0
    ALIGNED_TO 8, movsd [rbx], xmm0
    ALIGNED_TO 8, movlps xmm0, [rbx]
    ALIGNED_TO 8, movhps [rbx], xmm0
    ALIGNED_TO 8, movddup xmm0, [rbx]
    ALIGNED_TO 4, movd xmm0, [rbx]
    ALIGNED_TO 8, movq xmm0, [rbx]
    ALIGNED_TO 8, movq [rbx], xmm0
    ALIGNED_TO 8, movq mm0, [rbx]
    ALIGNED_TO 8, paddb mm0, [rbx]
    ALIGNED_TO 4, punpcklbw mm0, [rbx]
    ALIGNED_TO 4, addss xmm0, [rbx]
    ALIGNED_TO 8, addsd xmm0, [rbx]
    ALIGNED_TO 4, ucomiss xmm0, [rbx]
    ALIGNED_TO 4, cvtsi2sd xmm0, dword [rbx]
    ALIGNED_TO 8, cvtsi2sd xmm0, qword [rbx]
    ALIGNED_TO 8, cvtps2pd xmm0, [rbx]
    ALIGNED_TO 8, cvtpi2pd xmm0, [rbx]
    ALIGNED_TO 2, pinsrw xmm0, [rbx], 1
    ALIGNED_TO 4, pinsrd xmm0, [rbx], 1
    ALIGNED_TO 8, pextrq [rbx], xmm0, 1
    ALIGNED_TO 4, insertps xmm0, [rbx], 0
    ALIGNED_TO 8, pmovzxbw xmm0, [rbx]
    ALIGNED_TO 4, pmovzxbd xmm0, [rbx]
    ALIGNED_TO 2, pmovzxbq xmm0, [rbx]
    ALIGNED_TO 4, roundss xmm0, [rbx], 0
    ALIGNED_TO 1, pcmpistri xmm0, [rbx], 0
    ALIGNED_TO 1, lddqu xmm0, [rbx]
    ROWS_END

; These are #GP(0), in any ring, with AC or not.
%macro REFUSED 2+.nolist                ; alignment, instruction on [rbx]
    %defstr %%name %2
    mov ebx, SCRATCH + 0x100
    EXPECT_OK_NAMED %%name, %2
    mov ebx, SCRATCH + 0x100 + %1/2
    %strcat %%less %%name, ", not aligned"
    EXPECT_FAULT_NAMED %%less, GP_, 0, %2
    mov ebx, SCRATCH + 0x101
    %strcat %%user %%name, " + 1, in ring 3"
    USER_FAULT_NAMED %%user, GP_, 0, %2
%endmacro
refused:
    REFUSED 16, movaps xmm0, [rbx]
    REFUSED 16, movaps [rbx], xmm0
    REFUSED 16, movdqa xmm0, [rbx]
    REFUSED 16, movntdq [rbx], xmm0
    REFUSED 16, movntps [rbx], xmm0
    REFUSED 16, movntdqa xmm0, [rbx]
    REFUSED 16, addps xmm0, [rbx]
    REFUSED 16, paddb xmm0, [rbx]
    REFUSED 16, cvtdq2ps xmm0, [rbx]
    REFUSED 16, shufps xmm0, [rbx], 0
    REFUSED 16, movshdup xmm0, [rbx]
    REFUSED 16, pshufb xmm0, [rbx]
    REFUSED 16, cmpxchg16b [rbx]
    ret

; With VEX only what says "aligned" is refused.
avx:
    mov eax, 1
    cpuid
    bt ecx, 28
    jc .there
    ret
.there:
    SET_CR4 CR4_OSXSAVE, 0
    mov eax, 7
    xor edx, edx
    xor ecx, ecx
    xsetbv
    REFUSED 16, vmovaps xmm0, [rbx]
    REFUSED 32, vmovaps ymm0, [rbx]
    REFUSED 32, vmovapd [rbx], ymm0
    REFUSED 32, vmovdqa ymm0, [rbx]
    REFUSED 32, vmovntps [rbx], ymm0
    REFUSED 16, vmovntdqa xmm0, [rbx]
    mov ebx, SCRATCH + 0x101
    EXPECT_OK vaddps xmm0, xmm1, [rbx]
    EXPECT_OK vaddps ymm0, ymm1, [rbx]
    EXPECT_OK vpaddb xmm0, xmm1, [rbx]
    EXPECT_OK vmovups ymm0, [rbx]
    EXPECT_OK vptest xmm0, [rbx]
    TRY_ALIGNED avx_rows
    mov eax, 1
    xor edx, edx
    xor ecx, ecx
    xsetbv
    SET_CR4 0, CR4_OSXSAVE
    ret
    ROWS avx_rows
    ALIGNED_TO 4, vmovss xmm0, [rbx]
    ALIGNED_TO 8, vaddsd xmm0, xmm1, [rbx]
    ALIGNED_TO 4, vbroadcastss ymm0, [rbx]
    ALIGNED_TO 8, vbroadcastsd ymm0, [rbx]
    ALIGNED_TO 4, vstmxcsr [rbx]
    ALIGNED_TO 8, vmovq xmm0, [rbx]
    ALIGNED_TO 8, vpmovzxbw xmm0, [rbx]
    ROWS_END

; What SGDT and SIDT store is a word and, behind it, the base: SDM 3A 3.5.1.
tables:
    mov ebx, SCRATCH + 0x106
    USER_FAULT_NAMED "sgdt, the base aligned to eight", -1, 0, sgdt [rbx]
    USER_FAULT_NAMED "sidt, the base aligned to eight", -1, 0, sidt [rbx]
    mov ebx, SCRATCH + 0x107
    USER_FAULT_NAMED "sgdt, nothing aligned", AC_, 0, sgdt [rbx]
    mov ebx, SCRATCH + 0x108
    USER_FAULT_NAMED "sgdt, the base not aligned", AC_, 0, sgdt [rbx]
    USER_FAULT_NAMED "sidt, the base not aligned", AC_, 0, sidt [rbx]
    ret

; One condition of three lacks.
without:
    mov ebx, SCRATCH + 0x101
    USER_OK_NAMED "without AC", mov rax, [rbx]
    mov qword [user_flags], AC | 2
    mov rax, cr0
    btr rax, 18
    mov cr0, rax
    USER_OK_NAMED "without AM", mov rcx, [rbx]
    bts rax, 18
    mov cr0, rax
    push AC | 2
    popfq
    EXPECT_OK_NAMED "in ring 0", mov rax, [rbx]
    push 2
    popfq
    ; the stronger fault comes first
    mov rbx, 0x0000800000000001
    USER_FAULT_NAMED "not canonical, not aligned", GP_, 0, mov rax, [rbx]
    mov qword [user_flags], 2
    ret

; The processor's own accesses are not checked: tables, whatever the ring.
of_system:
    mov qword [user_flags], AC | 2
    mov esi, gdt
    mov edi, SCRATCH + 0x201
    mov ecx, GDT_LIMIT + 1
    rep movsb
    mov word [SCRATCH], GDT_LIMIT
    mov qword [SCRATCH + 2], SCRATCH + 0x201
    lgdt [SCRATCH]
    mov eax, UDATA64
    USER_OK_NAMED "mov fs, ax by a GDT that is not aligned", mov fs, ax
    lgdt [gdtr]
    mov qword [user_flags], 2
    ret

END_PROGRAM
