; Four-level paging: the rights by each level, NX, SMEP, SMAP, protection keys,
; reserved bits, large pages, PCIDs and INVPCID, UMIP, and the control bits that
; long mode does not let go.
;
; SDM 3A 4.5, 4.6 (4.6.2: keys), 4.7, 4.10; 2A INVPCID; 2B MOV CR; 2D WRPKRU.

%include "board.inc"
%include "long.inc"

DIRECTORY       equ MORE_TABLES         ; of TARGET's GiB
UPPER_TO        equ MORE_TABLES + 0x1000
UPPER           equ DIRECTORY
LEAF            equ UPPER_TO
ENTRY           equ 8
FLAG_COMBINATIONS equ 16
NEXT            equ TARGET + 0x1000
BIG             equ TARGET + 0x200000
BIG_ENTRY       equ UPPER + 8
NX_HIGH         equ 1 << 31             ; in the upper half of an entry
MSR_PKRS        equ 0x6e1

PROGRAM "paging64"
    ENTER_LONG
    mov qword [PDPT + 8], DIRECTORY | P_ | W_ | U_
    mov qword [DIRECTORY], UPPER_TO | P_ | W_ | U_
    mov eax, 7
    xor ecx, ecx
    cpuid
    mov [features7], ebx
    mov [features7 + 4], ecx
    mov eax, 1
    cpuid
    mov [features1], ecx
    mov eax, 0x80000001
    cpuid
    mov [features_ext], edx
    mov eax, 0x80000008
    cpuid
    movzx ecx, al
    mov [physical_bits], ecx
    call held
    call rights
    call levels
    call reserved
    call large
    call smap
    call keys
    call contexts
    call umip
    call across
    mov rax, cr0
    and eax, ~CR0_PG
    call held_too
    jmp finish_64

%include "pagesweep.inc"

flush:
    mov rax, cr3
    mov cr3, rax
    ret
supervisor_only:
    and dword [PDPT], ~U_
    jmp flush
everyones:
    or dword [PDPT], U_
    jmp flush

; What long mode keeps (SDM 3A 2.5, 4.1.2; 2B MOV CR).
held:
    mov rax, cr4
    xor eax, CR4_LA57
    EXPECT_FAULT_NAMED "LA57 changed in long mode", GP_, 0, mov cr4, rax
    mov ecx, MSR_EFER
    rdmsr
    CHECK32 eax, EFER_LME | EFER_LMA, "EFER"
    and eax, ~EFER_LME
    EXPECT_FAULT_NAMED "LME cleared with paging on", GP_, 0, wrmsr
    rdmsr
    or eax, 1 << 1
    EXPECT_FAULT_NAMED "a reserved bit of EFER", GP_, 0, wrmsr
    rdmsr
    and eax, ~EFER_LMA
    EXPECT_OK_NAMED "LMA is not software's", wrmsr
    rdmsr
    CHECK32 eax, EFER_LME | EFER_LMA, "EFER after that"
    ret

; The same, last: some emulators let these pass and get lost.
held_too:
    mov rax, cr3
    bts rax, 63
    EXPECT_FAULT_NAMED "bit 63 of CR3 without PCIDE", GP_, 0, mov cr3, rax
    mov rax, cr0
    bts rax, 32
    EXPECT_FAULT_NAMED "bit 32 of CR0", GP_, 0, mov cr0, rax
    mov rax, cr4
    bts rax, 32
    EXPECT_FAULT_NAMED "bit 32 of CR4", GP_, 0, mov cr4, rax
    mov rax, cr3
    bts rax, 62
    EXPECT_FAULT_NAMED "bit 62 of CR3", GP_, 0, mov cr3, rax
    cmp dword [physical_bits], 52
    jae .all
    mov rax, cr3
    mov ecx, [physical_bits]
    bts rax, rcx
    EXPECT_FAULT_NAMED "CR3 above the physical address", GP_, 0, mov cr3, rax
.all:
    mov rax, cr4
    and eax, ~CR4_PAE
    EXPECT_FAULT_NAMED "PAE cleared in long mode", GP_, 0, mov cr4, rax
    EXPECT_FAULT_NAMED "PG cleared in 64-bit code", GP_, 0, mov cr0, rax
    ret

rights:
    mov eax, [features_ext]
    test eax, 1 << 20
    jz .no_nx
    SET_EFER EFER_NXE, 0
    PAGE_SWEEP WITH_NX, "rights, WP=0"
    SET_CR0 CR0_WP, 0
    PAGE_SWEEP WITH_NX | WITH_WP, "rights, WP=1"
    test dword [features7], 1 << 7
    jz .no_smep
    call supervisor_only
    SET_CR4 CR4_SMEP, 0
    PAGE_SWEEP WITH_WP | WITH_NX | WITH_SMEP | NO_USER, "rights with SMEP"
    SET_CR4 0, CR4_SMEP
    call everyones
