; Reserved bits of paging structures outside of long mode, each bit in each kind of
; entry: PAE's pointers as they are loaded, its other entries as they are walked,
; and 4 MiB pages of 32-bit paging.
;
; SDM 3A 4.3 (table 4-4), 4.4.1, 4.4.2 (tables 4-8 to 4-11), 4.7.

%include "board.inc"
%include "protected.inc"

POINTERS        equ TABLES
LOW_DIRECTORY   equ TABLES + 0x1000     ; of the first GiB, by 2 MiB pages
DIRECTORY       equ TABLES + 0x2000     ; of TARGET's
TABLE           equ TABLES + 0x3000
NARROW          equ TABLES + 0x4000     ; the directory of 32-bit paging
FRAME           equ HIGH
TARGET          equ 0x40000000
PF_P            equ 1
PF_W            equ 2
PF_RSVD         equ 8
TAKEN           equ 0xff
UNTRIED         equ -2

PROGRAM "walk_bits32"
    ENTER_PROTECTED
    call ask
    call make_tables
    mov eax, POINTERS
    mov cr3, eax
    SET_CR4 CR4_PAE, 0
    SET_CR0 CR0_PG, 0
    call pointers
    call entries
    test dword [nx], 1
    jz .no_nx
    SET_EFER EFER_NXE, 0
    call entries
    SET_EFER 0, EFER_NXE
.no_nx:
    SET_CR0 0, CR0_PG
    SET_CR4 0, CR4_PAE
    call large
    jmp finish_32

ask:
    mov eax, 1
    cpuid
    shr edx, 17
    and edx, 1
    mov [pse36], edx
    mov dword [physical_bits], 36
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000008
    jb .done
    mov eax, 0x80000001
    cpuid
    shr edx, 20
    and edx, 1
    mov [nx], edx
    mov eax, 0x80000008
    cpuid
    movzx eax, al
    mov [physical_bits], eax
.done:
    ret

make_tables:
    mov edi, TABLES
    xor eax, eax
    mov ecx, 0x5000/4
    rep stosd
    mov dword [POINTERS], LOW_DIRECTORY | 1
    mov dword [POINTERS + 8], DIRECTORY | 1
    mov edi, LOW_DIRECTORY
    mov eax, 0x87
    mov ecx, 8
.page:
    mov [edi], eax
    add eax, 0x200000
    add edi, 8
    loop .page
    mov dword [DIRECTORY], TABLE | 7
    mov dword [TABLE], FRAME | 7
    mov edi, NARROW
    mov eax, 0x87
    mov ecx, 4
.large:
    stosd
    add eax, 0x400000
    loop .large
    ret

; Bits 0 to 63, or as many as the entry has: `rule` finds the bit in ECX and leaves in EAX the
; vector, the error code above it, TAKEN or UNTRIED; `attempt` finds 1 << bit in EDX:EAX and ends
; behind AWAIT at .after. A failure shows the bit before the outcome.
;   EACH_BIT "name", bits, rule, attempt
%macro EACH_BIT 4.nolist
    RECORD 0, %1
    mov dword [bits_], %2
    mov dword [rule], %3
    mov dword [attempt], %4
    call each_bit
%endmacro
each_bit:
    mov dword [bit_], 0
.bit:
    mov ecx, [bit_]
    call [rule]
    cmp eax, UNTRIED
    je .next
    mov [wanted], eax
    mov ecx, [bit_]
    mov [wanted + 4], ecx
    mov [seen + 4], ecx
    call one_bit
    call [attempt]
    mov dword [resume.eip], 0
    movzx eax, byte [fault.vector]
    mov ah, [fault.error]
    mov [seen], eax
    call check_32
.next:
    inc dword [bit_]
    mov eax, [bits_]
    cmp [bit_], eax
    jb .bit
    ret

one_bit:                                ; to EDX:EAX
    mov ecx, [bit_]
    xor eax, eax
    xor edx, edx
    cmp ecx, 32
    jae .high
    bts eax, ecx
    ret
.high:
    bts edx, ecx                        ; modulo 32
    ret

; ---- The pointers: #GP(0) by whatever loads them ----

pointers:
    EACH_BIT "MOV CR3, each bit of a pointer", 64, .rule, .by_cr3
    EACH_BIT "MOV CR3, each bit of an absent pointer", 64, .absent, .by_cr3
    EACH_BIT "PG set, each bit of a pointer", 64, .rule, .by_cr0
    EACH_BIT "PGE changed, each bit of a pointer", 64, .rule, .by_cr4
    ret
.rule:
    mov dword [present], 1
    mov eax, GP_
    cmp ecx, [physical_bits]
    jae .told
    mov eax, TAKEN
    cmp ecx, 9
    jae .told
    cmp ecx, 3
    je .told
    cmp ecx, 4
    je .told
    cmp ecx, 0
    je .told
    mov eax, GP_
.told:
    ret
.absent:
    mov dword [present], 0
    mov eax, UNTRIED
    cmp ecx, 0
    je .told
    mov eax, TAKEN
    ret
