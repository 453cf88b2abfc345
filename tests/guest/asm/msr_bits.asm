; What WRMSR and RDMSR refuse: reserved bits, types and addresses there are not,
; registers that are read-only, write-only or not there at all. What depends
; upon the processor is asked of CPUID, so every model may be tried.
;
; SDM 4 chapter 2; 3A 10.4.4, 10.12.5 (APIC base), 11.11 (MTRR), 11.12 (PAT); 3B 15.3
; (machine check), 17.4.1 (DEBUGCTL), 18.2 (performance monitoring); 1 17.2 (CET).

%include "board.inc"
%include "long.inc"
%include "rows.inc"
PROGRAM "msr_bits"
    ENTER_LONG
    call ask_features
    mov rax, cr0
    bts rax, 16                         ; WP, for CET
    mov cr0, rax
    call none
    call read_only
    call write_only
    call system_calls
    call bases
    call memory_types
    call ranges
    call apic_base
    call machine_check
    call counters
    call cet
    call keys
    call states
    call speculation
    call time
    jmp finish_64

; Each bit alone, over a base: those in the mask are taken. What was there comes back.
;   MSR_BITS "name", number, base, mask
%macro MSR_BITS 4.nolist
    mov dword [abs number], %2
    mov rax, %3
    mov [abs base], rax
    mov rax, %4
    mov [abs mask], rax
    call msr_keep
    TRY_BITS %1, by_mask, {call msr_value}, {wrmsr}, {call msr_back}
%endmacro
by_mask:
    mov eax, TAKEN
    bt [mask], ecx
    jc .done
    mov eax, GP_
.done:
    ret
msr_keep:
    mov ecx, [number]
    rdmsr
    mov [was], eax
    mov [was + 4], edx
    ret
msr_value:
    or eax, [base]
    or edx, [base + 4]
    mov ecx, [number]
    ret
; A write that was refused has changed nothing; else what was there comes back.
msr_back:
    mov ecx, [number]
    cmp dword [fault.vector], -1
    jne .refused
    mov eax, [was]
    mov edx, [was + 4]
    wrmsr
    ret
.refused:
    rdmsr
    cmp eax, [was]
    jne .changed
    cmp edx, [was + 4]
    je .done
.changed:
    mov byte [fault.vector], 0x99
.done:
    ret

; Rows of writes.
%macro WRITE_ROWS 1.nolist
    TRY_ROWS %1, {}, {wrmsr}, {}
%endmacro

; ---- What there is not ----

none:
    TRY_ROWS holes, {}, {rdmsr}, {}
    TRY_ROWS holes, {}, {wrmsr}, {}
    cmp byte [is_amd], 0
    je .intel
    TRY_ROWS not_amds, {}, {rdmsr}, {}
    TRY_ROWS not_amds, {}, {wrmsr}, {}
    ret
.intel:
    TRY_ROWS not_intels, {}, {rdmsr}, {}
    TRY_ROWS not_intels, {}, {wrmsr}, {}
    ret
    ROWS holes
  %macro HOLE 1-*
    %rep %0
    ROW %1, 0, GP_, %str(%1)
    %rotate 1
    %endrep
  %endmacro
    HOLE 0x002, 0x003, 0x00f, 0x018, 0x01a, 0x01c, 0x02f, 0x03d, 0x03f, 0x04a, 0x05f, 0x078
    HOLE 0x080, 0x0a0, 0x0c0, 0x0d0, 0x0fd, 0x0ff, 0x100, 0x10f, 0x11d, 0x173, 0x177, 0x178
    HOLE 0x17b, 0x17c, 0x17f, 0x1af, 0x1b4, 0x1d8, 0x1da, 0x210, 0x21f, 0x24f, 0x251, 0x257
    HOLE 0x25a, 0x267, 0x270, 0x276, 0x278, 0x2fe, 0x300, 0x308, 0x344, 0x393, 0x3f0, 0x410
    HOLE 0x413, 0x480, 0x48c, 0x560, 0x570, 0x600, 0x6a1, 0x6a3, 0x6a9, 0x6e2, 0x700
    HOLE 0x800, 0x802, 0x80b, 0x83f, 0x8ff, 0x900, 0xd8f, 0xda1, 0xe00, 0x1000
    HOLE 0x40000000, 0x40000001, 0x4b564d00, 0x4b564d01, 0x80000000, 0xbfffffff
    HOLE 0xc000007f, 0xc0000085, 0xc00000ff, 0xc0000104, 0xc0001000, 0xc0010055, 0xffffffff
    ROWS_END
    ROWS not_amds
    HOLE 0x017, 0x034, 0x03a, 0x040, 0x060, 0x079, 0x0c1, 0x0ce, 0x119, 0x11e, 0x186, 0x194
    HOLE 0x198, 0x1a0, 0x1a2, 0x1c8, 0x1c9, 0x309, 0x345, 0x38d, 0x38e, 0x38f, 0x390, 0x4c1
    HOLE 0x680, 0x6c0
    ROWS_END
    ROWS not_intels
    HOLE 0x1db, 0x1dc, 0xc0010000, 0xc0010004, 0xc0010010, 0xc0010015, 0xc001001f, 0xc0010020
    ROWS_END

