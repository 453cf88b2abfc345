; PAE paging: directory-pointer entries, 64-bit entries, NX, reserved bits,
; 2 MiB pages, and the rights all over again.
;
; SDM 3A 4.4 (4.4.1: loading of the PDPTEs), 4.6-4.8, 4.11.1.

%include "board.inc"
%include "protected.inc"

POINTERS        equ TABLES + 0xfe0      ; CR3 need only be aligned to 32 bytes
LOW_DIRECTORY   equ TABLES + 0x1000
LOW_TABLE       equ TABLES + 0x2000     ; two of them
DIRECTORY       equ TABLES + 0x4000     ; of TARGET's GiB
UPPER_TO        equ TABLES + 0x5000
OTHER           equ TABLES + 0x6000     ; another directory for that GiB
UPPER           equ DIRECTORY
LEAF            equ UPPER_TO
ENTRY           equ 8
FLAG_COMBINATIONS equ 16
BIG             equ TARGET + 0x200000
BIG_ENTRY       equ UPPER + 8
NX_HIGH         equ 1 << 31             ; in the upper half of an entry

PROGRAM "paging_pae"
    ENTER_PROTECTED
    mov eax, 7
    xor ecx, ecx
    cpuid
    mov [features7], ebx
    mov eax, 0x80000001
    cpuid
    mov [features_ext], edx
    mov eax, 0x80000008
    cpuid
    movzx ecx, al
    mov [physical_bits], ecx
    call make_tables
    call pointers
    call rights
    call reserved
    call big_pages
    call identity
    mov eax, cr0
    and eax, ~(CR0_PG | CR0_WP)
    mov cr0, eax
    jmp finish_32

%include "pagesweep.inc"

make_tables:
    mov edi, TABLES
    xor eax, eax
    mov ecx, 0x8000/4
    rep stosd
    mov dword [POINTERS], LOW_DIRECTORY | P_
    mov dword [POINTERS + 8], DIRECTORY | P_
    mov dword [LOW_DIRECTORY], LOW_TABLE | P_ | W_ | U_
    mov dword [LOW_DIRECTORY + 8], (LOW_TABLE + 0x1000) | P_ | W_ | U_
    mov edi, LOW_TABLE
    mov eax, P_ | W_ | U_
    mov ecx, 1024
.page:
    mov [edi], eax
    add eax, 0x1000
    add edi, 8
    loop .page
    ret

