; Paging with 32-bit entries: rights, error codes, accessed and dirty bits, CR2,
; 4 MiB pages, PSE-36, global pages, INVLPG, accesses across pages, and page
; faults while an exception is delivered.
;
; SDM 3A 4.1-4.3, 4.6-4.8, 4.10; table 6-5.

%include "board.inc"
%include "protected.inc"

DIRECTORY       equ TABLES
LOW_TABLE       equ TABLES + 0x1000     ; the first 4 MiB, by 4 KiB pages
UPPER_TO        equ TABLES + 0x2000
UPPER           equ DIRECTORY + 4*(TARGET >> 22)
LEAF            equ UPPER_TO
ENTRY           equ 4
FLAG_COMBINATIONS equ 8
NEXT            equ TARGET + 0x1000     ; the page behind TARGET
BIG             equ TARGET + 0x400000   ; and a 4 MiB page
BIG_ENTRY       equ UPPER + 4

PROGRAM "paging32"
    ENTER_PROTECTED
    mov eax, 7
    cpuid
    mov [features7], ebx
    mov eax, 1
    cpuid
    mov [features1], edx
    call make_tables
    call switching
    call rights
    call accessed
    call across
    call big_pages
    call translation
    call deliveries
    mov eax, cr0
    and eax, ~(CR0_PG | CR0_WP)
    mov cr0, eax
    CHECK [FRAME + 0x24], 0x00cff300, "paging goes off again"
    jmp finish_32

%include "pagesweep.inc"

make_tables:
    mov edi, TABLES
    xor eax, eax
    mov ecx, 0x8000/4
    rep stosd
    mov dword [DIRECTORY], LOW_TABLE | P_ | W_ | U_
    mov edi, LOW_TABLE
    mov eax, P_ | W_ | U_
    mov ecx, 1024
.page:
    stosd
    add eax, 0x1000
    loop .page
    ret

; PG, and what it asks for.
switching:
    mov eax, DIRECTORY
    mov cr3, eax
    mov eax, cr0
    mov edx, eax
    or eax, CR0_PG
    and eax, ~CR0_PE
    EXPECT_FAULT_NAMED "PG without PE", GP_, 0, mov cr0, eax
    mov eax, edx
    or eax, CR0_PG
    EXPECT_OK_NAMED "PG", mov cr0, eax
    mov eax, CR4_PGE                    ; and 4 MiB pages off
    EXPECT_OK_NAMED "PGE", mov cr4, eax
    mov eax, cr3
    CHECK eax, DIRECTORY, "CR3"
    mov eax, DIRECTORY | 0x18           ; PCD and PWT are kept
    mov cr3, eax
    mov eax, cr3
    CHECK eax, DIRECTORY | 0x18, "CR3 with PCD and PWT"
    mov eax, DIRECTORY
    mov cr3, eax
    ret

rights:
    PAGE_SWEEP 0, "rights, WP=0"
    SET_CR0 CR0_WP, 0
    PAGE_SWEEP WITH_WP, "rights, WP=1"
    test dword [features7], 1 << 7
    jz .no_smep
    call supervisor_only
    SET_CR4 CR4_SMEP, 0
    PAGE_SWEEP WITH_WP | WITH_SMEP | NO_USER, "rights with SMEP"
    SET_CR4 0, CR4_SMEP
    call everyones
.no_smep:
    test dword [features7], 1 << 20
    jz .no_smap
    call supervisor_only
    SET_CR4 CR4_SMAP, 0
    PAGE_SWEEP WITH_WP | WITH_SMAP | NO_USER, "rights with SMAP"
    PAGE_SWEEP WITH_WP | WITH_SMAP | WITH_AC | NO_USER, "rights with SMAP and AC"
    SET_CR0 0, CR0_WP
    PAGE_SWEEP WITH_SMAP | NO_USER, "rights with SMAP, WP=0"
    SET_CR4 0, CR4_SMAP
    call everyones
.no_smap:
    SET_CR0 CR0_WP, 0
    ret

; The program's own pages, as the extensions want them.
supervisor_only:
    and dword [DIRECTORY], ~U_
    jmp flush
everyones:
    or dword [DIRECTORY], U_
flush:
    mov eax, cr3
    mov cr3, eax
    ret

; Accessed and dirty bits (SDM 3A 4.8), which nobody but software clears.
accessed:
    mov dword [UPPER], UPPER_TO | P_ | W_ | U_
    mov dword [LEAF], FRAME | P_ | W_ | U_
    invlpg [TARGET]
    mov eax, [TARGET]
    CHECK [LEAF], FRAME | P_ | W_ | U_ | A_, "a read sets A"
    CHECK [UPPER], UPPER_TO | P_ | W_ | U_ | A_, "and A of the directory"
    mov [TARGET], eax
    CHECK [LEAF], FRAME | P_ | W_ | U_ | A_ | D_, "a write after the read sets D"
    mov dword [LEAF], FRAME | P_ | W_ | U_
    mov dword [UPPER], UPPER_TO | P_ | W_ | U_
    invlpg [TARGET]
    or dword [TARGET], 0
    CHECK [LEAF], FRAME | P_ | W_ | U_ | A_ | D_, "OR sets both at once"
    CHECK [UPPER], UPPER_TO | P_ | W_ | U_ | A_, "and no D in the directory"
    mov dword [LEAF], FRAME | P_ | W_
    invlpg [TARGET]
    lea edx, [TARGET]
    USER_PF PF_P | PF_U, TARGET, mov eax, [edx]
    mov dword [LEAF], FRAME | P_
    invlpg [TARGET]
    mov eax, [TARGET]                   ; now in the TLB, clean and read-only
    EXPECT_PF PF_P | PF_W, TARGET, mov [TARGET], eax
    CHECK [LEAF], FRAME | P_ | A_, "a refused write sets no D"
    ; INVLPG, LAR, PREFETCH and NOP of such an address do not fault
    EXPECT_OK_NAMED "invlpg of an absent page", invlpg [NEXT]
    EXPECT_OK_NAMED "prefetch of an absent page", prefetcht0 [NEXT]
    EXPECT_OK_NAMED "a long NOP on an absent page", nop dword [NEXT]
    ret

; Accesses over the edge of a page: CR2 is the first byte that faults.
across:
    mov dword [LEAF], FRAME | P_ | W_ | U_
    mov dword [LEAF + 4], 0
    call flush
    EXPECT_PF 0, NEXT, mov eax, [NEXT - 1]
    EXPECT_PF 0, NEXT, mov eax, [NEXT - 3]
    EXPECT_PF PF_W, NEXT, mov [NEXT - 2], eax
    EXPECT_PF 0, NEXT, fld tword [NEXT - 8]
    mov dword [FRAME + 0xffc], 0x11223344
    EXPECT_PF PF_W, NEXT, mov dword [NEXT - 2], 0x55667788
    CHECK [FRAME + 0xffc], 0x11223344, "nothing of the refused write is there"
    ; a read that will write asks for both at once (stricter than some emulators)
    EXPECT_PF PF_W, NEXT, add dword [NEXT - 2], 1
    EXPECT_PF PF_W, NEXT, xchg [NEXT - 1], ax
    mov dword [LEAF], 0
    mov dword [LEAF + 4], FRAME + 0x1000 + (P_ | W_ | U_)
    call flush
    EXPECT_PF 0, NEXT - 1, mov eax, [NEXT - 1]
    EXPECT_PF PF_W, NEXT - 2, mov [NEXT - 2], eax
    mov dword [FRAME + 0x1000], 0x99aabbcc
    EXPECT_PF PF_W, NEXT - 2, mov dword [NEXT - 2], 0x55667788
    CHECK [FRAME + 0x1000], 0x99aabbcc, "nor in the second page"
    EXPECT_PF 0, TARGET + 0x100, mov eax, [TARGET + 0x100]
    mov edx, NEXT - 1
    USER_PF PF_U, NEXT - 1, mov eax, [edx]
    ; string instructions stop where they are
    mov dword [LEAF], FRAME | P_ | W_ | U_
    mov dword [LEAF + 4], 0
    call flush
    mov esi, SCRATCH
    mov edi, NEXT - 6
    mov ecx, 4
    EXPECT_FAULT_NAMED "rep movsd over the edge", PF_, PF_W, rep movsd
    CHECK [fault.cr2], NEXT, "rep movsd: CR2"
    CHECK ecx, 3, "rep movsd: ECX"
    CHECK esi, SCRATCH + 4, "rep movsd: ESI"
    CHECK edi, NEXT - 2, "rep movsd: EDI"
    mov eax, [fault.eflags]
    and eax, RF
    CHECK eax, RF, "RF is set in its image"
    mov edi, NEXT - 3
    mov eax, 0x5a
    mov ecx, 8
    EXPECT_FAULT_NAMED "rep stosb over the edge", PF_, PF_W, rep stosb
    CHECK ecx, 5, "rep stosb: ECX"
    CHECK edi, NEXT, "rep stosb: EDI"
    ; code over the edge
    mov word [FRAME + 0xfff], 0xb8      ; MOV EAX, imm32
    AWAIT NEXT - 1, .code
    jmp NEXT - 1