; ---- One way only ----

read_only:
    cmp byte [is_amd], 0
    jne .both
    TRY_ROWS only_read, {call .as_it_is}, {wrmsr}, {}
.both:
    TRY_ROWS only_read_both, {call .as_it_is}, {wrmsr}, {}
    ret
.as_it_is:                              ; even what it reads as
    rdmsr
    ret
    ROWS only_read
    ROW 0x017, 0, GP_, "PLATFORM_ID written"
    ROWS_END
    ROWS only_read_both
    ROW 0x0fe, 0, GP_, "MTRRCAP written"
    ROW 0x179, 0, GP_, "MCG_CAP written"
    ROWS_END

write_only:
    cmp byte [is_amd], 0
    jne .done
    TRY_ROWS only_written, {}, {rdmsr}, {}
.done:
    ret
    ROWS only_written
    ROW 0x079, 0, GP_, "BIOS_UPDT_TRIG read"
    ROWS_END

; ---- System calls; addresses are canonical in as many bits as the processor has ----

system_calls:
    MSR_BITS "STAR: each bit", MSR_STAR, 0, -1
    MSR_BITS "FMASK: each bit", MSR_FMASK, 0, 0xffffffff
    MSR_BITS "SYSENTER_CS: each bit of the lower half", MSR_SYSENTER_CS, 0, -1
    HAS FEATURE_EXT_D + 27
    jnc .done
    MSR_BITS "TSC_AUX: each bit", 0xc0000103, 0, 0xffffffff
.done:
    ret

%macro ADDRESS_MSR 2.nolist             ; name, number
    %strcat %%low %1, ": each bit of the lower addresses"
    %strcat %%high %1, ": each bit of the upper addresses"
    MSR_BITS %%low, %2, 0, [abs lower]
    mov dword [abs number], %2
    call msr_keep
    TRY_BITS %%high, by_upper, {call msr_inverse}, {wrmsr}, \
             {call msr_back}
%endmacro
; The rule for -1 without one bit; whichever it is of those that must be alike.
by_upper:
    mov eax, TAKEN
    cmp ecx, 63
    je .refused
    bt [lower], ecx
    jc .done
.refused:
    mov eax, GP_
.done:
    ret
msr_inverse:
    not eax
    not edx
    mov ecx, [number]
    ret

bases:
    mov rax, 0x00007fffffffffff
    HAS FEATURE_7C + 16
    jnc .four_levels
    mov rax, 0x00ffffffffffffff
.four_levels:
    mov [lower], rax
    ADDRESS_MSR "LSTAR", MSR_LSTAR
    ADDRESS_MSR "CSTAR", MSR_CSTAR
    ADDRESS_MSR "FS_BASE", MSR_FS_BASE
    ADDRESS_MSR "GS_BASE", MSR_GS_BASE
    ADDRESS_MSR "KERNEL_GS_BASE", MSR_KERNEL_GS
    ADDRESS_MSR "SYSENTER_ESP", MSR_SYSENTER_ESP
    ADDRESS_MSR "SYSENTER_EIP", MSR_SYSENTER_EIP
    ret

; ---- Memory types ----

TYPES           equ 0x0505050505050505  ; bits that alone are WC and WT