; The four pointers are read when CR3 is loaded (and when PG, PAE or PGE change),
; checked then, and not looked at again.
pointers:
    mov eax, POINTERS
    mov cr3, eax
    mov eax, CR4_PAE
    mov cr4, eax
    mov dword [POINTERS + 16], P_ | W_
    mov eax, cr0
    or eax, CR0_PG
    EXPECT_FAULT_NAMED "PG with R/W set in a pointer", GP_, 0, mov cr0, eax
    mov ecx, cr0
    and ecx, CR0_PG
    CHECK ecx, 0, "PG stays clear"
    mov dword [POINTERS + 16], 0
    EXPECT_OK_NAMED "PG with PAE", mov cr0, eax
    mov eax, cr3
    mov dword [POINTERS + 16], P_ | U_
    EXPECT_FAULT_NAMED "MOV CR3, U/S set in a pointer", GP_, 0, mov cr3, eax
    mov dword [POINTERS + 16], P_ | 0x20
    EXPECT_FAULT_NAMED "MOV CR3, bit 5 set in a pointer", GP_, 0, mov cr3, eax
    mov dword [POINTERS + 16], P_ | 0x80
    EXPECT_FAULT_NAMED "MOV CR3, bit 7 set in a pointer", GP_, 0, mov cr3, eax
    mov dword [POINTERS + 16], P_
    mov dword [POINTERS + 20], NX_HIGH
    EXPECT_FAULT_NAMED "MOV CR3, bit 63 set in a pointer", GP_, 0, mov cr3, eax
    mov dword [POINTERS + 20], 1 << 20
    EXPECT_FAULT_NAMED "MOV CR3, bit 52 set in a pointer", GP_, 0, mov cr3, eax
    mov dword [POINTERS + 16], W_ | U_ | 0xe0
    mov dword [POINTERS + 20], -1
    EXPECT_OK_NAMED "MOV CR3, the same in an absent pointer", mov cr3, eax
    mov dword [POINTERS + 16], P_ | 0xe18
    mov dword [POINTERS + 20], 0
    EXPECT_OK_NAMED "MOV CR3, PWT, PCD and bits for software", mov cr3, eax
    mov ecx, [POINTERS + 16]
    CHECK ecx, P_ | 0xe18, "a pointer has no accessed bit"
    mov dword [POINTERS + 16], 0
    ; changed in memory, not in the processor
    mov dword [DIRECTORY], UPPER_TO | P_ | W_ | U_
    mov dword [LEAF], FRAME | P_ | W_ | U_
    mov dword [FRAME], 0x51515151
    mov dword [OTHER], (UPPER_TO + 0x2000) | P_ | W_ | U_
    mov dword [UPPER_TO + 0x2000], (FRAME + 0x1000) | P_ | W_ | U_
    mov dword [FRAME + 0x1000], 0x61616161
    call flush
    mov dword [POINTERS + 8], OTHER | P_
    invlpg [TARGET]
    CHECK [TARGET], 0x51515151, "INVLPG does not read the pointers"
    call flush
    CHECK [TARGET], 0x61616161, "MOV CR3 does"
    mov dword [POINTERS + 8], DIRECTORY | P_
    SET_CR4 CR4_PGE, 0
    CHECK [TARGET], 0x51515151, "a change of PGE does"
    mov dword [POINTERS + 8], OTHER | P_
    SET_CR0 0, CR0_PG
    SET_CR0 CR0_PG, 0
    CHECK [TARGET], 0x61616161, "setting PG does"
    mov dword [POINTERS + 8], DIRECTORY | P_
    call flush
    EXPECT_PF 0, 0x80000000, mov eax, [0x80000000]
    EXPECT_PF PF_W, 0xfffffff0, mov [0xfffffff0], eax
    ret

supervisor_only:
    and dword [LOW_DIRECTORY], ~U_
    and dword [LOW_DIRECTORY + 8], ~U_
    jmp flush
everyones:
    or dword [LOW_DIRECTORY], U_
    or dword [LOW_DIRECTORY + 8], U_
flush:
    mov eax, cr3
    mov cr3, eax
    ret

rights:
    test dword [features_ext], 1 << 20
    jz .no_nx
    SET_EFER EFER_NXE, 0
    PAGE_SWEEP WITH_NX, "rights with NX, WP=0"
    SET_CR0 CR0_WP, 0
    PAGE_SWEEP WITH_NX | WITH_WP, "rights with NX, WP=1"
    test dword [features7], 1 << 7
    jz .no_smep
    call supervisor_only
    SET_CR4 CR4_SMEP, 0
    PAGE_SWEEP WITH_WP | WITH_NX | WITH_SMEP | NO_USER, "rights with NX and SMEP"
    SET_CR4 0, CR4_SMEP
    call everyones
.no_smep:
    test dword [features7], 1 << 20
    jz .no_nx
    call supervisor_only
    SET_CR4 CR4_SMAP, 0
    PAGE_SWEEP WITH_WP | WITH_NX | WITH_SMAP | NO_USER, "rights with NX and SMAP"
    SET_CR4 0, CR4_SMAP
    call everyones
.no_nx:
    SET_CR0 CR0_WP, 0
    ret

; An entry with a reserved bit: #PF with RSVD, which means P too (SDM 3A 4.7).
%macro RESERVED 4                       ; name, entry, bit of the upper half, address
    mov dword [%2 + 4], %3
    call flush
    EXPECT_FAULT_NAMED %1, PF_, PF_P | PF_RSVD, mov eax, [%4]
    CHECK [fault.cr2], %4, "CR2 of it"
    mov dword [%2 + 4], 0
