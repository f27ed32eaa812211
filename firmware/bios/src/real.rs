//! Calls into real mode: the BIOS, and the ROM's PXE entry point. The other half is `entry.s`.

use bootproto_pxe_api::SegmentOffset;
use core::ptr;

core::arch::global_asm!(include_str!("entry.s"), options(att_syntax));

/// The registers of a call, and where it goes; the layout is that of `bp_registers` in `entry.s`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Registers {
    pub(crate) eax: u32,
    pub(crate) ebx: u32,
    pub(crate) ecx: u32,
    pub(crate) edx: u32,
    pub(crate) esi: u32,
    pub(crate) edi: u32,
    pub(crate) ebp: u32,
    pub(crate) ds: u16,
    pub(crate) es: u16,
    pub(crate) flags: u16,
    pub(crate) push: [u16; 3],
    pub(crate) target: [u16; 2],
}

impl Registers {
    /// AX.
    pub(crate) const fn ax(&self) -> u16 {
        self.eax as u16
    }

    /// Whether the carry flag was set: by custom, that the call failed.
    pub(crate) const fn carry(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the zero flag was set.
    pub(crate) const fn zero(&self) -> bool {
        self.flags & 0x40 != 0
    }
}

/// How the ROM entered us; the layout is that of `bp_entry` in `entry.s`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    sp: u16,
    ss: u16,
    es: u16,
    bx: u16,
}

impl Entry {
    /// SS:SP at our first instruction.
    pub(crate) const fn stack(&self) -> SegmentOffset {
        SegmentOffset::new(self.ss, self.sp)
    }

    /// ES:BX at our first instruction.
    pub(crate) const fn es_bx(&self) -> SegmentOffset {
        SegmentOffset::new(self.es, self.bx)
    }
}

/// Frames taken in one go; the layout is that of `bp_batch` in `entry.s`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct Batch {
    left: u16,
    count: u16,
    at: u16,
}

/// A slot's bytes: 32 for the block, then the frame.
const SLOT: u32 = 1568;
/// How many slots there are.
pub(crate) const SLOTS: u16 = 16;

unsafe extern "C" {
    static mut bp_batch: Batch;
    static bp_slots: u8;
    static mut bp_registers: Registers;
    static bp_entry: Entry;
    fn bp_thunk();
    static bp_chain_code: u8;
    static bp_chain_end: u8;
    fn bp_chain(source: u32, words: u32, at: u32) -> !;
    fn bp_linux(kernel: u32, zero_page: u32) -> !;
}

/// Interrupts off, and nothing else.
const QUIET: u16 = 0x0002;
/// Interrupts on.
const LISTENING: u16 = 0x0202;

/// How the ROM entered us.
pub(crate) fn entry() -> Entry {
    // SAFETY: `entry.s` wrote it before any Rust ran, and nothing writes it again.
    unsafe { bp_entry }
}

/// For the flags of an [`interrupt`]: no other one is answered while it returns.
pub(crate) const ALONE: u16 = 0x0200;

/// Makes a software interrupt.
pub(crate) fn interrupt(number: u8, mut registers: Registers) -> Registers {
    let vector = u32::from(number).wrapping_mul(4);
    registers.target = [crate::memory::word(vector), crate::memory::word(vector.wrapping_add(2))];
    // What the handler's IRET takes off the stack below the return address.
    registers.push = [LISTENING ^ registers.flags, 0, 0];
    registers.flags = QUIET;
    call(registers)
}

/// Calls a PXE entry point by both conventions at once: on the stack, and in ES:DI and BX. Answers AX.
pub(crate) fn pxe(point: SegmentOffset, opcode: u16, block: SegmentOffset) -> u16 {
    let (segment, offset) = (block.segment.get(), block.offset.get());
    let registers = Registers {
        ebx: u32::from(opcode),
        edi: u32::from(offset),
        es: segment,
        flags: LISTENING,
        push: [opcode, offset, segment],
        target: [point.offset.get(), point.segment.get()],
        ..Registers::default()
    };
    call(registers).ax()
}

/// As [`pxe`] for `UNDI_ISR` with PROCESS or `GET_NEXT`, and goes on with `GET_NEXT` as long as frames come and there
/// are slots. Answers AX of the last call, and how many slots were filled; what fills none is the last call's answer.
pub(crate) fn pxe_frames(point: SegmentOffset, opcode: u16, block: SegmentOffset) -> (u16, u16) {
    // SAFETY: as for `bp_registers` in `call`.
    unsafe {
        let at = (&raw const bp_slots).addr() >> 4;
        ptr::write_volatile(&raw mut bp_batch, Batch { left: SLOTS, count: 0, at: at as u16 });
    }
    let ax = pxe(point, opcode, block);
    // SAFETY: as above.
    unsafe {
        let batch = ptr::read_volatile(&raw const bp_batch);
        ptr::write_volatile(&raw mut bp_batch, Batch { left: 0, ..batch });
        (ax, batch.count)
    }
}

/// Where the block of slot `index` lies.
pub(crate) fn slot(index: u16) -> u32 {
    (&raw const bp_slots).addr() as u32 + u32::from(index) * SLOT
}

fn call(registers: Registers) -> Registers {
    // SAFETY: there is one thread and no interrupt handler of ours, so nothing else uses `bp_registers`. `bp_thunk`
    // keeps what the C convention wants kept, and calls firmware that keeps to its own memory: that is the trust a
    // boot program cannot do without.
    unsafe {
        ptr::write_volatile(&raw mut bp_registers, registers);
        bp_thunk();
        ptr::read_volatile(&raw const bp_registers)
    }
}

/// How many bytes the code needs that puts another boot program into our place.
pub(crate) const CHAIN_ROOM: u32 = 256;

/// Leaves for another boot program, whose `length` bytes lie at `source`: it is copied to 0:7C00h, over us, and finds
/// everything as we found it. The code that does this goes to `at`.
///
/// # Safety
/// The program lies there; [`CHAIN_ROOM`] bytes at `at`, a multiple of 16 below 1 MiB, are free, and what lies between
/// 7C00h and there is ours.
pub(crate) unsafe fn chain(source: u32, length: u32, at: u32) -> ! {
    // SAFETY: by this function's own condition. The code ends where `entry.s` says, and does not move itself.
    unsafe {
        let (code, end) = (&raw const bp_chain_code, &raw const bp_chain_end);
        ptr::copy_nonoverlapping(code, at as *mut u8, end.addr() - code.addr());
        bp_chain(source, length.div_ceil(4), at)
    }
}

/// Leaves for a kernel's 32-bit entry.
///
/// # Safety
/// A kernel lies at `kernel`, its parameter page at `zero_page`, both below 4 GiB and outside of what is in use here.
pub(crate) unsafe fn linux(kernel: u32, zero_page: u32) -> ! {
    // SAFETY: by this function's own condition.
    unsafe { bp_linux(kernel, zero_page) }
}