.put:
    or eax, [present]
    mov [POINTERS + 16], eax
    mov [POINTERS + 20], edx
    ret
.clear:
    mov dword [POINTERS + 16], 0
    mov dword [POINTERS + 20], 0
    ret
.by_cr3:
    call .put
    mov eax, POINTERS
    AWAIT .insn3, .after3
.insn3:
    mov cr3, eax
.after3:
    REWIND
    jmp .clear
.by_cr0:
    SET_CR0 0, CR0_PG
    call one_bit
    call .put
    mov eax, cr0
    or eax, CR0_PG
    AWAIT .insn0, .after0
.insn0:
    mov cr0, eax
.after0:
    REWIND
    call .clear
    SET_CR0 CR0_PG, 0
    ret
.by_cr4:
    call .put
    mov eax, cr4
    xor eax, CR4_PGE
    AWAIT .insn4, .after4
.insn4:
    mov cr4, eax
.after4:
    REWIND
    jmp .clear

; ---- Entries of the directory and the table ----

entries:
    mov dword [entry], TABLE
    mov dword [value], FRAME | 7
    EACH_BIT "each bit of a page entry, read", 64, .page_rule, .read
    EACH_BIT "each bit of a page entry, written", 64, .page_written, .write
    mov dword [entry], DIRECTORY
    mov dword [value], TABLE | 7
    EACH_BIT "each bit of a directory entry, read", 64, .directory_rule, .read
    mov dword [value], FRAME | 0x87
    EACH_BIT "each bit of a 2 MiB page, read", 64, .large_rule, .read
    mov dword [DIRECTORY], TABLE | 7
    ret
.large_rule:
    mov eax, TAKEN
    cmp ecx, 12                         ; PAT
    je .told
    cmp ecx, 21
    jae .page_rule
    cmp ecx, 12
    ja .reserved
    ret
.directory_rule:
    mov eax, UNTRIED
    cmp ecx, 7
    je .told
.page_rule:
    mov eax, TAKEN
    cmp ecx, 12
    jb .told
    mov eax, UNTRIED
    cmp ecx, [physical_bits]
    jb .told
    cmp ecx, 63
    jne .reserved
    test dword [nx], 1
    jz .reserved
    push ecx
    mov ecx, MSR_EFER
    rdmsr
    pop ecx
    test eax, EFER_NXE
    mov eax, TAKEN
    jnz .told
.reserved:
    mov eax, PF_ | (PF_P | PF_RSVD) << 8
.told:
    ret
.page_written:
    call .page_rule
    cmp al, PF_
    jne .told
    cmp eax, UNTRIED
    je .told
    or eax, PF_W << 8
    ret
.put:
    mov ecx, [entry]
    or eax, [value]
    mov [ecx], eax
    mov [ecx + 4], edx
    invlpg [TARGET]
    ret
.back:
    mov ecx, [entry]
    mov eax, [value]
    mov [ecx], eax
    mov dword [ecx + 4], 0
    invlpg [TARGET]
    ret
.read:
    call .put
    AWAIT .insn_read, .after_read
.insn_read:
    mov al, [TARGET]
.after_read:
    REWIND
    jmp .back
.write:
    call .put
    AWAIT .insn_write, .after_write
.insn_write:
    mov [TARGET], al
.after_write:
    REWIND
    jmp .back

; ---- 4 MiB pages: PSE-36 has bits 20:13 for as many address bits as there are ----

large:
    mov eax, NARROW
    mov cr3, eax
    SET_CR4 CR4_PSE, 0
    SET_CR0 CR0_PG, 0
    mov dword [entry], NARROW + 4*(TARGET >> 22)
    mov dword [value], 0x87
    EACH_BIT "each bit of a 4 MiB page, read", 32, .rule, .read
    SET_CR0 0, CR0_PG
    SET_CR4 0, CR4_PSE
    ret
.rule:
    mov eax, UNTRIED
    cmp ecx, 22                         ; leads elsewhere
    jae .told
    mov eax, TAKEN
    cmp ecx, 12
    jbe .told
    cmp dword [pse36], 0
    je .reserved
    mov edx, [physical_bits]
    cmp edx, 40
    jbe .width
    mov edx, 40
.width:
    sub edx, 32 - 13                    ; bit 13 is address bit 32
    mov eax, UNTRIED
    cmp ecx, edx
    jb .told
.reserved:
    mov eax, PF_ | (PF_P | PF_RSVD) << 8
.told:
    ret
.read:
    or eax, [value]
    mov ecx, [entry]
    mov [ecx], eax
    invlpg [TARGET]
    AWAIT .insn, .after
.insn:
    mov al, [TARGET]
.after:
    REWIND
    ret

section .data
    align 8
bits_:          dd 0
bit_:           dd 0
rule:           dd 0
attempt:        dd 0
present:        dd 0
entry:          dd 0
value:          dd 0
pse36:          dd 0
nx:             dd 0
physical_bits:  dd 0
section .text

END_PROGRAM
