; Reserved and ignored bits of paging structures, each in each kind of entry, in
; four-level paging: with and without NX, read, written and executed.
;
; SDM 3A 4.5.4 (tables 4-14 to 4-20), 4.7.

%include "board.inc"
%include "long.inc"
%include "rows.inc"
PROGRAM "walk_bits"
    ENTER_LONG
    call ask_features
    mov dword [PDPT + 8], DIRECTORY | 7
    mov dword [DIRECTORY], TABLE | 7
    mov dword [TABLE], FRAME | 7
    mov dword [PML4 + 8], SPARE_PDPT | 7
    mov dword [SPARE_PDPT], DIRECTORY | 7
    mov byte [FRAME], 0xc3              ; RET
    mov byte [FRAME + 0x40], 0xc3
    call by_nxe
    HAS FEATURE_EXT_D + 20
    jnc .no_nx
    SET_EFER EFER_NXE, 0
    call by_nxe
    SET_EFER 0, EFER_NXE
.no_nx:
    call ring3
    call absent
    jmp finish_64

DIRECTORY       equ MORE_TABLES
TABLE           equ MORE_TABLES + 0x1000
SPARE_PDPT      equ MORE_TABLES + 0x2000
FRAME           equ HIGH
TARGET          equ 0x40000000          ; by PDPT[1], DIRECTORY, TABLE
ROOT_TARGET     equ (1 << 39) + 0x40    ; by PML4[1]

PF_P            equ 1
PF_W            equ 2
PF_U            equ 4
PF_RSVD         equ 8
PF_ID           equ 16

; What may be wrong with which entry: bits 12 and up to the physical address are not tried, they
; lead elsewhere; nor are P and, where code runs, what takes it its right.
LARGE_2M        equ 21
LARGE_1G        equ 30
IS_ROOT         equ 1                   ; its bit 7 is reserved
IS_PDPTE        equ 2                   ; its bit 7 makes it a page
IS_PDE          equ 3
IS_PAGE         equ 4

;   ENTRY_BITS "name", kind, address of the entry, its value, address to access
%macro ENTRY_BITS 5.nolist
    mov dword [abs kind], %2
    mov dword [abs entry], %3
    mov rax, %4
    mov [abs value], rax
    mov rax, %5
    mov [abs target], rax
    mov r15, [%3]
    %strcat %%read %1, ", read"
    %strcat %%write %1, ", written"
    %strcat %%code %1, ", executed"
    mov dword [abs access], 0
    TRY_BITS %%read, entry_rule, {call entry_set}, {mov al, [rsi]}, {call entry_back}
    mov dword [abs access], PF_W
    TRY_BITS %%write, entry_rule, {call entry_set}, {mov [rsi], al}, {call entry_back}
    mov dword [abs access], PF_ID
    TRY_BITS %%code, entry_rule, {call entry_set}, {call rsi}, {call entry_back}
    mov [%3], r15
%endmacro

entry_set:
    or rbx, [value]
    mov eax, [entry]
    mov [rax], rbx
    mov rsi, [target]
    invlpg [rsi]
    mov eax, 0xc3
    ret
entry_back:
    mov eax, [entry]
    mov rbx, [value]
    mov [rax], rbx
    mov rsi, [target]
    invlpg [rsi]
    ret

entry_rule:
    mov edx, [kind]
    mov eax, UNTRIED
    cmp ecx, 12
    jb .low
    cmp edx, LARGE_2M                   ; in the address of a large page
    jb .no_hole
    cmp ecx, 12                         ; PAT
    je .taken
    cmp ecx, edx
    jb .reserved
.no_hole:
    cmp ecx, 52
    jae .high
    cmp ecx, [physical_bits]
    jae .reserved
    ret
.high:
    cmp ecx, 63
    jne .taken
    mov ecx, MSR_EFER
    rdmsr
    test eax, EFER_NXE
    jz .reserved
    test dword [access], PF_ID          ; not reserved, but forbidden
    jz .taken
    mov eax, PF_ | (PF_P | PF_ID) << 8
    ret
