//! Putting included files in the place of the line that names them.

use crate::config::{Fault, FileName, Items, Statement};
use core::ops::Range;

/// Files may include each other so deep, as in PXELINUX.
const DEEPEST: usize = 16;

/// One configuration may include so many files altogether.
const MOST: u16 = 128;

/// An INCLUDE that waits for its file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Include {
    /// The file as written.
    pub file: FileName,
    /// Its line in the text as it stands now, from 1.
    pub line: u32,
    /// Where the line stands.
    range: Range<usize>,
    /// Where the tag of MENU INCLUDE stands.
    tag: Option<Range<usize>>,
}

/// Resolves the includes of a text that lies in the caller's buffer, one after the other.
///
/// Ask [`next`](Self::next) for the first open one, fetch it behind the text, and put it in its place with
/// [`splice`](Self::splice) (a file that isn't there: with length 0, as PXELINUX does). Repeat until there is none.
/// The value keeps only how deep the files are nested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Includes {
    /// Where the texts end in which the next include lies, the outermost first.
    ends: heapless::Vec<usize, DEEPEST>,
    count: u16,
}

const _: () = assert!(size_of::<Includes>() <= 256);

impl Includes {
    /// Nothing included yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { ends: heapless::Vec::new(), count: 0 }
    }

    /// The first include in `text` that is still open.
    ///
    /// # Errors
    /// [`Fault::IncludeTooDeep`] and [`Fault::IncludeTooMany`]: files that include each other in a circle end here.
    /// [`Fault::NameTooLong`] for its name.
    pub fn next(&self, text: &[u8]) -> Result<Option<Include>, Fault> {
        let mut items = Items::new(text);
        let Some((item, file, tag)) = items.find_map(|item| match item.statement {
            Ok(Statement::Include { file, tag }) => Some((item, file, tag)),
            _ => None,
        }) else {
            return Ok(None);
        };
        if self.count >= MOST {
            return Err(Fault::IncludeTooMany);
        }
        let start = item.range.start;
        if self.ends.iter().filter(|end| start < **end).count() >= DEEPEST {
            return Err(Fault::IncludeTooDeep);
        }
        // The tag is the end of the line, behind which there may be blanks.
        let tag = tag.and_then(|tag| {
            let line = text.get(item.range.clone())?;
            let last = line.windows(tag.len().max(1)).rposition(|window| window == tag)?;
            let first = start.saturating_add(last);
            Some(first..first.saturating_add(tag.len()))
        });
        Ok(Some(Include { file: FileName::join(&[file])?, line: item.line, range: item.range, tag }))
    }

    /// Replaces the line `include` by the included file. `buffer` holds the text in its first `length` bytes and the
    /// file in the `file_length` bytes behind it. Answers the text's new length.
    ///
    /// With the tag of MENU INCLUDE, the file becomes a submenu of that name.
    ///
    /// # Errors
    /// [`Fault::TooLarge`] if the result does not fit the buffer: buffer and state are then as before.
    /// [`Fault::BadRange`] if `include` is not of this text, or the lengths lie beyond the buffer.
    pub fn splice(
        &mut self,
        buffer: &mut [u8],
        length: usize,
        include: &Include,
        file_length: usize,
    ) -> Result<usize, Fault> {
        let Range { start, end } = include.range.clone();
        let together = length.checked_add(file_length).filter(|total| *total <= buffer.len());
        if start > end || end > length || together.is_none() {
            return Err(Fault::BadRange);
        }
        let mut tag = heapless::Vec::<u8, 255>::new();
        if let Some(range) = include.tag.clone() {
            let text = buffer.get(range).ok_or(Fault::BadRange)?;
            tag.extend_from_slice(text).map_err(|_full| Fault::NameTooLong)?;
        }
        let tagged = include.tag.is_some();
        let before: [&[u8]; 3] = if tagged { [b"MENU BEGIN ", &tag, b"\n"] } else { [b""; 3] };
        let after: &[u8] = if tagged { b"\nMENU END" } else { b"" };
        let added = before
            .iter()
            .map(|part| part.len())
            .fold(file_length, usize::saturating_add)
            .saturating_add(after.len());
        let needed = length.saturating_sub(end.saturating_sub(start)).saturating_add(added);
        if needed > buffer.len() || needed.max(length.saturating_add(file_length)) > buffer.len() {
            return Err(Fault::TooLarge { needed });
        }
        self.note(start, end, added)?;
        insert(buffer, start..end, length, file_length, &before, after);
        Ok(needed)
    }

    /// Moves the remembered ends and adds the new one.
    fn note(&mut self, start: usize, end: usize, added: usize) -> Result<(), Fault> {
        let mut ends = self.ends.clone();
        ends.retain(|old| *old > start);
        for old in &mut ends {
            *old = old.saturating_sub(end.saturating_sub(start)).saturating_add(added);
        }
        ends.push(start.saturating_add(added)).map_err(|_full| Fault::IncludeTooDeep)?;
        self.ends = ends;
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

/// `[line][rest][file]` from `place.start` on becomes `[before][file][after][rest]`. The caller has checked the sizes.
fn insert(
    buffer: &mut [u8],
    place: Range<usize>,
    length: usize,
    file_length: usize,
    before: &[&[u8]],
    after: &[u8],
) {
    let Range { start, end } = place;
    let line = end.saturating_sub(start);
    let rest = length.saturating_sub(end);
    let Some(region) = buffer.get_mut(start..) else { return };
    if let Some(all) = region.get_mut(..line.saturating_add(rest).saturating_add(file_length)) {
        file_to_front(all, file_length);
    }
    let prefix = before.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
    let file_end = prefix.saturating_add(file_length);
    // The rest goes first: its new place begins behind where the file lies now.
    shift(region, file_length.saturating_add(line), rest, file_end.saturating_add(after.len()));
    shift(region, 0, file_length, prefix);
    let mut at = 0_usize;
    for part in before {
        put(region, at, part);
        at = at.saturating_add(part.len());
    }
    put(region, file_end, after);
}

fn put(region: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = region.get_mut(at..at.saturating_add(bytes.len())) {
        bootproto_core::copy_into(place, bytes);
    }
}

/// Exchanges the last `length` bytes with those before them, by reversing: unlike the library's rotation, this has no
/// way to panic.
const fn file_to_front(all: &mut [u8], length: usize) {
    all.reverse();
    if let Some((file, others)) = all.split_at_mut_checked(length) {
        file.reverse();
        others.reverse();
    }
}

/// Moves bytes within `region`; the places may overlap.
fn shift(region: &mut [u8], from: usize, length: usize, to: usize) {
    let mut copy = |offset: usize| {
        let byte = region.get(from.saturating_add(offset)).copied();
        if let (Some(byte), Some(place)) = (byte, region.get_mut(to.saturating_add(offset))) {
            *place = byte;
        }
    };
    if to > from {
        (0..length).rev().for_each(&mut copy);
    } else {
        (0..length).for_each(&mut copy);
    }
}
