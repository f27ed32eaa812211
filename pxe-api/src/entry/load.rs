//! Where in base memory a UNDI goes that is still in its ROM, and what comes back when it has gone.

use super::structures::BangPxe;
use crate::SegmentOffset;
use crate::blocks::UndiLoader;
use crate::layout::Layout;
use crate::rom::UndiRomId;
use crate::undi::Kept;
use zerocopy::little_endian::U16;

/// Where a UNDI is to be loaded, and what is left of base memory then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// The segment for its code.
    pub code_segment: u16,
    /// The segment for its data; its stack is in it.
    pub data_segment: u16,
    /// What to write to 40:13h, the kilobytes of free base memory, so that nobody else uses the driver's.
    pub free_kilobytes: u16,
}

/// The least that must stay free below the driver: interrupt vectors, BIOS data, the boot program at 7C00h and some.
const FLOOR: u32 = 0x1_0000;

/// Takes room for a UNDI off the top of base memory, as a ROM's own boot code does: code first, data below.
///
/// `free_kilobytes` is what 40:13h says now. `None` if there is not enough.
#[must_use]
pub fn place(id: &UndiRomId, free_kilobytes: u16) -> Option<Placement> {
    let top = u32::from(free_kilobytes.min(640)).saturating_mul(1024);
    let code = below(top, id.code_size.get())?;
    let data = below(code, id.data_size.get())?;
    if data < FLOOR {
        return None;
    }
    Some(Placement {
        code_segment: u16::try_from(code >> 4).ok()?,
        data_segment: u16::try_from(data >> 4).ok()?,
        free_kilobytes: u16::try_from(data >> 10).ok()?,
    })
}

fn below(top: u32, size: u16) -> Option<u32> {
    Some(top.checked_sub(u32::from(size))? & !0xf)
}

impl Placement {
    /// The block for the ROM's loader.
    ///
    /// `pci` is bus, device and function; `plug_and_play` where the BIOS's `$PnP` is
    /// ([`BiosPnp::find`](crate::rom::BiosPnp::find)).
    #[must_use]
    pub fn loader_block(&self, pci: u16, plug_and_play: SegmentOffset) -> UndiLoader {
        let mut block = UndiLoader::zeroed();
        block.ax = U16::new(pci);
        block.bx = U16::new(0xffff);
        block.dx = U16::new(0xffff);
        block.di = plug_and_play.offset;
        block.es = plug_and_play.segment;
        block.undi_ds = U16::new(self.data_segment);
        block.undi_cs = U16::new(self.code_segment);
        block
    }
}

/// What 40:13h, the kilobytes of free base memory, may say once a stack is down and `kept` is known.
///
/// Memory is given back only from the present limit upwards and without a hole: segments that must stay, and any gap
/// that the structure does not explain, end it. `None` if nothing can be given back.
#[must_use]
pub fn free_kilobytes(stack: &BangPxe, kept: &Kept, now: u16) -> Option<u16> {
    let mut limit = u32::from(now).saturating_mul(1024);
    let undi = stack.undi_segments().map(|segment| (segment, kept.undi));
    let base = stack.base_segments().map(|segment| (segment, kept.base));
    let segments = || undi.into_iter().chain(base).filter(|(segment, _)| segment.size.get() > 0);
    // At most as often as there are segments the limit rises by one.
    for _ in 0..6 {
        let next = segments().find_map(|(segment, stays)| {
            let start = segment.physical.get();
            let end = start.checked_add(u32::from(segment.size.get()))?;
            (!stays && start < limit.saturating_add(GAP) && end > limit).then_some(end)
        });
        let Some(end) = next else { break };
        limit = end;
    }
    let stays_from = segments().filter(|(_, stays)| *stays).map(|(segment, _)| segment.physical.get()).min();
    let limit = stays_from.map_or(limit, |start| limit.min(start)).min(640 * 1024);
    u16::try_from(limit >> 10).ok().filter(|kilobytes| *kilobytes > now)
}

/// Segments are rounded up to each other: a gap below this is padding.
const GAP: u32 = 1024;
