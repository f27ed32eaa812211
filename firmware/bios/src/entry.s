# From the ROM's far call to 64-bit Rust, back into real mode for each call of ROM or BIOS, and on to the kernel.
# AT&T syntax. All of it lies below 64 KiB, so that segment 0 reaches it in real mode.

    .set CODE32, 0x10               # where the 32-bit boot protocol of Linux wants them
    .set DATA32, 0x18
    .set CODE64, 0x20
    .set CODE16, 0x28
    .set DATA16, 0x30
    .set EFER, 0xc0000080

    .section .real, "awx"
    .code16
    .globl bp_start
bp_start:
    ljmpw   $0, $1f                 # some ROMs jump to 07c0:0000
1:  movw    %sp, %cs:bp_entry_sp
    pushfw
    pushal
    pushw   %ds
    pushw   %es
    pushw   %fs
    pushw   %gs
    cli
    cld
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    %es, bp_entry_es
    movw    %bx, bp_entry_bx
    movw    %ss, bp_rom_ss
    movl    %esp, bp_rom_esp        # all of it: some code takes a stack by ESP
    sidtl   bp_rom_idt

    movw    $bp_no_memory, %si
    movw    0x413, %ax              # kilobytes of base memory that are ours
    cmpw    $bp_end_kilobytes, %ax
    jb      bp_refuse
    movw    $bp_no_long_mode, %si
    pushfl
    popl    %eax
    movl    %eax, %ecx
    xorl    $0x200000, %eax
    pushl   %eax
    popfl
    pushfl
    popl    %eax
    xorl    %ecx, %eax
    testl   $0x200000, %eax         # the bit can't be changed: no CPUID
    jz      bp_refuse
    movl    $0x80000000, %eax
    cpuid
    cmpl    $0x80000001, %eax
    jb      bp_refuse
    movl    $0x80000001, %eax
    cpuid
    btl     $29, %edx
    jnc     bp_refuse

    movw    $0x2401, %ax            # A20 on: the BIOS first, then the port that most machines have
    sti
    int     $0x15
    cli
    cld
    xorw    %ax, %ax
    movw    %ax, %ds
    inb     $0x92, %al
    testb   $2, %al
    jnz     2f
    orb     $2, %al
    andb    $0xfe, %al
    outb    %al, $0x92
2:  lgdtl   bp_gdt_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpw   $CODE32, $bp_first32

# Says why not, and gives control back with an error.
bp_refuse:
    lodsb
    testb   %al, %al
    jz      3f
    movb    $0x0e, %ah
    movw    $7, %bx
    int     $0x10
    jmp     bp_refuse
3:  movw    $1, bp_status
bp_return:
    movw    bp_rom_ss, %ss
    movl    bp_rom_esp, %esp
    popw    %gs
    popw    %fs
    popw    %es
    popw    %ds
    popal
    popfw
    movw    %cs:bp_status, %ax
    lretw

# Real mode again, for one call.
bp_real:
    xorw    %ax, %ax
    movw    %ax, %ds
    movw    bp_stack_segment, %ss
    movl    $REAL_STACK, %esp
    movw    bp_leave, %ax
    testw   %ax, %ax
    jz      bp_call
    jmpw    *%ax
bp_damaged:
    movw    $bp_not_whole, %si
    jmp     bp_refuse
bp_call:
    pushw   bp_push + 4
    pushw   bp_push + 2
    pushw   bp_push
    pushw   bp_flags
    movl    bp_ebx, %ebx
    movl    bp_ecx, %ecx
    movl    bp_edx, %edx
    movl    bp_esi, %esi
    movl    bp_edi, %edi
    movl    bp_ebp, %ebp
    movl    bp_eax, %eax
    movw    bp_es, %es
    movw    bp_ds, %ds
    popfw
    lcallw  *%cs:bp_target
    pushfw
    cli
    cld
    popw    %cs:bp_flags
    movw    %ds, %cs:bp_ds
    movw    %es, %cs:bp_es
    movl    %eax, %cs:bp_eax
    xorw    %ax, %ax
    movw    %ax, %ds
    movl    %ebx, bp_ebx
    movl    %ecx, bp_ecx
    movl    %edx, bp_edx
    movl    %esi, bp_esi
    movl    %edi, bp_edi
    movl    %ebp, bp_ebp