.code:
    JUDGE "an instruction over the edge", PF_, 0, 0
    CHECK [fault.cr2], NEXT, "CR2 is the missing part of it"
    mov byte [FRAME + 0xfff], 0x90
    AWAIT NEXT, .code2
    jmp NEXT - 1
.code2:
    JUDGE "falling over the edge", PF_, 0, 0
    ; two pages in the wrong order of frames
    mov dword [LEAF], (FRAME + 0x1000) | P_ | W_ | U_
    mov dword [LEAF + 4], FRAME | P_ | W_ | U_
    call flush
    mov dword [NEXT - 2], 0x12345678
    CHECK16 [FRAME + 0x1ffe], 0x5678, "the low half goes to the one frame"
    CHECK16 [FRAME], 0x1234, "the high half to the other"
    CHECK [NEXT - 2], 0x12345678, "and it reads back"
    ; a push over the edge leaves ESP
    mov dword [LEAF], 0
    mov dword [LEAF + 4], FRAME | P_ | W_ | U_
    call flush
    mov edx, NEXT + 2
    USER_AFTER "push over the edge, ring 3", PF_, PF_U | PF_W, {mov esp, edx}, {push eax}
    CHECK [fault.esp], NEXT + 2, "ESP after it"
    CHECK [fault.cr2], NEXT - 2, "CR2 of it"
    mov edx, NEXT + 16
    USER_AFTER "pusha over the edge, ring 3", PF_, PF_U | PF_W, {mov esp, edx}, {pushad}
    CHECK [fault.esp], NEXT + 16, "ESP after it"
    mov edx, NEXT + 8
    ; ENTER asks for the page of its final ESP (stricter than some emulators)
    USER_AFTER "enter over the edge, ring 3", PF_, PF_U | PF_W, {mov esp, edx}, {enter 0x20, 0}
    CHECK [fault.esp], NEXT + 8, "ESP after it"
    mov edx, NEXT
    USER_AFTER "call over the edge, ring 3", PF_, PF_U | PF_W, {mov esp, edx}, {call $ + 5}
    CHECK [fault.esp], NEXT, "ESP after it"
    ret

