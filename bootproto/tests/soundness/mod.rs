//! What must hold of every layout in memory: nothing on another, nothing outside usable memory.
//!
//! What belongs here: the check that `placement.rs` and the fuzz target `linux_kernel` make. What does not: where maps and
//! kernels come from.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests")]

use bootproto::linux::{Kernel, Layout, MemoryMap, Region, Span};

const GIB: u64 = 0x4000_0000;

/// A machine's memory and what is to be placed in it.
#[derive(Debug)]
pub(crate) struct Case<'c> {
    pub(crate) regions: &'c [Region],
    pub(crate) kernel: Kernel,
    /// The size of the kernel's file, where it is known.
    pub(crate) file: Option<u64>,
    /// Whether initrds may lie above 4 GiB.
    pub(crate) above: bool,
    /// The length of the command line.
    pub(crate) command_line: usize,
    /// The sizes of the initrds, and whether each is known before it comes.
    pub(crate) initrds: &'c [(u64, bool)],
}

impl Case<'_> {
    /// Places everything that has room, and panics where a place is wrong.
    pub(crate) fn places_soundly(&self) {
        let map = MemoryMap::new(self.regions);
        let mut layout = Layout::new().with_initrd_above_4g(self.above);
        let Ok(slot) = layout.place_kernel(&map, &self.kernel, self.file) else { return };
        assert!(slot.limit >= self.file.unwrap_or(0));
        let mut places = vec![slot.file];
        match slot.move_from {
            None => assert!(slot.runtime.start >= slot.file.start && slot.runtime.end <= slot.file.end),
            Some(_) => places.push(slot.runtime),
        }
        if let Kernel::X86(x86) = self.kernel {
            if x86.relocatable_kernel {
                assert_eq!(slot.run % u64::from(x86.kernel_alignment), 0);
                assert!(slot.move_from.is_none());
            }
            assert_eq!(slot.move_from.unwrap_or(slot.run) - slot.store, x86.setup_bytes());
            assert!(slot.file.end <= 4 * GIB && slot.runtime.end <= 4 * GIB);
        }
        let length = self.command_line.min(self.kernel.command_line_limit());
        if layout.place_parameters(&map, length).is_ok() {
            places.extend(layout.command_line());
            places.extend(layout.zero_page());
        }
        places.extend(self.place_initrds(&map, &mut layout));
        places.retain(|place| !place.is_empty());
        for (index, place) in places.iter().enumerate() {
            assert!(lies_in_usable(*place, self.regions), "{place:x?}");
            for other in &places[index + 1..] {
                assert!(!place.overlaps(*other), "{place:x?} {other:x?}");
            }
        }
    }

    /// The initrds, and the stretch that they make.
    fn place_initrds(&self, map: &MemoryMap<'_>, layout: &mut Layout) -> Option<Span> {
        let mut sum = Span { start: 0, end: 0 };
        for (length, known) in self.initrds {
            let Ok(place) = layout.place_initrd(map, known.then_some(*length)) else { continue };
            assert_eq!(place.start % 4096, 0);
            let length = (*length).min(place.limit);
            layout.initrd_stored(length).unwrap();
            let span = Span::new(place.start, length);
            if !place.pad.is_empty() {
                assert_eq!(place.pad, Span { start: sum.end, end: place.start });
            }
            sum = Span { start: if sum.end == 0 { place.start } else { sum.start }, end: span.end };
            if let Kernel::X86(x86) = self.kernel {
                assert!(self.above || span.end <= x86.initrd_ceiling());
            }
        }
        if sum.end == 0 {
            return None;
        }
        assert_eq!(layout.initrds(), Some(sum));
        Some(sum)
    }
}

/// Whether every byte of `span` is usable and none of it reserved.
pub(crate) fn lies_in_usable(span: Span, regions: &[Region]) -> bool {
    let allowed = |address: u64| {
        let within = |region: &&Region| address >= region.start && address - region.start < region.length;
        let mut found = regions.iter().filter(within).peekable();
        found.peek().is_some() && found.all(|region| region.usable)
    };
    // Between two edges of regions nothing changes, so the edges inside and the ends are enough.
    let edges = regions.iter().flat_map(|region| [region.start, region.start.saturating_add(region.length)]);
    let inside = edges.filter(|edge| *edge > span.start && *edge < span.end);
    allowed(span.start) && allowed(span.end - 1) && inside.into_iter().all(allowed)
}