# Where a batch is asked for: as long as UNDI_ISR gives a frame (or the end of a sending), it and its block go to a slot
# of their own, for the next call takes them away, and GET_NEXT is called at once: to leave real mode is what costs.
    cmpw    $0, bp_batch_left
    je      9f
    cmpw    $0, bp_eax
    jne     9f
    movw    bp_push + 4, %es
    movw    bp_push + 2, %si
    movw    %es:2(%si), %bx         # what UNDI_ISR says
    cmpw    $3, %bx
    je      4f
    cmpw    $2, %bx
    jne     9f
4:  movw    bp_batch_at, %dx
    movw    %es, %ax
    movw    %ax, %ds
    movw    %dx, %es
    xorw    %di, %di
    movw    $10, %cx
    rep     movsw                   # the block
    cmpw    $3, %bx
    jne     6f
    movw    %es:4, %cx
    cmpw    $FRAME, %cx
    jbe     5f
    movw    $FRAME, %cx             # more is thrown away as too long
5:  movw    %es:10, %si
    movw    %es:12, %ds
    movw    $32, %di
    movw    %cx, %ax                # exactly: nothing is read behind the ROM's buffer
    shrw    $2, %cx
    rep     movsl
    andw    $3, %ax
    movw    %ax, %cx
    rep     movsb
    movw    $32, %es:10             # and where the frame is now
    movw    %dx, %es:12
6:  xorw    %ax, %ax
    movw    %ax, %ds
    addw    $SLOT / 16, bp_batch_at
    incw    bp_batch_count
    decw    bp_batch_left
    jz      9f
    movw    bp_push + 4, %es
    movw    bp_push + 2, %di
    movw    $10, %cx
    rep     stosw
    movw    bp_push + 2, %di
    movw    $3, %es:2(%di)
    movw    bp_push + 4, %ax
    movw    %ax, bp_es
    movw    %di, bp_edi
    movzwl  bp_push, %eax
    movl    %eax, bp_ebx
    movw    $0, bp_ds
    movw    $0x0202, bp_flags
    movl    $REAL_STACK, %esp
    jmp     bp_call

9:  lgdtl   bp_gdt_pointer
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpw   $CODE32, $bp_again32

bp_protected16:
    movl    %cr0, %eax
    andb    $0xfe, %al
    movl    %eax, %cr0
    ljmpw   $0, $bp_real

    .code32
# The first time: memory that shall be zero, and page tables that map the first 4 GiB to themselves.
bp_first32:
    movw    $DATA32, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    $bp_bss, %edi
    movl    $bp_end, %ecx
    subl    %edi, %ecx
    shrl    $2, %ecx
    xorl    %eax, %eax
    rep     stosl
    movl    $bp_real_stack, %eax
    shrl    $4, %eax
    movw    %ax, bp_stack_segment
    movl    $bp_tables + 0x1003, bp_tables
    movl    $bp_tables + 0x2003, %eax
    movl    $bp_tables + 0x1000, %edi
    movl    $4, %ecx
1:  movl    %eax, (%edi)
    addl    $0x1000, %eax
    addl    $8, %edi
    loop    1b
    movl    $0x83, %eax             # present, writable, 2 MiB
    movl    $bp_tables + 0x2000, %edi
    movl    $2048, %ecx
2:  movl    %eax, (%edi)
    addl    $0x200000, %eax
    addl    $8, %edi
    loop    2b
    movl    $bp_stack + STACK, %eax
    subl    $8, %eax
    movl    $bp_begin, (%eax)
    subl    $48, %eax               # as if bp_thunk had been called from there
    movl    %eax, bp_rsp

bp_again32:
    movw    $DATA32, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movw    %ax, %fs
    movw    %ax, %gs
    movl    %cr4, %eax
    orl     $0x20, %eax             # PAE
    movl    %eax, %cr4
    movl    $bp_tables, %eax
    movl    %eax, %cr3
    movl    $EFER, %ecx
    rdmsr
    orl     $0x100, %eax            # LME
    wrmsr
    movl    %cr0, %eax
    orl     $0x80000000, %eax       # PG
    movl    %eax, %cr0
    ljmpl   $CODE64, $bp_long

