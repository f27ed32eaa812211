//! The start of the kernel by the 32-bit boot protocol of Linux/x86.

use crate::map::Map;
use crate::memory::{clear, shift, store, stored};
use crate::real;
use bootproto::client::Plan;
use bootproto::linux::{HEAD_BYTES, MemoryMap, PlaceError, ZERO_PAGE_BYTES, write_zero_page};

/// The screen as the BIOS left it: mode 3, 80 columns, 25 lines of 16 dots; what `screen_info` in the parameter page
/// says about a text screen.
const SCREEN: [(usize, u8); 5] = [(0x06, 3), (0x07, 80), (0x0e, 25), (0x0f, 1), (0x10, 16)];

/// Where the regions of memory lie in the parameter page.
const E820: usize = 0x2d0;

/// Where everything lies that the kernel needs.
pub(crate) struct Prepared {
    run: u32,
    page: u32,
}

/// Puts parameters and command line where `plan` says.
///
/// # Errors
/// The plan misses something.
pub(crate) fn prepare(plan: &Plan, map: &Map, command_line: &[u8]) -> Result<Prepared, PlaceError> {
    let missing = PlaceError::ParametersMissing;
    let (_, slot) = plan.layout.kernel().ok_or(missing)?;
    let (page_at, line_at) = (plan.layout.zero_page().ok_or(missing)?, plan.command_line.ok_or(missing)?);
    let kernel = plan.files().first().ok_or(missing)?;
    let mut page = [0; ZERO_PAGE_BYTES];
    // SAFETY: the kernel was stored there, whole.
    let head = unsafe { stored(slot.store, kernel.size.min(HEAD_BYTES as u64)) };
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
        if let Some(from) = slot.move_from {
            let setup = from.saturating_sub(slot.store);
            shift(from, slot.run, kernel.size.saturating_sub(setup));
        }
    }
    let low = |address: u64| u32::try_from(address).map_err(|_| missing);
    Ok(Prepared { run: low(slot.run)?, page: low(page_at.start)? })
}

impl Prepared {
    /// Leaves.
    pub(crate) fn start(self) -> ! {
        // SAFETY: `prepare` put all of it there, and nothing of ours is used behind this line.
        unsafe { real::linux(self.run, self.page) }
    }
}
