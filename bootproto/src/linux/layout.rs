//! Where kernel, parameters and initrds lie.

use crate::linux::image::BASE_ALIGN;
use crate::linux::{Kernel, MemoryMap, PlaceError, Span, Want, X86};
use bootproto_core::num::u64_from_usize;

/// Initrds begin on a page.
const PAGE: u64 = 4096;

/// What 32-bit fields and code can reach.
const FOUR_GIB: u64 = 0x1_0000_0000;

/// Where a kernel lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelSlot {
    /// Where the file's first byte goes. An x86 kernel's setup part then lies before `run`, and its protected-mode part
    /// exactly at it, unless [`move_from`](Self::move_from) says otherwise.
    pub store: u64,
    /// So many bytes the file may have.
    pub limit: u64,
    /// Where the kernel runs: for x86 the start of the protected-mode part, else the file's first byte.
    pub run: u64,
    /// What must stay free from `run` on while the kernel starts.
    pub runtime: Span,
    /// What must stay free while the file comes: the room for it, and where nothing has to be moved, `runtime` too.
    pub file: Span,
    /// An x86 kernel that can't be relocated may want to run where its file can't be put, for the setup part before it
    /// would lie in the firmware. Then its protected-mode part has to be moved from here to `run` before the start.
    pub move_from: Option<u64>,
}

/// Where an initrd goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitrdSlot {
    /// Where its first byte goes.
    pub start: u64,
    /// So many bytes it may have.
    pub limit: u64,
    /// Fill this with zeros: the gap behind the initrd before.
    pub pad: Span,
}

/// Finds the places one after the other: the kernel when its header is known, the parameters, then each initrd when
/// its turn comes. All initrds make one stretch, each begins on a page, and nothing overlaps.
///
/// It keeps what it gave away and not the memory map, so give it the same map each time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    above_4g: bool,
    ceiling: Option<u64>,
    kernel: Option<(Kernel, KernelSlot)>,
    command_line: Option<Span>,
    zero_page: Option<Span>,
    /// From the first initrd's start to the last one's end.
    initrds: Option<Span>,
    /// Where the stretch for initrds ends.
    initrd_room: u64,
    /// The last initrd's start, while its size is not known.
    open: Option<u64>,
}

const _: () = assert!(size_of::<Layout>() <= 512);