# Out of long mode, the way in reversed.
bp_leave_long:
    popl    %ebx                    # where to
    lidtl   bp_rom_idt
    movl    %cr0, %eax
    andl    $0x7fffffff, %eax
    movl    %eax, %cr0
    movl    $EFER, %ecx
    rdmsr
    andl    $0xfffffeff, %eax
    wrmsr
    movl    %cr4, %eax
    andl    $0xffffffdf, %eax
    movl    %eax, %cr4
    jmp     *%ebx

bp_to_real:
    movw    $DATA16, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %gs
    movw    %ax, %ss
    ljmpl   $CODE16, $bp_protected16

bp_to_linux:
    movw    $DATA32, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %gs
    movw    %ax, %ss
    movl    bp_zero_page, %esi
    movl    bp_kernel, %eax
    xorl    %ebx, %ebx
    xorl    %edi, %edi
    xorl    %ebp, %ebp
    jmp     *%eax

    .code64
bp_long:
    movl    bp_rsp, %esp
    lidtq   bp_idt_pointer
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    ret

bp_begin:
    movl    $bp_stack + STACK, %esp
    movl    $bp_program, %edi
    movl    $bp_file_end, %esi
    movl    $bp_stack + STACK, %edx
    movzwl  0x413, %ecx             # the end of the base memory that is ours
    shll    $10, %ecx
    movb    $1, %al
    movw    $bp_damaged, bp_leave
    call    bp_unpack
    testb   %al, %al
    jz      1f
    movw    $0, bp_leave
    movl    $0, bp_batch
    movl    $bp_idt, %edi
    movl    $bp_vectors, %eax       # below 64 KiB it is not, but below 2 GiB
    movl    $32, %ecx
2:  movw    %ax, (%rdi)
    movl    %eax, 4(%rdi)
    movw    $CODE64, 2(%rdi)
    movw    $0x8e00, 4(%rdi)        # an interrupt gate; the upper half of the address is in place
    addl    $5, %eax
    addl    $16, %edi
    loop    2b
    call    bp_main
    movw    %ax, bp_status
    movw    $bp_return, bp_leave
1:  call    bp_thunk                # does not come back

# extern "C" fn bp_thunk(): makes the call that the variables below describe, in real mode.
    .globl bp_thunk
bp_thunk:
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movl    %esp, bp_rsp
    pushq   $bp_to_real
    pushq   $CODE32
    pushq   $bp_leave_long
    lretq

# extern "C" fn bp_linux(kernel: u32, zero_page: u32) -> !
    .globl bp_linux
bp_linux:
    movl    %edi, bp_kernel
    movl    %esi, bp_zero_page
    pushq   $bp_to_linux
    pushq   $CODE32
    pushq   $bp_leave_long
    lretq

# extern "C" fn bp_chain(source: u32, words: u32, at: u32) -> !: goes on in the copy at `at` of what follows.
    .globl bp_chain
bp_chain:
    movl    %edi, bp_chain_source
    movl    %esi, bp_chain_words
    movl    %edx, %edx
    pushq   %rdx
    pushq   $CODE32
    pushq   $bp_leave_long
    lretq

# Puts another boot program into our place and starts it as the ROM started us. It runs as a copy at EBX, for it
# overwrites us; C(x) is where x is in that copy.
    .set CHAIN_CODE16, 8
    .set CHAIN_DATA16, 16
    .code32
    .globl bp_chain_code
bp_chain_code:
    movw    $DATA32, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    bp_rom_ss, %ax
    movw    %ax, bp_chain_ss - bp_chain_code(%ebx)
    movl    bp_rom_esp, %eax
    movl    %eax, bp_chain_esp - bp_chain_code(%ebx)
    movl    bp_chain_source, %esi
    movl    bp_chain_words, %ecx
    movl    $0x7c00, %edi
    cld
    rep     movsl
    leal    bp_chain_gdt - bp_chain_code(%ebx), %eax
    movl    %eax, bp_chain_pointer + 2 - bp_chain_code(%ebx)
    movl    %ebx, %eax
    movw    %ax, bp_chain_gdt + CHAIN_CODE16 + 2 - bp_chain_code(%ebx)
    shrl    $16, %eax
    movb    %al, bp_chain_gdt + CHAIN_CODE16 + 4 - bp_chain_code(%ebx)
    movl    %ebx, %eax
    shrl    $4, %eax
    movw    %ax, bp_chain_segment - bp_chain_code(%ebx)
    lgdtl   bp_chain_pointer - bp_chain_code(%ebx)
    movw    $CHAIN_DATA16, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %fs
    movw    %ax, %gs
    movw    %ax, %ss
    ljmpl   $CHAIN_CODE16, $(bp_chain16 - bp_chain_code)
    .code16
