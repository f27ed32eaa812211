// From QEMU's hand to C: a 32-bit entry by the PVH note, then long mode with the first 4 GiB mapped as they are.
// SPDX-License-Identifier: MIT OR Apache-2.0

.section .note.pvh, "a", @note
    .long 4, 4, 18                  // name and value have 4 bytes; type: XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long start32

.section .text.start, "ax"
.code32
.globl start32
start32:
    cli
    movl $stack_top, %esp
    // One PML4 entry, four of the next table, 2048 pages of 2 MiB. Their memory is zero.
    movl $pdpt + 3, pml4
    movl $pd + 3, %eax
    movl $pdpt, %edi
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $4096, %eax
    addl $8, %edi
    loop 1b
    movl $0x83, %eax
    movl $pd, %edi
    movl $2048, %ecx
2:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 2b
    movl $pml4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x620, %eax                // PAE, and SSE, which compilers use
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax                // long mode
    wrmsr
    movl %cr0, %eax
    andl $~4, %eax
    orl $0x80000003, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $0x10, $start64

.code64
start64:
    movw $0x18, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %ebx, %edi                 // what QEMU says of the machine
    call machine_main
3:  hlt
    jmp 3b

.globl enter_linux                  // (entry, parameter page): 64-bit boot protocol
enter_linux:
    movq %rdi, %rax
    jmp *%rax

.section .rodata
.align 8
gdt:                                // the selectors that Linux' boot protocol asks for
    .quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
    .word 31
    .long gdt

.section .bss, "aw", @nobits
.align 4096
pml4: .skip 4096
pdpt: .skip 4096
pd: .skip 16384
.skip 131072
stack_top:
