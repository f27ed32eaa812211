//! The machine's memory: what the caller says about it, and the search for free places.

/// A stretch of addresses, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a stretch has a start and an end")]
pub struct Span {
    /// The first address.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
}

impl Span {
    /// The stretch of `length` bytes from `start` on, cut at the end of all addresses.
    #[must_use]
    pub const fn new(start: u64, length: u64) -> Self {
        Self { start, end: start.saturating_add(length) }
    }

    /// How many bytes.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it has no bytes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether an address is in both.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        !self.is_empty() && !other.is_empty() && self.start < other.end && other.start < self.end
    }
}

/// A stretch of memory and whether it may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers write tables of these")]
pub struct Region {
    /// The first address.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
    /// Memory that is free to use; `false` is for everything else, known or not.
    pub usable: bool,
}

impl Region {
    const fn span(self) -> Span {
        Span::new(self.start, self.length)
    }
}

/// The caller's list of regions. Order doesn't matter, and where regions overlap, the unusable one counts. Addresses
/// that no region names are unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryMap<'m> {
    regions: &'m [Region],
}

/// What kind of place is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a search says all of it")]
pub struct Want {
    /// How many bytes.
    pub length: u64,
    /// The start is `residue` more than a multiple of this power of two.
    pub align: u64,
    /// See `align`; less than it.
    pub residue: u64,
    /// Not before this address.
    pub floor: u64,
    /// Not beyond this address.
    pub ceiling: u64,
}

impl Want {
    /// The first address from `from` on that is aligned as wanted.
    fn first_from(&self, from: u64) -> Option<u64> {
        let from = from.max(self.floor);
        let mask = self.align.max(1).saturating_sub(1);
        let gap = self.residue.wrapping_sub(from) & mask;
        from.checked_add(gap)
    }
}

impl<'m> MemoryMap<'m> {
    /// A view of `regions`.
    #[must_use]
    pub const fn new(regions: &'m [Region]) -> Self {
        Self { regions }
    }

    /// The regions as given.
    #[must_use]
    pub const fn regions(&self) -> &'m [Region] {
        self.regions
    }

    /// Whether every byte of `span` is usable.
    #[must_use]
    pub fn is_usable(&self, span: Span) -> bool {
        span.is_empty() || self.free_until(span.start, &[]) >= span.end
    }

    /// The lowest address of a place as wanted that touches nothing in `taken`.
    #[must_use]
    pub fn lowest(&self, want: Want, taken: &[Span]) -> Option<u64> {
        let mut best = None;
        for start in self.starts(want, taken) {
            if best.is_some_and(|best| best <= start) {
                continue;
            }
            let end = self.free_until(start, taken).min(want.ceiling);
            if end.saturating_sub(start) >= want.length {
                best = Some(start);
            }
        }
        best
    }

    /// The longest free stretch that starts as wanted and has at least the wanted length; the lower one of equals.
    #[must_use]
    pub fn longest(&self, want: Want, taken: &[Span]) -> Option<Span> {
        let mut best: Option<Span> = None;
        for start in self.starts(want, taken) {
            let span = Span { start, end: self.free_until(start, taken).min(want.ceiling) };
            let better = best.is_none_or(|best| {
                span.length() > best.length() || (span.length() == best.length() && span.start < best.start)
            });
            if !span.is_empty() && span.length() >= want.length && better {
                best = Some(span);
            }
        }
        best
    }

    /// The free stretches between `floor` and `ceiling` that touch nothing in `taken`, the lowest first. No two of them
    /// touch: regions side by side are one.
    pub fn stretches(self, floor: u64, ceiling: u64, taken: &[Span]) -> impl Iterator<Item = Span> {
        let mut floor = floor;
        core::iter::from_fn(move || {
            let stretch = self.stretch(floor, ceiling, taken)?;
            floor = stretch.end;
            Some(stretch)
        })
    }

    /// The first of them. For small programs it is not to be repeated wherever somebody goes through them.
    #[inline(never)]
    fn stretch(&self, floor: u64, ceiling: u64, taken: &[Span]) -> Option<Span> {
        let want = Want { length: 1, align: 1, residue: 0, floor, ceiling };
        let start = self.lowest(want, taken)?;
        Some(Span { start, end: self.free_until(start, taken).min(ceiling) })
    }

    /// Where a free place can begin: a lowest one starts at the floor, or where something else starts or ends.
    fn starts<'s>(&'s self, want: Want, taken: &'s [Span]) -> impl Iterator<Item = u64> + 's {
        let edge = move |index: usize| {
            let Some(index) = index.checked_sub(1) else { return Some(want.floor) };
            if let Some(span) = taken.get(index) {
                return Some(span.end);
            }
            let index = index.saturating_sub(taken.len());
            let span = self.regions.get(index >> 1)?.span();
            Some(if index & 1 == 0 { span.start } else { span.end })
        };
        (0..).map_while(edge).filter_map(move |edge| want.first_from(edge))
    }

    /// How far memory is free from `start` on; `start` itself if not at all.
    fn free_until(&self, start: u64, taken: &[Span]) -> u64 {
        let mut end = start;
        loop {
            let reach = self.regions.iter().filter(|region| region.usable && region.start <= end);
            let furthest = reach.map(|region| region.span().end).max().unwrap_or(end);
            if furthest <= end {
                break;
            }
            end = furthest;
        }
        let unusable = self.regions.iter().filter(|region| !region.usable).map(|region| region.span());
        for obstacle in unusable.chain(taken.iter().copied()) {
            if !obstacle.is_empty() && obstacle.end > start && obstacle.start < end {
                end = obstacle.start.max(start);
            }
        }
        end
    }
}