memory_types:
    MSR_BITS "PAT: each bit", 0x277, 0, TYPES
    MSR_BITS "MTRR_FIX64K_00000: each bit", 0x250, 0, TYPES
    MSR_BITS "MTRR_FIX16K_80000: each bit", 0x258, 0, TYPES
    MSR_BITS "MTRR_FIX16K_A0000: each bit", 0x259, 0, TYPES
    MSR_BITS "MTRR_FIX4K_C0000: each bit", 0x268, 0, TYPES
    MSR_BITS "MTRR_FIX4K_F8000: each bit", 0x26f, 0, TYPES
    MSR_BITS "MTRR_DEF_TYPE: each bit", 0x2ff, 0, 0xc05
    WRITE_ROWS type_rows
    mov ecx, 0x277
    mov eax, 0x00070406
    mov edx, eax
    wrmsr
    ret
    ROWS type_rows
    ROW 0x277, 0x0606060606060606, TAKEN, "PAT: WB"
    ROW 0x277, 0x0506060606060607, TAKEN, "PAT: WP, UC-"
    ROW 0x277, 0x0306060606060606, GP_, "PAT: type 3 in the last"
    ROW 0x277, 0x0606060606060603, GP_, "PAT: type 3 in the first"
    ROW 0x250, 0x0606060606060606, TAKEN, "MTRR_FIX64K: WB"
    ROW 0x250, 0x0506060606060606, TAKEN, "MTRR_FIX64K: WP"
    ROW 0x250, 0x0706060606060606, GP_, "MTRR_FIX64K: UC- is the PAT's alone"
    ROW 0x250, 0x0606060606060603, GP_, "MTRR_FIX64K: type 3"
    ROW 0x250, 0, TAKEN, "MTRR_FIX64K: UC"
    ROW 0x2ff, 0xc07, GP_, "MTRR_DEF_TYPE: UC-"
    ROW 0x2ff, 0xc03, GP_, "MTRR_DEF_TYPE: type 3"
    ROW 0x2ff, 0xc06, TAKEN, "MTRR_DEF_TYPE: WB"
    ROW 0x2ff, 0, TAKEN, "MTRR_DEF_TYPE: off"
    ROW 0x200, 7, GP_, "MTRR_PHYSBASE0: UC-"
    ROW 0x200, 3, GP_, "MTRR_PHYSBASE0: type 3"
    ROW 0x200, 6, TAKEN, "MTRR_PHYSBASE0: WB"
    ROW 0x200, 0, TAKEN, "MTRR_PHYSBASE0: UC"
    ROWS_END

; Addresses below the physical width, and bits below a page.
ranges:
    mov ecx, [physical_bits]
    mov eax, 1
    shl rax, cl
    dec rax
    mov rbx, rax
    and rax, ~0xfff
    or rax, 5
    mov [of_base], rax
    and rbx, ~0x7ff
    mov [of_mask], rbx
    MSR_BITS "MTRR_PHYSBASE0: each bit", 0x200, 0, [abs of_base]
    MSR_BITS "MTRR_PHYSMASK0: each bit", 0x201, 0, [abs of_mask]
    MSR_BITS "MTRR_PHYSBASE7: each bit", 0x20e, 0, [abs of_base]
    MSR_BITS "MTRR_PHYSMASK7: each bit", 0x20f, 0, [abs of_mask]
    ret

; ---- IA32_APIC_BASE: bits, and which mode may follow which ----

apic_base:
    mov rax, [of_mask]
    and rax, ~0xfff
    or rax, 0x900
    HAS FEATURE_1C + 21
    jnc .no_x2
    or rax, 0x400
.no_x2:
    mov [mask], rax
    mov dword [number], 0x1b
    call msr_keep
    TRY_BITS "APIC_BASE: each bit inverted", by_mask, {call .inverted}, {wrmsr}, {call .back}
    HAS FEATURE_1C + 21
    jnc .done
    TRY_ROWS mode_rows, {}, {wrmsr}, {}
    call .back
.done:
    ret
.inverted:
    xor eax, [was]
    xor edx, [was + 4]
    mov ecx, 0x1b
    ret