.no_smep:
    test dword [features7], 1 << 20
    jz .no_smap
    call supervisor_only
    SET_CR4 CR4_SMAP, 0
    PAGE_SWEEP WITH_WP | WITH_NX | WITH_SMAP | NO_USER, "rights with SMAP"
    PAGE_SWEEP WITH_WP | WITH_NX | WITH_SMAP | WITH_AC | NO_USER, "rights with SMAP and AC"
    SET_CR0 0, CR0_WP
    PAGE_SWEEP WITH_NX | WITH_SMAP | WITH_AC | NO_USER, "rights with SMAP and AC, WP=0"
    SET_CR0 CR0_WP, 0
    SET_CR4 0, CR4_SMAP
    call everyones
.no_smap:
.no_nx:
    ret

; The same from the levels above: a pointer, and the root entry of another 512 GiB
; would do no more, so the pointer stands for both.
levels:
    mov dword [page.upper_at], PDPT + 8
    mov dword [page.base], DIRECTORY
    PAGE_SWEEP WITH_NX | WITH_WP, "rights by the pointer entry"
    mov dword [page.upper_at], UPPER
    mov dword [page.base], UPPER_TO
    call everyones
    mov qword [PDPT + 8], DIRECTORY | P_ | W_ | U_
    mov qword [UPPER], UPPER_TO | P_ | W_ | U_
    mov qword [LEAF], FRAME | P_ | W_ | U_
    and dword [PML4], ~A_
    call flush
    mov [TARGET], eax
    CHECK [PDPT + 8], DIRECTORY | P_ | W_ | U_ | A_, "A of a pointer entry"
    CHECK [UPPER], UPPER_TO | P_ | W_ | U_ | A_, "A of a directory entry"
    CHECK [LEAF], FRAME | P_ | W_ | U_ | A_ | D_, "A and D of a page entry"
    mov eax, [PML4]
    and eax, A_
    CHECK rax, A_, "A of the root entry"
    ret

%macro RESERVED 4                       ; name, entry, bit of the upper half, address
    mov eax, [%2 + 4]
    mov dword [%2 + 4], %3
    push rax
    call flush
    EXPECT_FAULT_NAMED %1, PF_, PF_P | PF_RSVD, mov eax, [%4]
    pop rax
    mov [%2 + 4], eax
    call flush
%endmacro
reserved:
    mov ecx, [physical_bits]
    cmp ecx, 51
    ja .all
    RESERVED "bit 51 of a page entry", LEAF, 1 << 19, TARGET
    RESERVED "bit 51 of a directory entry", UPPER, 1 << 19, TARGET
    RESERVED "bit 51 of a pointer entry", PDPT + 8, 1 << 19, TARGET
.all:
    mov dword [LEAF + 4], 0x7ff << 20   ; 62:52 are software's and the key
    call flush
    EXPECT_OK_NAMED "bits 62:52 of a page entry", mov eax, [TARGET]
    mov dword [LEAF + 4], 0
    or dword [PML4 + 8], P_ | PS_
    mov rdx, 1 << 39
    EXPECT_FAULT_NAMED "PS in a root entry", PF_, PF_P | PF_RSVD, mov eax, [rdx]
    CHECK [fault.cr2], 1 << 39, "CR2 of it"
    mov qword [PML4 + 8], 0
    test dword [features_ext], 1 << 20
    jz .no_nx
    SET_EFER 0, EFER_NXE
    RESERVED "NX of a page entry without NXE", LEAF, NX_HIGH, TARGET
    RESERVED "NX of a pointer entry without NXE", PDPT + 8, NX_HIGH, TARGET
    SET_EFER EFER_NXE, 0
.no_nx:
    ; CR2 is 64 bits wide
    mov rdx, 0xffff800000000123
    EXPECT_FAULT_NAMED "an absent page up high", PF_, PF_W, mov [rdx], al
    CHECK [fault.cr2], 0xffff800000000123, "CR2 of it"
    mov rdx, -1
    EXPECT_FAULT_NAMED "the last byte there is", PF_, 0, mov al, [rdx]
    CHECK [fault.cr2], -1, "CR2 of it"
    USER_FAULT_NAMED "and in ring 3", PF_, PF_U, mov al, [rdx]
    ret

