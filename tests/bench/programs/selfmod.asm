; An instruction that is rewritten each time before it runs.
bits 64
org 0x100000
    mov ecx, 3000000
    xor eax, eax
again:
    mov [rel patched + 1], ecx
patched:
    mov edx, 0
    add eax, edx
    dec ecx
    jnz again
    ret