%endmacro
reserved:
    mov dword [UPPER], UPPER_TO | P_ | W_ | U_
    mov dword [LEAF], FRAME | P_ | W_ | U_
    call flush
    RESERVED "bit 52 of a page entry", LEAF, 1 << 20, TARGET
    RESERVED "bit 62 of a page entry", LEAF, 1 << 30, TARGET
    RESERVED "bit 52 of a directory entry", UPPER, 1 << 20, TARGET
    cmp dword [physical_bits], 52
    jae .all
    mov ecx, [physical_bits]
    sub ecx, 32
    mov eax, 1
    shl eax, cl
    mov [LEAF + 4], eax
    call flush
    EXPECT_FAULT_NAMED "the first bit above the physical address", \
        PF_, PF_P | PF_RSVD, mov eax, [TARGET]
    mov dword [LEAF + 4], 0
.all:
    test dword [features_ext], 1 << 20
    jz .no_nx
    SET_EFER 0, EFER_NXE
    RESERVED "NX of a page entry without NXE", LEAF, NX_HIGH, TARGET
    RESERVED "NX of a directory entry without NXE", UPPER, NX_HIGH, TARGET
    mov byte [FRAME], 0xc3
    mov dword [LEAF], 0
    call flush
    AWAIT TARGET, .fetched
    jmp TARGET
.fetched:
    JUDGE "a fetch without NXE sets no I/D", PF_, 0, 0
    mov dword [LEAF + 4], NX_HIGH
    EXPECT_PF 0, TARGET, mov eax, [TARGET]
    mov dword [LEAF + 4], 0
    SET_EFER EFER_NXE, 0
.no_nx:
    mov dword [LEAF], FRAME | P_ | W_ | U_
    call flush
    ; reserved bits come before rights, and only of entries that are present
    mov dword [LEAF], FRAME | P_
    mov dword [LEAF + 4], 1 << 20
    call flush
    mov edx, TARGET
    USER_PF PF_P | PF_RSVD | PF_U | PF_W, TARGET, mov [edx], eax
    and dword [LEAF], ~P_
    USER_PF PF_U | PF_W, TARGET, mov [edx], eax
    mov dword [LEAF + 4], 0
    mov dword [LEAF], FRAME | P_ | W_ | U_
    ret

; 2 MiB pages (PS counts whatever CR4.PSE says).
big_pages:
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | U_ | PS_
    call flush
    mov dword [BIG + 0x1fffc], 0x12121212
    CHECK [BIG_ENTRY], 0x800000 | P_ | W_ | U_ | PS_ | A_ | D_, "A and D of a large page"
    mov dword [LEAF], 0x81f000 | P_ | W_
    invlpg [TARGET]
    CHECK [TARGET + 0xffc], 0x12121212, "where a large page is"
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | PS_ | 1 << 13
    invlpg [BIG]
    EXPECT_PF PF_P | PF_RSVD, BIG, mov eax, [BIG]
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | PS_ | 1 << 20
    invlpg [BIG]
    EXPECT_PF PF_P | PF_RSVD, BIG + 0x1ff000, mov eax, [BIG + 0x1ff000]
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | PS_ | 1 << 12
    invlpg [BIG]
    EXPECT_OK_NAMED "bit 12 of a large page is PAT", mov eax, [BIG]
    mov dword [BIG_ENTRY], 0
    mov dword [LEAF], FRAME | P_ | W_ | U_
    call flush
    ret

; Entries of 64 bits in a table of 512: two tables make what one made before.
identity:
    mov dword [UPPER_TO + 511*8], FRAME | P_ | W_
    invlpg [TARGET + 0x1ff000]
    mov dword [FRAME + 0x10], 0x34343434
    CHECK [TARGET + 0x1ff010], 0x34343434, "the last entry of a table"
    EXPECT_PF 0, BIG, mov eax, [BIG]
    ret

section .data
features7:      dd 0
features_ext:   dd 0
physical_bits:  dd 0
section .text

END_PROGRAM