bp_chain16:
    movl    %cr0, %eax
    andb    $0xfe, %al
    movl    %eax, %cr0
    .byte   0xea                    # ljmpw, to a segment that is known when it runs
    .word   bp_chain_real - bp_chain_code
bp_chain_segment:
    .word   0
bp_chain_real:
    movw    %cs:bp_chain_ss - bp_chain_code, %ss
    movl    %cs:bp_chain_esp - bp_chain_code, %esp
    popw    %gs
    popw    %fs
    popw    %es
    popw    %ds
    popal
    popfw
    ljmpw   $0, $0x7c00
    .balign 8
bp_chain_gdt:
    .quad   0
    .quad   0x00009b000000ffff
    .quad   0x000093000000ffff
bp_chain_pointer:
    .word   3 * 8 - 1
    .long   0
bp_chain_ss: .word 0
bp_chain_esp: .long 0
    .globl bp_chain_end
bp_chain_end:
    .code64

    .section .real, "awx"
    .balign 8
bp_gdt:
    .quad   0, 0
    .quad   0x00cf9b000000ffff      # 32-bit code
    .quad   0x00cf93000000ffff      # 32-bit data
    .quad   0x00af9b000000ffff      # 64-bit code
    .quad   0x00009b000000ffff      # 16-bit code
    .quad   0x000093000000ffff      # 16-bit data
bp_gdt_pointer:
    .word   7 * 8 - 1
    .long   bp_gdt

# How the ROM entered us: `Entry` in real.rs.
    .globl bp_entry
bp_entry:
bp_entry_sp: .word 0
bp_rom_ss: .word 0
bp_entry_es: .word 0
bp_entry_bx: .word 0

bp_status: .word 0
bp_leave: .word 0                   # where bp_real goes instead of making a call
bp_stack_segment: .word 0
bp_rom_esp: .long 0
bp_rom_idt: .word 0
    .long   0
bp_idt_pointer: .word 32 * 16 - 1
    .quad   bp_idt
bp_chain_source: .long 0
bp_chain_words: .long 0
bp_kernel: .long 0
bp_zero_page: .long 0
bp_no_memory: .asciz "bootproto: BP7257 the ROM leaves too little base memory\r\n"
bp_not_whole: .asciz "bootproto: BP7259 the file is damaged or not whole\r\n"
bp_no_long_mode: .asciz "bootproto: BP7258 this processor has no 64-bit mode\r\n"

    .set REAL_STACK, 0x2000
    .set STACK, 0x18000
    .set FRAME, 1536
    .set SLOT, 1568                 # 32 bytes for the block, then the frame
    .section .calls, "aw", @nobits
# What a call finds in the registers, and what it left there: `Registers` in real.rs.
    .balign 4
    .globl bp_registers
bp_registers:
bp_eax: .skip 4
bp_ebx: .skip 4
bp_ecx: .skip 4
bp_edx: .skip 4
bp_esi: .skip 4
bp_edi: .skip 4
bp_ebp: .skip 4
bp_ds:  .skip 2
bp_es:  .skip 2
bp_flags: .skip 2
bp_push: .skip 6              # on the stack, the first one on top
bp_target: .skip 4                  # offset, segment

# Frames taken in one go: `Batch` in real.rs.
    .globl bp_batch
bp_batch:
bp_batch_left: .skip 2              # slots that are free; 0 for any other call
bp_batch_count: .skip 2             # slots that were filled
bp_batch_at: .skip 2                # the segment of the next one

    .bss
    .balign 4096
bp_tables: .skip 0x6000
bp_rsp: .skip 4
    .balign 16
bp_real_stack: .skip REAL_STACK
bp_stack: .skip STACK
bp_idt: .skip 32 * 16
    .globl bp_slots
bp_slots: .skip SLOT * 16

# Exceptions of the processor in long mode. Which one it is, the address says that its call pushes.
    .text
bp_vectors:
    .rept 32
    call    bp_exception
    .endr
bp_exception:
    movq    %rsp, %rdi
    movl    $bp_vectors + 5, %esi
    andq    $-16, %rsp
    call    bp_fault
