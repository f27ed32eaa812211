//! What lies where in memory: kernel, initrds and device tree.

use crate::Cause;
use crate::linux::{Kernel, Layout, MemoryMap, PlaceError, Region, Span, Want};

use super::FileKind;

/// How many initrds one entry may name.
pub(super) const MAX_INITRDS: u8 = 8;

/// A file in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placed {
    /// What it is for.
    pub kind: FileKind,
    /// Where its first byte lies; `None` without a memory map.
    pub address: Option<u64>,
    /// How many bytes it has.
    pub size: u64,
    /// Whether its digest was found to be the manifest's.
    pub is_verified: bool,
}

/// What to start and how.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The kernel's header; `None` where a network boot program is to be started
    /// ([`with_chaining`](super::Config::with_chaining)).
    pub kernel: Option<Kernel>,
    /// Every place that was given away, for [`write_zero_page`](crate::linux::write_zero_page); the kernel's
    /// [slot](crate::linux::KernelSlot) also says how much memory it runs in, and whether a part of it is to be moved
    /// before the start.
    pub layout: Layout,
    /// Where the kernel runs: for x86 the protected-mode part, else the file's first byte.
    pub run: Option<u64>,
    /// All initrds together, from the first one's start to the last one's end.
    pub initrds: Option<Span>,
    /// Where the command line is to be written, with room for the longest that the kernel takes, and a NUL.
    pub command_line: Option<Span>,
    /// Where the device tree lies.
    pub device_tree: Option<u64>,
    files: heapless::Vec<Placed, 10>,
}

impl Plan {
    /// The files in the order in which they came: kernel, initrds, device tree.
    #[must_use]
    pub fn files(&self) -> &[Placed] {
        &self.files
    }
}

/// What was placed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Images {
    kernel: Option<Kernel>,
    layout: Layout,
    /// The layout without the present file, for another try.
    before: Layout,
    pad: Option<Span>,
    device_tree: Option<u64>,
    files: heapless::Vec<Placed, 10>,
}

/// Where a file may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: u64,
    /// So many bytes it may have there.
    pub(super) limit: u64,
}

impl Images {
    pub(super) const fn new() -> Self {
        Self {
            kernel: None,
            layout: Layout::new(),
            before: Layout::new(),
            pad: None,
            device_tree: None,
            files: heapless::Vec::new(),
        }
    }

    pub(super) const fn kernel(&self) -> Option<&Kernel> {
        self.kernel.as_ref()
    }

    /// What has to be zero before the initrd that was placed last.
    pub(super) fn pad(&self) -> Option<Span> {
        self.pad.filter(|pad| !pad.is_empty())
    }

    /// The number `index` of the placed files.
    pub(super) fn file(&self, index: u8) -> Option<&Placed> {
        self.files.get(usize::from(index))
    }

    pub(super) fn set_verified(&mut self, index: u8) {
        if let Some(file) = self.files.get_mut(usize::from(index)) {
            file.is_verified = true;
        }
    }

    /// Finds a place for a file of this kind. `None` without a memory map, and for what is not placed.
    pub(super) fn place(
        &mut self,
        regions: &[Region],
        kind: FileKind,
        kernel: Option<Kernel>,
        size: Option<u64>,
    ) -> Result<Option<Place>, Cause> {
        if let Some(kernel) = kernel {
            self.kernel = Some(kernel);
            if let Some(size) = size {
                kernel.check_size(size).map_err(Cause::Header)?;
            }
        }
        self.pad = None;
        if regions.is_empty() || !kind.is_placed() {
            return Ok(None);
        }
        let map = MemoryMap::new(regions);
        let place = match (kind, kernel) {
            (FileKind::Kernel, Some(kernel)) => self.place_kernel(&map, &kernel, size),
            (FileKind::Initrd(_), _) => self.place_initrd(&map, size),
            (FileKind::DeviceTree, _) => self.place_device_tree(&map, size),
            _ => return Ok(None),
        };
        place.map(Some).map_err(Cause::Placement)
    }

    fn place_kernel(
        &mut self,
        map: &MemoryMap<'_>,
        kernel: &Kernel,
        size: Option<u64>,
    ) -> Result<Place, PlaceError> {
        // A try before this one may have left its places.
        self.layout = Layout::new();
        let slot = self.layout.place_kernel(map, kernel, size)?;
        // The command line is known at the end only: keep room for the longest, within reason.
        let longest = kernel.command_line_limit().min(LONGEST_COMMAND_LINE);
        self.layout.place_parameters(map, longest)?;
        Ok(Place { address: slot.store, limit: slot.limit })
    }

    fn place_initrd(&mut self, map: &MemoryMap<'_>, size: Option<u64>) -> Result<Place, PlaceError> {
        self.layout = self.before.clone();
        let slot = self.layout.place_initrd(map, size)?;
        self.pad = Some(slot.pad);
        Ok(Place { address: slot.start, limit: slot.limit })
    }

    fn place_device_tree(&mut self, map: &MemoryMap<'_>, size: Option<u64>) -> Result<Place, PlaceError> {
        // arm64 booting.rst: on 8 bytes, not across a boundary of 2 MiB: a place of 2 MiB on such a boundary does.
        let needed = size.unwrap_or(DEVICE_TREE_ROOM).max(1);
        let want = Want {
            length: needed.max(DEVICE_TREE_ROOM),
            align: DEVICE_TREE_ROOM,
            residue: 0,
            floor: DEVICE_TREE_ROOM,
            ceiling: u64::MAX,
        };
        let taken = [
            self.layout.kernel().map_or(NOTHING, |(_, slot)| slot.file),
            self.layout.kernel().map_or(NOTHING, |(_, slot)| slot.runtime),
            self.layout.command_line().unwrap_or(NOTHING),
            self.layout.zero_page().unwrap_or(NOTHING),
            self.layout.initrds().unwrap_or(NOTHING),
        ];
        let place = map.lowest(want, &taken).ok_or(PlaceError::ParameterRoom { needed })?;
        self.device_tree = Some(place);
        Ok(Place { address: place, limit: want.length })
    }

    /// A placed file is complete.
    pub(super) fn stored(&mut self, kind: FileKind, address: Option<u64>, size: u64) -> Result<(), Cause> {
        match kind {
            FileKind::Kernel => {
                if let Some(kernel) = &self.kernel {
                    kernel.check_size(size).map_err(Cause::Header)?;
                }
                if address.is_some() {
                    self.layout.kernel_stored(size).map_err(Cause::Placement)?;
                }
            }
            FileKind::Initrd(_) => self.layout.initrd_stored(size).map_err(Cause::Placement)?,
            FileKind::DeviceTree | FileKind::Nbp => {}
            FileKind::Configuration | FileKind::Manifest => return Ok(()),
        }
        self.before = self.layout.clone();
        // There is room for the kernel, the most initrds and the device tree.
        let _ = self.files.push(Placed { kind, address, size, is_verified: false });
        Ok(())
    }

    pub(super) fn plan(&self) -> Plan {
        Plan {
            kernel: self.kernel,
            run: self.layout.kernel().map(|(_, slot)| slot.run),
            initrds: self.layout.initrds(),
            command_line: self.layout.command_line(),
            device_tree: self.device_tree,
            files: self.files.clone(),
            layout: self.layout.clone(),
        }
    }
}

/// No kernel that we know of takes more.
const LONGEST_COMMAND_LINE: usize = 4096;

const NOTHING: Span = Span { start: 0, end: 0 };

const DEVICE_TREE_ROOM: u64 = 2 << 20;
