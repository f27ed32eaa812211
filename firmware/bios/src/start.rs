//! The start of the kernel by the 32-bit boot protocol of Linux/x86, or for old ones by the 16-bit protocol.

use crate::map::{Map, chain_code};
use crate::memory::{clear, shift, store, stored, taken};
use crate::real;
use bootproto::client::Plan;
use bootproto::linux::{
    HEAD_BYTES, Kernel, KernelSlot, MemoryMap, PlaceError, REAL_MODE_BYTES, ZERO_PAGE_BYTES, write_real_mode,
    write_zero_page,
};

/// The screen as the BIOS left it: mode 3, 80 columns, 25 lines of 16 dots; what `screen_info` in the parameter page
/// says about a text screen.
const SCREEN: [(usize, u8); 5] = [(0x06, 3), (0x07, 80), (0x0e, 25), (0x0f, 1), (0x10, 16)];

/// Where the regions of memory lie in the parameter page.
const E820: usize = 0x2d0;

/// Where the segment of a kernel lies that is entered in real mode: in our place.
const SEGMENT: u32 = 0x1_0000;
/// Where what takes our place begins.
const PLACE: u32 = 0x7c00;
/// It begins with: CLI; MOV AX, 1000h; MOV DS, AX; MOV ES, AX; MOV FS, AX; MOV GS, AX; MOV SS, AX; MOV ESP, (the stack
/// pointer); JMP 1020h:0.
const ENTER: [u8; 16] =
    [0xfa, 0xb8, 0, 0x10, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd0, 0x66, 0xbc];
const JUMP: [u8; 7] = [0, 0, 0xea, 0, 0, 0x20, 0x10];

/// Where everything lies that the kernel needs.
pub(crate) enum Prepared {
    /// The kernel and its parameter page.
    Protected(u32, u32),
    /// What takes our place, and enters the kernel's segment.
    Real(u32),
}

/// Puts parameters and command line where `plan` says; for a kernel that is entered in real mode, to `program`.
///
/// # Errors
/// The plan misses something.
pub(crate) fn prepare(
    plan: &Plan,
    map: &Map,
    program: u64,
    command_line: &[u8],
) -> Result<Prepared, PlaceError> {
    let missing = PlaceError::ParametersMissing;
    let (kernel, slot) = plan.layout.kernel().ok_or(missing)?;
    let is_old = matches!(kernel, Kernel::X86(x86) if x86.needs_real_mode());
    let (page_at, line_at) = (plan.layout.zero_page().ok_or(missing)?, plan.command_line.ok_or(missing)?);
    let file = plan.files().first().ok_or(missing)?;
    if is_old {
        // SAFETY: as below; the map keeps the place at `program` for what takes ours.
        let (setup, segment) = unsafe {
            let at = program.saturating_add(u64::from(SEGMENT - PLACE));
            (stored(slot.store, file.size), taken(at, REAL_MODE_BYTES))
        };
        let segment = segment.try_into().map_err(|_| missing)?;
        let stack = write_real_mode(segment, SEGMENT, setup, &plan.layout, command_line)?;
        // SAFETY: as above.
        unsafe {
            store(program, &ENTER);
            store(program.saturating_add(16), &stack.to_le_bytes());
            store(program.saturating_add(18), &JUMP);
            move_up(slot, file.size);
        }
        return Ok(Prepared::Real(program as u32));
    }
    let mut page = [0; ZERO_PAGE_BYTES];
    // SAFETY: the kernel was stored there, whole.
    let head = unsafe { stored(slot.store, file.size.min(HEAD_BYTES as u64)) };
    write_zero_page(&mut page, head, &plan.layout, &MemoryMap::new(map.regions()))?;
    // As the BIOS told them: some of what is no memory the kernel can use in its own way.
    let (_, table) = page.split_at_mut(E820);
    for (entry, kind) in table.chunks_exact_mut(20).zip(map.kinds()) {
        bootproto_core::copy_into(entry.get_mut(16..).unwrap_or_default(), &kind.to_le_bytes());
    }
    for (at, value) in SCREEN {
        if let Some(place) = page.get_mut(at) {
            *place = value;
        }
    }
    let line = command_line.get(..command_line.len().min(line_at.length().saturating_sub(1) as usize));
    let line = line.unwrap_or_default();
    // SAFETY: the layout gave these places away for this, from memory that is free.
    unsafe {
        clear(line_at.start, line_at.length());
        store(line_at.start, line);
        store(page_at.start, &page);
        move_up(slot, file.size);
    }
    let low = |address: u64| u32::try_from(address).map_err(|_| missing);
    Ok(Prepared::Protected(low(slot.run)?, low(page_at.start)?))
}

/// Moves the protected-mode part of a kernel whose file has `size` bytes to where it runs, if it lies elsewhere.
///
/// # Safety
/// As [`shift`].
unsafe fn move_up(slot: &KernelSlot, size: u64) {
    if let Some(from) = slot.move_from {
        let setup = from.saturating_sub(slot.store);
        // SAFETY: by this function's own condition; the layout gave both places away for this.
        unsafe { shift(from, slot.run, size.saturating_sub(setup)) }
    }
}

impl Prepared {
    /// Leaves.
    pub(crate) fn start(self) -> ! {
        // SAFETY: `prepare` put all of it there, and nothing of ours is used behind this line.
        unsafe {
            match self {
                Self::Protected(run, page) => real::linux(run, page),
                Self::Real(program) => {
                    real::chain(program, SEGMENT - PLACE + REAL_MODE_BYTES as u32, chain_code())
                }
            }
        }
    }
}
