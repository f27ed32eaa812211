//! Where the options of an answer go: the field `options`, and `file` and `sname` once that is full.

use bootproto_core::{BufferTooSmall, num};
use heapless::Vec;

use super::LeftOut;
use crate::wire::{Builder, Header, OptionCode};

/// Header, `sname`, `file` and magic cookie.
const FIXED: usize = 240;
/// The area of an option for which there is no room.
const NOWHERE: u8 = 3;

/// The options of an answer in the order of their importance, as on the wire.
#[derive(Debug, Default)]
pub(super) struct OptionList {
    bytes: Vec<u8, 2560>,
    /// What did not even fit the list.
    lost: LeftOut,
}

impl OptionList {
    /// Adds an option.
    pub(super) fn push(&mut self, code: OptionCode, value: &[u8]) {
        let (first, rest) = value.split_at_checked(255).unwrap_or((value, &[]));
        for piece in core::iter::once(first).chain(rest.chunks(255)) {
            self.push_piece(code.0, piece);
        }
    }

    /// Adds options that are encoded already, but those in `except`.
    pub(super) fn push_encoded(&mut self, encoded: &[u8], except: impl Fn(u8) -> bool) {
        for (code, piece) in (Pieces { rest: encoded }).filter(|(code, _)| !except(*code)) {
            self.push_piece(code, piece);
        }
    }

    fn push_piece(&mut self, code: u8, piece: &[u8]) {
        let room = self.bytes.capacity().saturating_sub(self.bytes.len());
        let head = [code, num::u8_from_usize_saturating(piece.len())];
        let fits = piece.len().saturating_add(2) <= room
            && self.bytes.extend_from_slice(&head).is_ok()
            && self.bytes.extend_from_slice(piece).is_ok();
        if !fits {
            self.lost.add(OptionCode(code));
        }
    }

    /// How many bytes one option takes, pieces and their heads together.
    pub(super) fn encoded_len(&self, code: OptionCode) -> usize {
        let pieces = self.pieces().filter(|(found, _)| *found == code.0);
        pieces.map(|(_, piece)| piece.len().saturating_add(2)).fold(0, usize::saturating_add)
    }

    fn pieces(&self) -> Pieces<'_> {
        Pieces { rest: self.bytes.as_slice() }
    }
}

/// Encoded options, one piece at a time.
#[derive(Debug, Clone, Copy)]
struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [code, length, tail @ ..] = self.rest else { return None };
        let (piece, rest) = tail.split_at_checked(usize::from(*length))?;
        self.rest = rest;
        Some((*code, piece))
    }
}

/// The three fields that options can lie in, in the order in which a client reads them.
#[derive(Debug)]
struct Areas {
    used: [usize; 3],
    room: [usize; 3],
    /// Which area each piece lies in, in the order of the list.
    place: Vec<u8, 1280>,
}

impl Areas {
    /// The places in an answer of at most `limit` bytes that names `file`; `None` if the field `options` has room for
    /// all of the list.
    fn of_answer(file: &[u8], list: &OptionList, limit: usize) -> Option<Self> {
        let room = limit.saturating_sub(FIXED).saturating_sub(1);
        if list.bytes.len() <= room {
            return None;
        }
        let in_file = if file.is_empty() { 127 } else { 0 };
        // Option 52 takes three bytes.
        let mut areas = Self { used: [0; 3], room: [room.saturating_sub(3), in_file, 63], place: Vec::new() };
        areas.fill(list, OptionCode::RELAY_AGENT.0);
        Some(areas)
    }

    /// Finds room for all pieces of one option: the first area that takes it whole, else pieces in later and later
    /// areas, for RFC 3396 joins them in reading order.
    fn fit(&self, pieces: impl Iterator<Item = usize> + Clone) -> Option<Vec<u8, 16>> {
        let whole = pieces.clone().fold(0, usize::saturating_add);
        let mut used = self.used;
        let mut area = (0..3).find(|area| self.takes(&used, *area, whole)).unwrap_or(0);
        let mut places = Vec::new();
        for length in pieces {
            while !self.takes(&used, area, length) {
                area = area.checked_add(1).filter(|area| *area < 3)?;
            }
            let taken = used.get_mut(area)?;
            *taken = taken.saturating_add(length);
            places.push(num::u8_from_usize_saturating(area)).ok()?;
        }
        Some(places)
    }