.back:                                  ; off first: there is no other way out of x2APIC
    mov ecx, 0x1b
    mov eax, [was]
    mov edx, [was + 4]
    and eax, ~0xc00
    wrmsr
    mov eax, [was]
    wrmsr
    ret
    ROWS mode_rows
    ROW 0x1b, 0xfee00d00, TAKEN, "APIC_BASE: xAPIC to x2APIC"
    ROW 0x1b, 0xfee00d00, TAKEN, "APIC_BASE: x2APIC once more"
    ROW 0x1b, 0xfee00900, GP_, "APIC_BASE: x2APIC to xAPIC"
    ROW 0x1b, 0xfee00500, GP_, "APIC_BASE: x2APIC to the mode that is none"
    ROW 0x1b, 0xfee00100, TAKEN, "APIC_BASE: x2APIC to off"
    ROW 0x1b, 0xfee00500, GP_, "APIC_BASE: off to the mode that is none"
    ROW 0x1b, 0xfee00d00, GP_, "APIC_BASE: off to x2APIC"
    ROW 0x1b, 0xfee00900, TAKEN, "APIC_BASE: off to xAPIC"
    ROW 0x1b, 0xfee00500, GP_, "APIC_BASE: xAPIC to the mode that is none"
    ROWS_END

; ---- Machine check ----

machine_check:
    WRITE_ROWS mc_rows
    ret
    ROWS mc_rows
    ROW 0x17a, 0, TAKEN, "MCG_STATUS cleared"
    ROW 0x17a, 8, GP_, "MCG_STATUS: a reserved bit"
    ROW 0x401, 0, TAKEN, "MC0_STATUS cleared"
    ROW 0x401, 1, GP_, "MC0_STATUS: bit 0"
    ROW 0x401, 1 << 63, GP_, "MC0_STATUS: VAL"
    ROW 0x40d, -1, GP_, "MC3_STATUS of ones"
    ROW 0x400, -1, TAKEN, "MC0_CTL of ones"
    ROW 0x400, 0, TAKEN, "MC0_CTL of zeros"
    ROWS_END

; ---- Performance monitoring, and what goes with it ----

counters:
    cmp byte [is_amd], 0
    jne .done
    mov eax, 10
    xor ecx, ecx
    cpuid
    movzx ebx, al
    mov [version], ebx
    movzx ebx, ah
    mov [general], ebx
    shr eax, 16
    movzx ecx, al                       ; width
    and edx, 31
    mov [fixed], edx
    mov eax, 1
    shl rax, cl
    dec rax
    mov [of_counter], rax
    cmp dword [version], 2
    jb .done
    ; AnyThread is there in versions 3 and 4
    mov eax, 0xffdfffff
    mov ebx, 0xbbb
    mov ecx, [version]
    sub ecx, 3
    cmp ecx, 2
    jae .no_any
    mov eax, 0xffffffff
    mov ebx, 0xfff
.no_any:
    mov [of_select], rax
    mov [of_fixed], rbx
    mov eax, [general]
    xor ebx, ebx
    bts rbx, rax
    dec rbx
    mov [of_global], ebx
    mov eax, [fixed]
    xor ebx, ebx
    bts ebx, eax
    dec ebx
    mov [of_global + 4], ebx
    MSR_BITS "PERFEVTSEL0: each bit", 0x186, 0, [abs of_select]
    MSR_BITS "FIXED_CTR_CTRL: each bit", 0x38d, 0, [abs of_fixed]
    MSR_BITS "PERF_GLOBAL_CTRL: each bit", 0x38f, 0, [abs of_global]
    MSR_BITS "FIXED_CTR0: each bit", 0x309, 0, [abs of_counter]
    MSR_BITS "DEBUGCTL: each bit", 0x1d9, 0, 0x5803
    TRY_ROWS status_rows, {}, {wrmsr}, {}
    mov eax, [general]
    add eax, 0xc1
    mov [number], eax
    TRY_ROWS beyond_rows, {call .beyond}, {rdmsr}, {}
.done:
    ret
.beyond:                                ; RBX: which base; behind the last counter
    mov ecx, [general]
    cmp bl, 2
    jb .of
    mov ecx, [fixed]