; 4 MiB pages (SDM 3A 4.3; PSE-36 in table 4-4).
big_pages:
    mov dword [BIG_ENTRY], 0x400000 | P_ | W_ | U_ | PS_
    SET_CR4 0, CR4_PSE
    call flush
    ; without PSE bit 7 means nothing: 400000h is a page table
    mov dword [FRAME], 0x13131313
    mov dword [LEAF], 0x400000 | P_ | W_
    call flush
    mov dword [TARGET], FRAME | P_ | W_ | U_
    CHECK [BIG], 0x13131313, "PSE=0: PS does not make a large page"
    SET_CR4 CR4_PSE, 0
    call flush
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | U_ | PS_
    invlpg [BIG]
    mov dword [BIG + 0x123454], 0x77665544
    CHECK [BIG_ENTRY], 0x800000 | P_ | W_ | U_ | PS_ | A_ | D_, "A and D of a large page"
    mov dword [LEAF], (0x923000) | P_ | W_
    invlpg [TARGET]
    CHECK [TARGET + 0x454], 0x77665544, "where a large page is"
    mov dword [BIG_ENTRY], 0x800000 | P_ | PS_
    invlpg [BIG]
    EXPECT_PF PF_P | PF_W, BIG + 0x3fffff, mov byte [BIG + 0x3fffff], 1
    mov edx, BIG + 0x12345
    USER_PF PF_P | PF_U, BIG + 0x12345, mov al, [edx]
    ; bit 21 is reserved, above the frame bits of PSE-36 too
    mov dword [BIG_ENTRY], 0x800000 | P_ | W_ | PS_ | 1 << 21
    invlpg [BIG]
    EXPECT_PF PF_RSVD | PF_P, BIG, mov eax, [BIG]
    mov edx, BIG
    USER_PF PF_RSVD | PF_P | PF_U | PF_W, BIG, mov [edx], eax
    mov dword [BIG_ENTRY], 0x800000 | PS_ | 1 << 21
    EXPECT_PF 0, BIG, mov eax, [BIG]
    mov dword [BIG_ENTRY], 0
    ret

; Global pages and INVLPG. What a TLB may keep is not asked for, only what it
; must have forgotten.
translation:
    mov dword [UPPER], UPPER_TO | P_ | W_ | U_
    mov dword [FRAME], 0xaaaaaaaa
    mov dword [FRAME + 0x1000], 0xbbbbbbbb
    mov dword [LEAF], FRAME | P_ | W_
    call flush
    CHECK [TARGET], 0xaaaaaaaa, "a page"
    mov dword [LEAF], (FRAME + 0x1000) | P_ | W_
    invlpg [TARGET + 0x800]
    CHECK [TARGET], 0xbbbbbbbb, "INVLPG forgets it, by any address in it"
    mov dword [LEAF], FRAME | P_ | W_
    call flush
    CHECK [TARGET], 0xaaaaaaaa, "MOV CR3 forgets it"
    mov dword [LEAF], FRAME | P_ | W_ | G_
    invlpg [TARGET]
    CHECK [TARGET], 0xaaaaaaaa, "a global page"
    mov dword [LEAF], (FRAME + 0x1000) | P_ | W_ | G_
    invlpg [TARGET]
    CHECK [TARGET], 0xbbbbbbbb, "INVLPG forgets a global page"
    mov dword [LEAF], FRAME | P_ | W_ | G_
    SET_CR4 0, CR4_PGE
    CHECK [TARGET], 0xaaaaaaaa, "clearing PGE forgets global pages"
    mov dword [LEAF], (FRAME + 0x1000) | P_ | W_ | G_
    SET_CR4 CR4_PGE, 0
    CHECK [TARGET], 0xbbbbbbbb, "setting PGE forgets everything"
    mov dword [LEAF], FRAME | P_ | W_ | G_
    SET_CR0 0, CR0_PG
    SET_CR0 CR0_PG, 0
    call toggle_pge
    CHECK [TARGET], 0xaaaaaaaa, "PG off and on, then PGE"
    ; more rights need no INVLPG: a fault looks again (SDM 3A 4.10.4.3)
    mov dword [LEAF], FRAME | P_ | W_
    invlpg [TARGET]
    mov eax, [TARGET]
    mov dword [LEAF], 0
    invlpg [TARGET]
    EXPECT_PF 0, TARGET, mov eax, [TARGET]
    mov dword [LEAF], FRAME | P_ | W_
    EXPECT_OK_NAMED "a page that became present", mov eax, [TARGET]
    ; INVLPG is of ring 0
    mov edx, TARGET
    USER_FAULT GP_, 0, invlpg [edx]
    ret