large:
    mov qword [BIG_ENTRY], 0x800000 | P_ | W_ | U_ | PS_
    call flush
    mov dword [BIG + 0x1ffffc], 0x12121212
    CHECK [BIG_ENTRY], 0x800000 | P_ | W_ | U_ | PS_ | A_ | D_, "A and D of a 2 MiB page"
    CHECK32 [0x9ffffc], 0x12121212, "where it is"
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | PS_ | 1 << 13
    call flush
    EXPECT_FAULT_NAMED "bit 13 of a 2 MiB page", PF_, PF_P | PF_RSVD, mov eax, [BIG]
    mov dword [BIG_ENTRY], 0
    test dword [features_ext], 1 << 26
    jz .no_gigabyte
    mov dword [PDPT + 16], P_ | W_ | U_ | PS_
    call flush
    mov edx, 0x80000000 + SCRATCH
    mov dword [rdx], 0x23232323
    CHECK32 [SCRATCH], 0x23232323, "a 1 GiB page"
    CHECK32 [PDPT + 16], P_ | W_ | U_ | PS_ | A_ | D_, "A and D of it"
    mov dword [PDPT + 16], P_ | W_ | U_ | PS_ | 1 << 29
    call flush
    EXPECT_FAULT_NAMED "bit 29 of a 1 GiB page", PF_, PF_P | PF_RSVD, mov eax, [rdx]
    mov dword [PDPT + 16], P_ | W_ | U_ | PS_ | 1 << 13
    call flush
    EXPECT_FAULT_NAMED "bit 13 of a 1 GiB page", PF_, PF_P | PF_RSVD, mov eax, [rdx]
    jmp .pointers
.no_gigabyte:
    mov dword [PDPT + 16], P_ | W_ | U_ | PS_
    call flush
    mov edx, 0x80000000
    EXPECT_FAULT_NAMED "PS in a pointer entry without 1 GiB pages", \
        PF_, PF_P | PF_RSVD, mov eax, [rdx]
.pointers:
    mov dword [PDPT + 16], 0
    jmp flush

; SMAP and what the processor reads for itself (SDM 3A 4.6.1: implicit accesses
; are refused whatever AC says), STAC and CLAC.
smap:
    test dword [features7], 1 << 20
    jnz .there
    ret
.there:
    USER_FAULT_NAMED "stac in ring 3", UD_, 0, stac
    USER_FAULT_NAMED "clac in ring 3", UD_, 0, clac
    stac
    CHECK_FLAGS AC, AC, "STAC"
    clac
    CHECK_FLAGS AC, 0, "CLAC"
    ; the GDT over two pages: what is in the second, from 100h on, is ring 3's
    mov qword [LEAF], FRAME | P_ | W_
    mov qword [LEAF + 8], (FRAME + 0x1000) | P_ | W_ | U_
    call flush
    DESCRIBE 0x120, 0, 0xfffff, PRESENT | DPL3 | DATA_RW | ACCESSED, FLAT
    mov esi, gdt
    mov edi, NEXT - 0x100
    mov ecx, (GDT_LIMIT + 1)/4
    rep movsd
    mov dword [gdtr + 2], NEXT - 0x100
    lgdt [gdtr]
    call supervisor_only
    SET_CR4 CR4_SMAP, 0
    stac
    EXPECT_OK_NAMED "an explicit access with AC", mov eax, [NEXT]
    mov eax, 0x120
    stac
    ; (stricter than some emulators)
    EXPECT_FAULT_NAMED "mov fs, ax: the GDT is in a page of ring 3", PF_, PF_P, mov fs, ax
    CHECK [fault.cr2], NEXT + 0x20, "CR2: the descriptor"
    SET_CR4 0, CR4_SMAP
    call everyones
    EXPECT_OK_NAMED "mov fs, ax without SMAP", mov fs, ax
    mov dword [gdtr + 2], gdt
    lgdt [gdtr]
    ret

; Protection keys of ring 3's pages (SDM 3A 4.6.2). (CR0.WP is set.)
%macro KEY 1                            ; PKRU
    xor ecx, ecx
    xor edx, edx
    mov eax, %1
    wrpkru
%endmacro
keys:
    xor ecx, ecx
    EXPECT_FAULT_NAMED "rdpkru without PKE", UD_, 0, rdpkru
    test dword [features7 + 4], 1 << 3
    jnz .there
    ret
