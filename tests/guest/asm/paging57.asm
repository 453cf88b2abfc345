; Five-level paging: the fifth table, 57-bit addresses and what is canonical
; then. Nothing is checked on a processor without LA57.
;
; SDM 1 3.3.7.1; 3A 4.5 (4.5.4: CR4.LA57), 4.6-4.8.

%define FIVE_LEVELS
%include "board.inc"
%include "long.inc"

P_              equ 1
W_              equ 2
U_              equ 4
A_              equ 0x20
PS_             equ 0x80
PF_P            equ 1
PF_W            equ 2
PF_U            equ 4
PF_RSVD         equ 8
DISTANT             equ 1 << 48             ; the first address only the fifth level reaches
BAD             equ 1 << 56             ; the first that is not canonical

PROGRAM "paging57"
    mov eax, 7
    xor ecx, ecx
    cpuid
    test ecx, 1 << 16
    jnz .there
    NOTE "this processor has no LA57"
    jmp finish_16
.there:
    ENTER_LONG
    call reach
    call rights
    call canonical
    call held
    jmp finish_64

flush:
    mov rax, cr3
    mov cr3, rax
    ret

reach:
    mov rbx, DISTANT + SCRATCH
    EXPECT_FAULT_NAMED "the fifth level has no entry", PF_, 0, mov eax, [rbx]
    CHECK [fault.cr2], DISTANT + SCRATCH, "CR2 of it"
    EXPECT_FAULT_NAMED "a write", PF_, PF_W, mov [rbx], eax
    USER_FAULT_NAMED "in ring 3", PF_, PF_U, mov eax, [rbx]
    mov qword [PML5 + 8], PML4 | P_ | W_ | U_
    mov dword [SCRATCH], 0x57575757
    EXPECT_OK_NAMED "there it is", mov eax, [rbx]
    CHECK32 eax, 0x57575757, "the same 256 TiB once more"
    CHECK32 [PML5 + 8], PML4 | P_ | W_ | U_ | A_, "A of the fifth level"
    mov rbx, -1 << 56                   ; the lowest of the upper half
    mov qword [PML5 + 256*8], PML4 | P_ | W_ | U_
    EXPECT_OK_NAMED "the lowest of the upper half", mov al, [rbx]
    mov rbx, (1 << 56) - 8
    EXPECT_FAULT_NAMED "the highest of the lower half", PF_, 0, mov rax, [rbx]
    CHECK [fault.cr2], (1 << 56) - 8, "CR2 of it"
    mov rbx, DISTANT + .there
    jmp rbx
.there:
    lea rax, [rel .there]
    CHECK rax, rbx, "code runs there"
    mov eax, .back
    jmp rax
.back:
    ret

rights:
    mov rbx, DISTANT + SCRATCH
    mov qword [PML5 + 8], PML4 | P_ | W_
    call flush
    USER_FAULT_NAMED "U/S of the fifth level", PF_, PF_P | PF_U, mov eax, [rbx]
    mov qword [PML5 + 8], PML4 | P_ | U_
    call flush
    USER_FAULT_NAMED "R/W of the fifth level", PF_, PF_P | PF_W | PF_U, mov [rbx], eax
    USER_OK_NAMED "which may be read", mov eax, [rbx]
    mov qword [PML5 + 8], PML4 | P_ | W_ | U_ | PS_
    call flush
    EXPECT_FAULT_NAMED "PS of the fifth level", PF_, PF_P | PF_RSVD, mov eax, [rbx]
    mov qword [PML5 + 8], PML4 | P_ | W_ | U_
    mov dword [PML5 + 12], 1 << 31
    call flush
    EXPECT_FAULT_NAMED "NX of the fifth level without NXE", PF_, PF_P | PF_RSVD, mov eax, [rbx]
    mov qword [PML5 + 8], PML4 | P_ | W_ | U_
    jmp flush

canonical:
    mov rbx, BAD
    mov rbp, rbx
    EXPECT_FAULT GP_, 0, mov al, [rbx]
    EXPECT_FAULT GP_, 0, jmp rbx
    mov rbx, 0x0000800000000000
    EXPECT_FAULT_NAMED "48 bits are no bound now", PF_, 0, mov al, [rbx]
    mov rbx, 0xfeffffffffffffff
    EXPECT_FAULT GP_, 0, mov al, [rbx]
    EXPECT_FAULT SS_, 0, mov al, [rbp]
    mov ecx, MSR_LSTAR
    xor eax, eax
    mov edx, 0x00ff0000
    EXPECT_OK_NAMED "LSTAR of 57 bits", wrmsr
    mov edx, 0x01000000
    EXPECT_FAULT_NAMED "LSTAR not canonical", GP_, 0, wrmsr
    ret

held:
    mov rax, cr4
    and eax, ~CR4_LA57
    EXPECT_FAULT_NAMED "LA57 cleared in long mode", GP_, 0, mov cr4, rax
    ret

END_PROGRAM