toggle_pge:
    SET_CR4 0, CR4_PGE
    SET_CR4 CR4_PGE, 0
    ret

; Page faults of the delivery itself (SDM 3A table 6-5).
deliveries:
    mov dword [LEAF], 0
    mov dword [LEAF + 4], FRAME | P_ | W_ | U_
    call flush
    ; ring 3 faults, its ring-0 stack is absent: #PF after a benign exception is
    ; served on what stack there is - so it goes to ring 1, whose stack is absent
    mov dword [tss + TSS_ESP1], NEXT
    IDT_GATE UD_, CODE1, 0, PRESENT | SYS_INT
    USER_FAULT PF_, PF_W, ud2
    CHECK [fault.cr2], NEXT - 4, "CR2: the first push"
    ; contributory, then #PF: the #PF is served
    IDT_GATE GP_, CODE1, 0, PRESENT | SYS_INT
    USER_FAULT_NAMED "#GP, then #PF on its stack: #PF", PF_, PF_W, hlt
    IDT_DEFAULT GP_
    ; #PF, then #PF: double fault
    IDT_GATE PF_, CODE1, 0, PRESENT | SYS_INT
    mov edx, TARGET
    USER_FAULT_NAMED "#PF, then #PF on its stack: #DF", DF_, 0, mov eax, [edx]
    CHECK [fault.cr2], NEXT - 4, "CR2 is of the second"
    ; #PF, then a contributory one: double fault
    mov dword [tss + TSS_ESP1], STACK1
    mov dword [tss + TSS_SS1], 0
    USER_FAULT_NAMED "#PF, then #TS: #DF", DF_, 0, mov eax, [edx]
    and byte [idt + PF_*8 + 5], ~PRESENT & 0xff
    EXPECT_FAULT_NAMED "#PF, absent gate: #DF", DF_, 0, mov eax, [TARGET]
    IDT_DEFAULT PF_
    IDT_DEFAULT UD_
    mov dword [tss + TSS_SS1], DATA1
    ; tables in absent pages: supervisor accesses whatever the CPL
    mov word [gdtr], 0x1ff
    mov ecx, 128
    mov esi, gdt
    mov edi, FRAME + 0x1000
    rep movsd
    mov dword [LEAF], (FRAME + 0x1000) | P_ | W_
    mov dword [LEAF + 4], 0
    call flush
    mov dword [gdtr + 2], TARGET + 0xf00    ; the slots from 100h on are in NEXT
    mov esi, gdt
    mov edi, TARGET + 0xf00
    mov ecx, 0x100/4
    rep movsd
    lgdt [gdtr]
    mov eax, 0x120 | 3
    USER_FAULT_NAMED "mov ds, ax: the descriptor is in an absent page", PF_, 0, mov ds, ax
    CHECK [fault.cr2], NEXT + 0x20, "CR2: the descriptor"
    USER_FAULT_NAMED "lar: likewise", PF_, 0, lar ecx, eax
    ; the accessed bit in a page ring 0 may not write, either
    mov dword [LEAF + 4], FRAME | P_
    mov dword [FRAME + 0x20], 0x0000ffff
    mov dword [FRAME + 0x24], 0x00cff200
    invlpg [NEXT]
    USER_FAULT_NAMED "mov ds, ax: the accessed bit in a read-only page", \
        PF_, PF_P | PF_W, mov ds, ax
    CHECK [FRAME + 0x24], 0x00cff200, "it is not set"
    mov dword [FRAME + 0x24], 0x00cff300
    USER_OK_NAMED "mov ds, ax: already accessed", mov ds, ax
    mov eax, UDATA
    mov ds, ax
    mov dword [gdtr + 2], gdt
    lgdt [gdtr]
    ret

section .data
features1:      dd 0
features7:      dd 0
section .text

END_PROGRAM