    fn takes(&self, used: &[usize; 3], area: usize, length: usize) -> bool {
        match (used.get(area), self.room.get(area)) {
            (Some(used), Some(room)) => used.saturating_add(length) <= *room,
            (_, _) => false,
        }
    }

    /// Places every option that fits; those of `first` before the others.
    fn fill(&mut self, list: &OptionList, first: u8) {
        let count = list.pieces().count();
        let _fits = self.place.resize(count.min(self.place.capacity()), NOWHERE);
        for urgent in [true, false] {
            let mut index: usize = 0;
            let mut pieces = list.pieces().peekable();
            while let Some((code, piece)) = pieces.next() {
                let mut lengths: Vec<usize, 16> = Vec::new();
                let mut complete = lengths.push(piece.len().saturating_add(2)).is_ok();
                while let Some((_, more)) = pieces.next_if(|(next, _)| *next == code) {
                    complete &= lengths.push(more.len().saturating_add(2)).is_ok();
                }
                let start = index;
                index = index.saturating_add(lengths.len());
                if complete && (code == first) == urgent {
                    self.settle(start, &lengths);
                }
            }
        }
    }

    fn settle(&mut self, start: usize, lengths: &[usize]) {
        let Some(places) = self.fit(lengths.iter().copied()) else { return };
        for (offset, (place, length)) in places.iter().zip(lengths).enumerate() {
            if let Some(slot) = self.place.get_mut(start.saturating_add(offset)) {
                *slot = *place;
            }
            if let Some(used) = self.used.get_mut(usize::from(*place)) {
                *used = used.saturating_add(*length);
            }
        }
    }

    /// The pieces in one area.
    fn of<'a>(&'a self, list: &'a OptionList, area: u8) -> impl Iterator<Item = (u8, &'a [u8])> {
        list.pieces().zip(&self.place).filter(move |(_, place)| **place == area).map(|(piece, _)| piece)
    }

    /// The content of `file` or `sname`: options and END.
    fn field<const N: usize>(&self, list: &OptionList, area: u8) -> Vec<u8, N> {
        let mut field = Vec::new();
        for (code, piece) in self.of(list, area) {
            let head = [code, num::u8_from_usize_saturating(piece.len())];
            let _fits = field.extend_from_slice(&head).is_ok() && field.extend_from_slice(piece).is_ok();
        }
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
        //# MUST begin with the first octet of the field, MUST be terminated
        //# by an 'end' option, and MUST be followed by 'pad' options to fill
        //# the remainder of the field.
        let _fits = field.push(OptionCode::END.0);
        field
    }
}

/// The options of `list` for which an answer of at most `limit` bytes has no room.
pub(super) fn left_out(file: &[u8], list: &OptionList, limit: usize) -> LeftOut {
    let mut left_out = list.lost;
    if let Some(areas) = Areas::of_answer(file, list, limit) {
        for (code, _) in areas.of(list, NOWHERE) {
            left_out.add(OptionCode(code));
        }
    }
    left_out
}

/// Writes an answer of at most `limit` bytes. `file` is the boot file for the field of that name; if it is empty, the
/// field can hold options. Options that fit nowhere are left out, the last ones first; see [`left_out`].
pub(super) fn write<'b>(
    buf: &'b mut [u8],
    header: &Header,
    file: &[u8],
    list: &OptionList,
    limit: usize,
) -> Result<&'b [u8], BufferTooSmall> {
    let mut builder = Builder::new(buf, header);
    builder.file(file);
    let Some(areas) = Areas::of_answer(file, list, limit) else {
        for (code, piece) in list.pieces() {
            builder.option(OptionCode(code), piece);
        }
        return builder.finish();
    };
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.1
    //# If the options in a DHCP message extend into the 'sname' and 'file'
    //# fields, the 'option overload' option MUST appear in the 'options'
    //# field, with value 1, 2 or 3
    let [_, in_file, in_sname] = areas.used;
    let overload = u8::from(in_file > 0) | (u8::from(in_sname > 0) << 1);
    let mut pieces = areas.of(list, 0);
    if let Some((code, piece)) = pieces.next() {
        builder.option(OptionCode(code), piece);
    }
    if overload != 0 {
        builder.u8(OptionCode::OVERLOAD, overload);
    }
    for (code, piece) in pieces {
        builder.option(OptionCode(code), piece);
    }
    if in_file > 0 {
        builder.file(&areas.field::<128>(list, 1));
    }
    if in_sname > 0 {
        builder.sname(&areas.field::<64>(list, 2));
    }
    builder.finish()
}