.low:
    cmp ecx, 7
    jne .taken
    cmp edx, IS_ROOT
    je .reserved
    cmp edx, IS_PDPTE
    je .told                            ; other pages, or reserved
    cmp edx, IS_PDE
    je .told
.taken:
    mov eax, TAKEN
.told:
    ret
.reserved:
    mov ecx, MSR_EFER
    rdmsr
    mov ecx, [access]
    test eax, EFER_NXE
    jnz .with_code
    and ecx, ~PF_ID
.with_code:
    or ecx, PF_P | PF_RSVD
    shl ecx, 8
    mov eax, PF_
    or eax, ecx
    ret

by_nxe:
    ENTRY_BITS "each bit of a page entry", IS_PAGE, TABLE, FRAME | 7, TARGET
    ENTRY_BITS "each bit of a directory entry", IS_PDE, DIRECTORY, TABLE | 7, TARGET
    ENTRY_BITS "each bit of a pointer entry", IS_PDPTE, PDPT + 8, DIRECTORY | 7, TARGET
    ENTRY_BITS "each bit of a root entry", IS_ROOT, PML4 + 8, SPARE_PDPT | 7, ROOT_TARGET
    ENTRY_BITS "each bit of a 2 MiB page", LARGE_2M, DIRECTORY, FRAME | 0x87, TARGET
    mov dword [DIRECTORY], TABLE | 7
    mov eax, 0x80000001
    cpuid
    bt edx, 26
    jnc .no_1g
    mov byte [SCRATCH], 0xc3
    ENTRY_BITS "each bit of a 1 GiB page", LARGE_1G, PDPT + 8, 0x87, TARGET + SCRATCH
    ret
.no_1g:
    mov dword [entry], PDPT + 8
    mov dword [PDPT + 8], DIRECTORY | 0x87
    mov rsi, TARGET
    invlpg [rsi]
    EXPECT_FAULT_NAMED "PS of a pointer entry without 1 GiB pages", PF_, PF_P | PF_RSVD, \
                       mov al, [rsi]
    mov dword [PDPT + 8], DIRECTORY | 7
    invlpg [rsi]
    ret

; Ring 3, and rights that lack besides: reserved bits come first.
ring3:
    mov rax, FRAME | 7 | 1 << 63
    mov [TABLE], rax
    mov esi, TARGET
    invlpg [rsi]
    USER_FAULT_NAMED "NX without NXE, read in ring 3", PF_, PF_P | PF_U | PF_RSVD, mov al, [rsi]
    USER_FAULT_NAMED "written in ring 3", PF_, PF_P | PF_W | PF_U | PF_RSVD, mov [rsi], al
    and byte [TABLE], ~6
    invlpg [rsi]
    USER_FAULT_NAMED "nor allowed to ring 3", PF_, PF_P | PF_W | PF_U | PF_RSVD, mov [rsi], al
    mov dword [TABLE], FRAME | 7
    mov dword [TABLE + 4], 0
    invlpg [rsi]
    ret

; An entry that is not present has no reserved bits.
absent:
    mov rax, -2
    mov [TABLE], rax
    mov esi, TARGET
    invlpg [rsi]
    EXPECT_FAULT_NAMED "a page entry of ones but P", PF_, 0, mov al, [rsi]
    mov [DIRECTORY], rax
    invlpg [rsi]
    EXPECT_FAULT_NAMED "a directory entry of ones but P", PF_, PF_W, mov [rsi], al
    mov [PDPT + 8], rax
    invlpg [rsi]
    USER_FAULT_NAMED "a pointer entry of ones but P", PF_, PF_U, mov al, [rsi]
    ret

section .data
    align 8
value:          dq 0
target:         dq 0
kind:           dd 0
entry:          dd 0
access:         dd 0
section .text

END_PROGRAM