.there:
    SET_CR4 CR4_PKE, 0
    mov eax, 7
    xor ecx, ecx
    cpuid
    and ecx, 1 << 4
    CHECK rcx, 1 << 4, "CPUID tells of PKE (OSPKE)"
    xor ecx, ecx
    rdpkru
    CHECK rdx, 0, "RDPKRU clears EDX"
    xor edx, edx
    mov ecx, 1
    EXPECT_FAULT_NAMED "rdpkru with ECX", GP_, 0, rdpkru
    EXPECT_FAULT_NAMED "wrpkru with ECX", GP_, 0, wrpkru
    xor ecx, ecx
    inc edx
    EXPECT_FAULT_NAMED "wrpkru with EDX", GP_, 0, wrpkru
    mov qword [UPPER], UPPER_TO | P_ | W_ | U_
    mov rax, 5 << 59 | FRAME | P_ | W_ | U_
    mov [LEAF], rax
    call flush
    KEY 0
    mov ebx, TARGET
    KEY 1 << 10                         ; key 5: no access
    EXPECT_FAULT_NAMED "AD: read in ring 0", PF_, PF_P | PF_PK, mov eax, [rbx]
    EXPECT_FAULT_NAMED "AD: write in ring 0", PF_, PF_P | PF_W | PF_PK, mov [rbx], eax
    USER_FAULT_NAMED "AD: read in ring 3", PF_, PF_P | PF_U | PF_PK, mov eax, [rbx]
    mov byte [FRAME], 0xc3
    EXPECT_OK_NAMED "AD: execute in ring 0", call TARGET
    KEY 2 << 10                         ; key 5: no writes
    EXPECT_OK_NAMED "WD: read in ring 0", mov eax, [rbx]
    EXPECT_FAULT_NAMED "WD: write in ring 0", PF_, PF_P | PF_W | PF_PK, mov [rbx], eax
    USER_OK_NAMED "WD: read in ring 3", mov eax, [rbx]
    USER_FAULT_NAMED "WD: write in ring 3", PF_, PF_P | PF_W | PF_U | PF_PK, mov [rbx], eax
    SET_CR0 0, CR0_WP
    EXPECT_OK_NAMED "WD: write in ring 0, WP=0", mov [rbx], eax
    USER_FAULT_NAMED "WD: write in ring 3, WP=0", PF_, PF_P | PF_W | PF_U | PF_PK, mov [rbx], eax
    SET_CR0 CR0_WP, 0
    mov rax, 5 << 59 | FRAME | P_ | W_
    mov [LEAF], rax
    call flush
    KEY 3 << 10
    EXPECT_OK_NAMED "a page of ring 0 has no key", mov [rbx], eax
    mov rax, 5 << 59 | FRAME | P_ | U_
    mov [LEAF], rax
    call flush
    EXPECT_FAULT_NAMED "no right and no key: both are told", \
        PF_, PF_P | PF_W | PF_PK, mov [rbx], eax
    KEY 0
    SET_CR4 0, CR4_PKE
    mov qword [LEAF], FRAME | P_ | W_ | U_
    jmp flush

; PCIDs (SDM 3A 4.10.1), INVPCID. Not asked: what a TLB keeps.
contexts:
    test dword [features1], 1 << 17
    jz .no_pcid
    mov rax, cr3
    or eax, 8
    mov cr3, rax
    mov rax, cr4
    mov edx, eax
    or eax, CR4_PCIDE
    EXPECT_FAULT_NAMED "PCIDE while CR3[11:0] is not 0", GP_, 0, mov cr4, rax
    mov rcx, cr3
    and ecx, ~8
    mov cr3, rcx
    EXPECT_OK_NAMED "PCIDE", mov cr4, rax
    mov eax, PML4 | 0x123
    bts rax, 63
    EXPECT_OK_NAMED "bit 63 of CR3 with PCIDE", mov cr3, rax
    mov rax, cr3
    CHECK rax, PML4 | 0x123, "CR3: a PCID and no bit 63"
    mov qword [LEAF], FRAME | P_ | W_
    invlpg [TARGET]
    mov dword [FRAME], 0x11111111
    mov dword [FRAME + 0x1000], 0x22222222
    CHECK32 [TARGET], 0x11111111, "a page in PCID 123h"
    mov qword [LEAF], (FRAME + 0x1000) | P_ | W_
    mov eax, PML4 | 0x123
    mov cr3, rax
    CHECK32 [TARGET], 0x22222222, "MOV CR3 forgets what its PCID had"
    mov qword [LEAF], FRAME | P_ | W_
    invlpg [TARGET]
    CHECK32 [TARGET], 0x11111111, "INVLPG in a PCID"
    test dword [features7], 1 << 10
    jz .no_invpcid
    xor eax, eax
    mov qword [LEAF], (FRAME + 0x1000) | P_ | W_
    EXPECT_OK_NAMED "invpcid, one address", invpcid rax, [of_target]
    CHECK32 [TARGET], 0x22222222, "it is forgotten"
    mov qword [LEAF], FRAME | P_ | W_
    mov eax, 1
    EXPECT_OK_NAMED "invpcid, one context", invpcid rax, [of_target]
    CHECK32 [TARGET], 0x11111111, "it is forgotten"
    mov qword [LEAF], (FRAME + 0x1000) | P_ | W_
    mov eax, 2
    EXPECT_OK_NAMED "invpcid, all", invpcid rax, [of_target]
    CHECK32 [TARGET], 0x22222222, "it is forgotten"
    mov qword [LEAF], FRAME | P_ | W_
    mov eax, 3
    EXPECT_OK_NAMED "invpcid, all but global", invpcid rax, [of_target]
    CHECK32 [TARGET], 0x11111111, "it is forgotten"
    mov eax, 4
    EXPECT_FAULT_NAMED "invpcid, type 4", GP_, 0, invpcid rax, [of_target]
    xor eax, eax
    EXPECT_FAULT_NAMED "invpcid, not canonical", GP_, 0, invpcid rax, [not_canonical]
    EXPECT_FAULT_NAMED "invpcid, a reserved bit", GP_, 0, invpcid rax, [reserved_bit]
    USER_FAULT_NAMED "invpcid in ring 3", GP_, 0, invpcid rax, [of_target]
    EXPECT_FAULT_NAMED "invpcid of a register", UD_, 0, db 0x66, 0x0f, 0x38, 0x82, 0xc0