impl Layout {
    /// Nothing placed.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            above_4g: false,
            ceiling: None,
            kernel: None,
            command_line: None,
            zero_page: None,
            initrds: None,
            initrd_room: 0,
            open: None,
        }
    }

    /// Lets initrds lie above 4 GiB where an x86 kernel says that it can take them there. Default: no.
    #[must_use]
    pub const fn with_initrd_above_4g(mut self, allowed: bool) -> Self {
        self.above_4g = allowed;
        self
    }

    /// Puts nothing at or above this address. Default: no limit beyond the kernel's own.
    #[must_use]
    pub const fn with_ceiling(mut self, ceiling: u64) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// The kernel and its place.
    #[must_use]
    pub const fn kernel(&self) -> Option<&(Kernel, KernelSlot)> {
        self.kernel.as_ref()
    }

    /// Where the command line lies, its NUL included.
    #[must_use]
    pub const fn command_line(&self) -> Option<Span> {
        self.command_line
    }

    /// Where the parameter page of an x86 kernel lies.
    #[must_use]
    pub const fn zero_page(&self) -> Option<Span> {
        self.zero_page
    }

    /// All initrds together, from the first one's start to the last one's end.
    #[must_use]
    pub const fn initrds(&self) -> Option<Span> {
        self.initrds
    }

    /// Whether the last initrd's size is still to be told.
    #[must_use]
    pub const fn has_open_initrd(&self) -> bool {
        self.open.is_some()
    }

    /// Finds the kernel's place and forgets all others. `length` is the file's size where it is known; without it,
    /// [`KernelSlot::limit`] is what the header lets expect.
    ///
    /// # Errors
    /// [`PlaceError::KernelRoom`].
    pub fn place_kernel(
        &mut self,
        map: &MemoryMap<'_>,
        kernel: &Kernel,
        length: Option<u64>,
    ) -> Result<KernelSlot, PlaceError> {
        let slot = match kernel {
            Kernel::X86(x86) => self.place_x86(map, x86, length),
            Kernel::Arm64(image) => self.place_image(map, image.text_offset, image.image_size, length),
            Kernel::RiscV(image) => self.place_image(map, image.text_offset, image.image_size, length),
        }?;
        *self = Self {
            above_4g: self.above_4g,
            ceiling: self.ceiling,
            kernel: Some((*kernel, slot)),
            ..Self::new()
        };
        Ok(slot)
    }

    fn place_x86(
        &self,
        map: &MemoryMap<'_>,
        x86: &X86,
        length: Option<u64>,
    ) -> Result<KernelSlot, PlaceError> {
        let setup = x86.setup_bytes();
        let align = if x86.relocatable_kernel { u64::from(x86.kernel_alignment).max(PAGE) } else { 1 };
        // A kernel that finds itself below its preferred address moves up to it.
        let lowest_run = x86.pref_address.max(0x10_0000);
        let file = length.unwrap_or_else(|| x86.file_bytes()).saturating_sub(setup);
        let needed = setup.saturating_add(x86.runtime_bytes().max(file));
        let want = Want {
            length: needed,
            align,
            residue: align.wrapping_sub(setup) & align.saturating_sub(1),
            floor: lowest_run.saturating_sub(setup),
            ceiling: self.ceiling_below(FOUR_GIB),
        };
        let no_room = PlaceError::KernelRoom { needed };
        let found = map.lowest(want, &[]).filter(|store| x86.relocatable_kernel || *store == want.floor);
        let Some(store) = found else {
            return if x86.relocatable_kernel { Err(no_room) } else { self.place_fixed(map, x86, length) };
        };
        let run = store.saturating_add(setup);
        let runtime = Span::new(run, x86.runtime_bytes());
        Ok(KernelSlot { store, limit: needed, run, runtime, file: Span::new(store, needed), move_from: None })
    }

    /// A kernel that runs at one address only, with its file somewhere else.
    fn place_fixed(
        &self,
        map: &MemoryMap<'_>,
        x86: &X86,
        length: Option<u64>,
    ) -> Result<KernelSlot, PlaceError> {
        let run = x86.pref_address.max(0x10_0000);
        let runtime = Span::new(run, x86.runtime_bytes());
        let no_room = PlaceError::KernelRoom { needed: runtime.length() };
        if !map.is_usable(runtime) || runtime.end > self.ceiling_below(FOUR_GIB) {
            return Err(no_room);
        }
        // A signature or padding may follow what the header tells of.
        let limit = length.unwrap_or_else(|| x86.file_bytes().saturating_add(0x1_0000));
        let want = Want {
            length: limit,
            align: PAGE,
            residue: 0,
            floor: 0x10_0000,
            ceiling: self.ceiling_below(FOUR_GIB),
        };
        let store = map.lowest(want, &[runtime]).ok_or(PlaceError::KernelRoom { needed: limit })?;
        let move_from = Some(store.saturating_add(x86.setup_bytes()));
        Ok(KernelSlot { store, limit, run, runtime, file: Span::new(store, limit), move_from })
    }

    /// arm64 and RISC-V: so far behind a multiple of 2 MiB, as low as possible, not at address 0.
    fn place_image(
        &self,
        map: &MemoryMap<'_>,
        offset: u64,
        image_size: u64,
        length: Option<u64>,
    ) -> Result<KernelSlot, PlaceError> {
        // Without a size in the header, as much again as the file has must do for what the kernel clears.
        let guessed = length.map_or(0x400_0000, |length| length.saturating_mul(2));
        let needed = if image_size == 0 { guessed } else { image_size.max(length.unwrap_or(0)) };
        let residue = offset & (BASE_ALIGN.saturating_sub(1));
        let floor = offset.max(PAGE);
        let want =
            Want { length: needed, align: BASE_ALIGN, residue, floor, ceiling: self.ceiling_below(u64::MAX) };
        let store = map.lowest(want, &[]).ok_or(PlaceError::KernelRoom { needed })?;
        let file = Span::new(store, needed);
        Ok(KernelSlot { store, limit: needed, run: store, runtime: file, file, move_from: None })
    }

    /// Compares the kernel's real size with its place, once it is known.
    ///
    /// # Errors
    /// [`PlaceError::KernelGrew`], [`PlaceError::KernelFirst`].
    pub const fn kernel_stored(&self, length: u64) -> Result<(), PlaceError> {
        let Some((_, slot)) = &self.kernel else { return Err(PlaceError::KernelFirst) };
        if length > slot.limit {
            return Err(PlaceError::KernelGrew { length, limit: slot.limit });
        }
        Ok(())
    }

    /// Finds places for a command line of `length` bytes (its NUL not counted) and, for x86, the parameter page:
    /// below 640 KiB if there is room, else anywhere below 4 GiB.
    ///
    /// # Errors
    /// [`PlaceError::KernelFirst`], [`PlaceError::CommandLineTooLong`], [`PlaceError::ParameterRoom`].
    pub fn place_parameters(&mut self, map: &MemoryMap<'_>, length: usize) -> Result<u64, PlaceError> {
        let Some((kernel, _)) = self.kernel else { return Err(PlaceError::KernelFirst) };
        let limit = kernel.command_line_limit();
        if length > limit {
            return Err(PlaceError::CommandLineTooLong { length, limit });
        }
        (self.command_line, self.zero_page) = (None, None);
        let bytes = u64_from_usize(length).saturating_add(1);
        let zero_page = match kernel {
            Kernel::X86(_) => Some(self.find_parameter(map, PAGE)?),
            Kernel::Arm64(_) | Kernel::RiscV(_) => None,
        };
        self.zero_page = zero_page;
        match self.find_parameter(map, bytes) {
            Ok(span) => {
                self.command_line = Some(span);
                Ok(span.start)
            }
            Err(error) => {
                self.zero_page = None;
                Err(error)
            }
        }
    }

    fn find_parameter(&self, map: &MemoryMap<'_>, length: u64) -> Result<Span, PlaceError> {
        // The first 64 KiB belong to the firmware and the real-mode code, what follows 0x9a000 often to its tables.
        let low =
            Want { length, align: PAGE, residue: 0, floor: 0x1_0000, ceiling: self.ceiling_below(0x9_a000) };
        let high = Want { floor: 0x10_0000, ceiling: self.ceiling_below(FOUR_GIB), ..low };
        let anywhere = Want { ceiling: self.ceiling_below(u64::MAX), ..high };
        let is_x86 = matches!(self.kernel, Some((Kernel::X86(_), _)));
        let taken = self.taken();
        map.lowest(low, &taken)
            .or_else(|| map.lowest(high, &taken))
            .or_else(|| if is_x86 { None } else { map.lowest(anywhere, &taken) })
            .map(|start| Span::new(start, length))
            .ok_or(PlaceError::ParameterRoom { needed: length })
    }

    /// Finds the next initrd's place. With an unknown `length`, the slot's limit says how much there is room for, and
    /// [`initrd_stored`](Self::initrd_stored) has to follow before the next one.
    ///
    /// The first one chooses the longest free stretch; all others follow in it. Place the parameters before.
    ///
    /// # Errors
    /// [`PlaceError::KernelFirst`], [`PlaceError::InitrdOpen`], [`PlaceError::InitrdRoom`].
    pub fn place_initrd(
        &mut self,
        map: &MemoryMap<'_>,
        length: Option<u64>,
    ) -> Result<InitrdSlot, PlaceError> {
        if self.open.is_some() {
            return Err(PlaceError::InitrdOpen);
        }
        let needed = length.unwrap_or(1);
        let (begin, start, room_end) = match self.initrds {
            Some(all) => (all.start, all.end.checked_next_multiple_of(PAGE), self.initrd_room),
            None => {
                let room = map.longest(self.initrd_want()?, &self.taken());
                let room = room.ok_or(PlaceError::InitrdRoom { needed, free: 0 })?;
                (room.start, Some(room.start), room.end)
            }
        };
        let start = start.unwrap_or(u64::MAX);
        let limit = room_end.saturating_sub(start);
        // The next page may begin behind the room, where not even an empty file may lie: its pad would lie there too.
        if needed > limit || start > room_end {
            return Err(PlaceError::InitrdRoom { needed, free: limit });
        }
        let pad = Span { start: self.initrds.map_or(start, |all| all.end), end: start };
        self.initrd_room = room_end;
        self.initrds = Some(Span { start: begin, end: start.saturating_add(length.unwrap_or(0)) });
        self.open = length.is_none().then_some(start);
        Ok(InitrdSlot { start, limit: length.unwrap_or(limit), pad })
    }

    /// Says how large the initrd became that was placed with unknown size. Does nothing for one of known size.
    ///
    /// # Errors
    /// [`PlaceError::InitrdGrew`].
    pub const fn initrd_stored(&mut self, length: u64) -> Result<(), PlaceError> {
        let (Some(start), Some(all)) = (self.open, self.initrds) else { return Ok(()) };
        let limit = self.initrd_room.saturating_sub(start);
        if length > limit {
            return Err(PlaceError::InitrdGrew { length, limit });
        }
        self.initrds = Some(Span { end: start.saturating_add(length), ..all });
        self.open = None;
        Ok(())
    }

    fn initrd_want(&self) -> Result<Want, PlaceError> {
        let Some((kernel, slot)) = self.kernel else { return Err(PlaceError::KernelFirst) };
        let (floor, ceiling) = match kernel {
            Kernel::X86(x86) => {
                let high = self.above_4g && x86.xloadflags & X86::CAN_BE_LOADED_ABOVE_4G != 0;
                (0x10_0000, if high { u64::MAX } else { x86.initrd_ceiling() })
            }
            // booting.rst: image and initrd in one window of 32 GiB that begins at a multiple of 1 GiB.
            Kernel::Arm64(_) => {
                let window = slot.store & !0x3fff_ffff;
                (window.max(PAGE), window.saturating_add(0x8_0000_0000))
            }
            Kernel::RiscV(_) => (PAGE, u64::MAX),
        };
        Ok(Want { length: 1, align: PAGE, residue: 0, floor, ceiling: self.ceiling_below(ceiling) })
    }

    /// What must not be given away again.
    fn taken(&self) -> [Span; 5] {
        const NOTHING: Span = Span { start: 0, end: 0 };
        [
            self.kernel.map_or(NOTHING, |(_, slot)| slot.file),
            self.kernel.map_or(NOTHING, |(_, slot)| slot.runtime),
            self.command_line.unwrap_or(NOTHING),
            self.zero_page.unwrap_or(NOTHING),
            self.initrds.map_or(NOTHING, |all| Span { start: all.start, end: self.initrd_room }),
        ]
    }

    fn ceiling_below(&self, limit: u64) -> u64 {
        self.ceiling.map_or(limit, |ceiling| ceiling.min(limit))
    }
}