.of:
    shr ebx, 8
    add ecx, ebx
    ret
    ROWS status_rows
    ROW 0x38e, 0, GP_, "PERF_GLOBAL_STATUS written"
    ROW 0x345, 0, GP_, "PERF_CAPABILITIES written"
    ROW 0x390, 1 << 57, GP_, "PERF_GLOBAL_OVF_CTRL: bit 57"
    ROW 0x390, 1 << 62, TAKEN, "PERF_GLOBAL_OVF_CTRL: bit 62"
    ROW 0x390, 1, TAKEN, "PERF_GLOBAL_OVF_CTRL: bit 0"
    ROW 0x390, 1 << 31, GP_, "PERF_GLOBAL_OVF_CTRL: bit 31"
    ROWS_END
    ROWS beyond_rows
    ROW 0, 0xc101, GP_, "PMC behind the last"
    ROW 0, 0x18601, GP_, "PERFEVTSEL behind the last"
    ROW 0, 0x30902, GP_, "FIXED_CTR behind the last"
    ROWS_END

; ---- CET ----

cet:
    HAS FEATURE_7C + 7
    jnc .no_stacks
    HAS FEATURE_7D + 20
    jnc .no_stacks                      ; models have both
    mov rax, [lower]
    and rax, ~0x3c0
    mov [of_cet], rax
    MSR_BITS "U_CET: each bit", 0x6a0, 0, [abs of_cet]
    MSR_BITS "S_CET: each bit", 0x6a2, 0, [abs of_cet]
    mov rax, [lower]
    and rax, ~3
    mov [of_cet], rax
    MSR_BITS "PL0_SSP: each bit", 0x6a4, 0, [abs of_cet]
    MSR_BITS "PL1_SSP: each bit", 0x6a5, 0, [abs of_cet]
    MSR_BITS "PL2_SSP: each bit", 0x6a6, 0, [abs of_cet]
    MSR_BITS "PL3_SSP: each bit", 0x6a7, 0, [abs of_cet]
    MSR_BITS "INTERRUPT_SSP_TABLE: each bit", 0x6a8, 0, [abs lower]
    WRITE_ROWS cet_rows
    ret
.no_stacks:
    ret
    ROWS cet_rows
    ROW 0x6a0, 0xc00, GP_, "U_CET: SUPPRESS and WAIT"
    ROW 0x6a0, 0x800, TAKEN, "U_CET: WAIT"
    ROW 0x6a0, 0x400, TAKEN, "U_CET: SUPPRESS"
    ROW 0x6a0, 0, TAKEN, "U_CET: none"
    ROWS_END
[section .data]
    align 8
of_cet:         dq 0
section .text

; ---- Keys, states ----

keys:
    HAS FEATURE_7C + 31
    jnc .done
    MSR_BITS "PKRS: each bit", 0x6e1, 0, 0xffffffff
.done:
    ret

states:
    HAS FEATURE_D_A + 3
    jnc .done
    mov eax, 13
    mov ecx, 1
    cpuid
    mov [of_xss], ecx
    mov [of_xss + 4], edx
    MSR_BITS "XSS: each bit", 0xda0, 0, [abs of_xss]
.done:
    ret

; ---- Controls of speculation ----

speculation:
    HAS FEATURE_7D + 26
    jnc .done
    TRY_ROWS pred_cmd_read, {}, {rdmsr}, {}
    WRITE_ROWS pred_cmd_rows
    MSR_BITS "SPEC_CTRL: each bit", 0x48, 0, 0x5ff
.done:
    ret
    ROWS pred_cmd_read
    ROW 0x49, 0, GP_, "PRED_CMD read"
    ROWS_END
    ROWS pred_cmd_rows
    ROW 0x49, 1, TAKEN, "PRED_CMD: IBPB"
    ROW 0x49, 2, GP_, "PRED_CMD: a reserved bit"
    ROW 0x49, 1 << 63, GP_, "PRED_CMD: bit 63"
    ROW 0x10b, 1, TAKEN, "FLUSH_CMD: L1D_FLUSH"
    ROW 0x10b, 2, GP_, "FLUSH_CMD: a reserved bit"
    ROW 0x10a, 0, GP_, "ARCH_CAPABILITIES written"
    ROWS_END

time:
    HAS FEATURE_7B + 1
    jnc .done
    MSR_BITS "TSC_ADJUST: each bit", 0x3b, 0, -1
.done:
    ret

section .data
    align 8
base:           dq 0
mask:           dq 0
was:            dq 0
lower:          dq 0
of_base:        dq 0
of_mask:        dq 0
of_counter:     dq 0
of_select:      dq 0
of_fixed:       dq 0
of_global:      dq 0
of_xss:         dq 0
number:         dd 0
version:        dd 0
general:        dd 0
fixed:          dd 0
section .text

END_PROGRAM