.no_invpcid:
    mov eax, PML4
    mov cr3, rax
    SET_CR4 0, CR4_PCIDE
    test dword [features7], 1 << 10
    jz .no_pcid
    xor eax, eax
    EXPECT_FAULT_NAMED "invpcid of a PCID without PCIDE", GP_, 0, invpcid rax, [of_target]
.no_pcid:
    ret

; UMIP (SDM 3A 2.5): tables and status word are ring 0's.
umip:
    test dword [features7 + 4], 1 << 2
    jnz .there
    ret
.there:
    USER_OK_NAMED "sidt in ring 3 without UMIP", sidt [keep]
    SET_CR4 CR4_UMIP, 0
    USER_FAULT_NAMED "sgdt in ring 3", GP_, 0, sgdt [keep]
    USER_FAULT_NAMED "sidt in ring 3", GP_, 0, sidt [keep]
    USER_FAULT_NAMED "sldt in ring 3", GP_, 0, sldt eax
    USER_FAULT_NAMED "sldt of memory in ring 3", GP_, 0, sldt [keep]
    USER_FAULT_NAMED "str in ring 3", GP_, 0, str eax
    USER_FAULT_NAMED "smsw in ring 3", GP_, 0, smsw eax
    EXPECT_OK_NAMED "sgdt in ring 0", sgdt [keep]
    EXPECT_OK_NAMED "smsw in ring 0", smsw eax
    SET_CR4 0, CR4_UMIP
    ret

; Wide accesses over the edge of a page.
across:
    mov qword [LEAF], FRAME | P_ | W_ | U_
    mov qword [LEAF + 8], 0
    call flush
    mov ebx, NEXT
    EXPECT_FAULT_NAMED "mov rax over the edge", PF_, 0, mov rax, [rbx - 1]
    CHECK [fault.cr2], NEXT, "CR2 of it"
    EXPECT_FAULT_NAMED "movups over the edge", PF_, PF_W, movups [rbx - 15], xmm0
    CHECK [fault.cr2], NEXT, "CR2 of it"
    EXPECT_FAULT_NAMED "fxsave over the edge", PF_, PF_W, fxsave [rbx - 0x100]
    CHECK [fault.cr2], NEXT, "CR2 of it"
    EXPECT_FAULT_NAMED "an absent page and one that is there", PF_, 0, mov rax, [rbx + 0xffc]
    mov qword [LEAF + 8], FRAME | P_ | W_
    call flush
    USER_FAULT_NAMED "ring 3 over the edge into ring 0's page", PF_, PF_P | PF_U, mov rax, [rbx - 4]
    CHECK [fault.cr2], NEXT, "CR2 of it"
    ret

section .data
    align 16
of_target:      dq 0x123, TARGET
not_canonical:  dq 0x123, 1 << 56      ; nor with five levels
reserved_bit:   dq 0x1123, TARGET
keep:           dq 0, 0
features1:      dd 0
features7:      dd 0, 0
features_ext:   dd 0
physical_bits:  dd 0
section .text

END_PROGRAM
