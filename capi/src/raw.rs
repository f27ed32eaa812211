//! The one place with unsafe code: pointers of C become references here, and only after they were looked at.
//!
//! What belongs here: every dereference, and the checks before it (NULL, alignment, length, overlap, whether storage
//! was initialised, and by whom). What does not: what a call means.
//!
//! # The contract with C
//! Every exported function has it: a pointer is NULL or points to a live object of its type, a length is that of the
//! memory behind the pointer before it, and nobody else uses that memory while the call lasts. Integers may have any
//! value. What a caller can get wrong and a look can tell is a result code, and then nothing was touched.

use core::mem::{align_of, offset_of, size_of};
use core::slice;

use crate::misuse::Misuse;
use crate::types::{BP_VERSION, bp_buffer, bp_bytes};

/// Memory that a call reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct In<T>(*const T);

/// Memory that a call writes, and may read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out<T>(*mut T);

/// Where a result goes: looked at already, written last.
#[derive(Debug)]
pub(crate) struct Place<T>(*mut T);

/// The addresses of some memory: the first, and the first behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(usize, usize);

/// What may live in storage of the caller's.
pub(crate) trait Stored: Sized {
    /// What the caller's storage is called in C.
    type Storage;
    /// What else lives there, lent to the value.
    type Extra;
    /// Tells the kinds apart.
    const KIND: u8;
    /// Whether the storage must stay where it is: the value points into it, or is the only one that may write to
    /// buffers of the caller's.
    const IS_PINNED: bool;
}

/// How a value lies in storage.
#[repr(C)]
struct Slot<T: Stored> {
    mark: u64,
    value: T,
    extra: T::Extra,
}

/// Turns the pointers among a function's arguments into `In` and `Out` of the same names.
macro_rules! from_c {
    ($($name:ident: $kind:ident),+ $(,)?) => {
        $(
            // SAFETY: the contract with C, above, is that of every exported function.
            let $name = unsafe { $crate::raw::$kind::new($name) };
        )+
    };
}
pub(crate) use from_c;

impl<T> In<T> {
    /// # Safety
    /// The contract with C holds for `pointer` as long as the value lives.
    pub(crate) const unsafe fn new(pointer: *const T) -> Self {
        Self(pointer)
    }

    /// The object, in place.
    pub(crate) fn get(&self) -> Result<&T, Misuse> {
        look(self.0)?;
        // SAFETY: not NULL, aligned, and by contract a live object that nobody writes to during the call.
        Ok(unsafe { &*self.0 })
    }

    /// `length` objects in a row; NULL is right for none.
    pub(crate) fn slice(&self, length: usize) -> Result<&[T], Misuse> {
        if length == 0 {
            return Ok(&[]);
        }
        look_at_many(self.0, length)?;
        // SAFETY: not NULL, aligned, not longer than an object can be, and by contract `length` live objects.
        Ok(unsafe { slice::from_raw_parts(self.0, length) })
    }

    /// The addresses of `length` objects.
    pub(crate) fn span(&self, length: usize) -> Span {
        span(self.0, length)
    }

    /// The value that an `init` function left here.
    pub(crate) fn stored<M: Stored<Storage = T>>(&self) -> Result<&M, Misuse> {
        let slot = slot::<M>(self.0.cast_mut())?;
        // SAFETY: the mark says that a value of this type is here; by contract nobody writes to it during the call.
        Ok(unsafe { &(*slot).value })
    }
}

impl<T> Out<T> {
    /// # Safety
    /// The contract with C holds for `pointer` as long as the value lives.
    pub(crate) const unsafe fn new(pointer: *mut T) -> Self {
        Self(pointer)
    }

    /// Looks at the place; the result is written at the end.
    pub(crate) fn place(&self) -> Result<Place<T>, Misuse> {
        look(self.0)?;
        Ok(Place(self.0))
    }

    /// `length` objects in a row to write to; NULL is right for none.
    pub(crate) fn slice(&mut self, length: usize) -> Result<&mut [T], Misuse> {
        if length == 0 {
            return Ok(&mut []);
        }
        look_at_many(self.0, length)?;
        // SAFETY: as for `In::slice`, and by contract nobody else uses the memory during the call.
        Ok(unsafe { slice::from_raw_parts_mut(self.0, length) })
    }

    /// The addresses of `length` objects.
    pub(crate) fn span(&self, length: usize) -> Span {
        span(self.0, length)
    }

    /// The value that an `init` function left here.
    pub(crate) fn stored<M: Stored<Storage = T>>(&mut self) -> Result<&mut M, Misuse> {
        let slot = slot::<M>(self.0)?;
        // SAFETY: the mark says that a value of this type is here; by contract nobody else uses it during the call.
        // What was lent to the value at its beginning lies beside it and is not borrowed here.
        Ok(unsafe { &mut (*slot).value })
    }

    /// Whether storage of `bytes` bytes, for callers that were compiled for `version`, can hold an `M`.
    pub(crate) fn room<M: Stored<Storage = T>>(&self, bytes: usize, version: u32) -> Result<Room<M>, Misuse> {
        const {
            assert!(size_of::<Slot<M>>() <= size_of::<T>(), "the header's storage is too small");
            assert!(align_of::<Slot<M>>() <= align_of::<T>(), "the header's storage is not aligned enough");
            assert!(offset_of!(Slot<M>, mark) == 0, "the mark comes first");
        }
        if version != BP_VERSION {
            return Err(Misuse::WrongVersion { version });
        }
        look(self.0)?;
        if bytes < size_of::<T>() {
            return Err(Misuse::StorageTooSmall { bytes, needed: size_of::<T>() });
        }
        Ok(Room(self.0.cast()))
    }
}

/// Storage that has been looked at, before a value is in it.
pub(crate) struct Room<M: Stored>(*mut Slot<M>);

impl<M: Stored> Room<M> {
    /// Puts a value in, made with what lives beside it.
    pub(crate) fn put_with(self, extra: M::Extra, make: impl FnOnce(&'static mut M::Extra) -> M)
    where
        M::Extra: 'static,
    {
        let slot = self.0;
        // SAFETY: `room` has seen that the place is aligned and large enough. By contract the storage is the caller's
        // for this value alone until it is initialised again, so what lives beside the value may be lent to it for
        // as long: `stored` checks that the storage is where it was, and never borrows `extra`.
        unsafe {
            (&raw mut (*slot).extra).write(extra);
            let value = make(&mut (*slot).extra);
            (&raw mut (*slot).value).write(value);
            (&raw mut (*slot).mark).write(mark::<M>(slot));
        }
    }
}

impl<M: Stored<Extra = ()>> Room<M> {
    /// Puts a value in. Nothing drops it: what is stored owns nothing outside of itself.
    pub(crate) fn put(self, value: M) {
        self.put_with((), |()| value);
    }
}

impl<T> Place<T> {
    /// Writes the result.
    pub(crate) const fn put(self, value: T) {
        // SAFETY: not NULL and aligned, for `place` has looked, and by contract the caller's to be written.
        unsafe { self.0.write(value) }
    }
}

/// A buffer that the caller gives away for as long as the value lives that it is for.
pub(crate) fn for_keeps(pointer: *mut u8, length: usize) -> Result<&'static mut [u8], Misuse> {
    if length == 0 {
        return Ok(&mut []);
    }
    look_at_many(pointer, length)?;
    // SAFETY: not NULL, not longer than an object can be, and by the header's words for this buffer the caller leaves
    // it alone until it forgets the value.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, length) })
}

/// The objects that a field of the caller's points to; NULL is right for none.
pub(crate) fn field<T>(pointer: &*const T, length: usize) -> Result<&[T], Misuse> {
    if length == 0 {
        return Ok(&[]);
    }
    look_at_many(*pointer, length)?;
    // SAFETY: as for `In::slice`: the contract holds for the pointers in a structure too.
    Ok(unsafe { slice::from_raw_parts(*pointer, length) })
}

/// The bytes that a field of the caller's points to.
pub(crate) fn bytes_of(field_of: &bp_bytes) -> Result<&[u8], Misuse> {
    field(&field_of.bytes, field_of.length)
}

/// The addresses of a buffer that a field of the caller's points to.
pub(crate) fn field_span(buffer: &bp_buffer) -> Span {
    span(buffer.bytes, buffer.length)
}

/// Whether no memory of `written` is in another one of `written` or in one of `read`. What begins at NULL is no memory,
/// and found out later.
pub(crate) fn apart(written: &[Span], read: &[Span]) -> Result<(), Misuse> {
    for (index, one) in written.iter().enumerate() {
        let others = written.iter().skip(index.saturating_add(1));
        if others.chain(read).any(|other| one.0 != 0 && one.0 < other.1 && other.0 < one.1) {
            return Err(Misuse::Overlap);
        }
    }
    Ok(())
}

/// What no memory can be as long as is left to `look_at_many`, which knows what is wrong with it.
fn span<T>(pointer: *const T, length: usize) -> Span {
    let start = pointer.addr();
    let bytes = length.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok());
    match bytes.and_then(|bytes| start.checked_add(bytes)) {
        Some(end) => Span(start, end),
        None => Span(0, 0),
    }
}

fn look<T>(pointer: *const T) -> Result<(), Misuse> {
    if pointer.is_null() {
        return Err(Misuse::Null);
    }
    if !pointer.is_aligned() {
        return Err(Misuse::Misaligned);
    }
    Ok(())
}

fn look_at_many<T>(pointer: *const T, length: usize) -> Result<(), Misuse> {
    look(pointer)?;
    let bytes = length.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok());
    match bytes.and_then(|bytes| pointer.addr().checked_add(bytes)) {
        Some(_) => Ok(()),
        None => Err(Misuse::TooLong { length }),
    }
}

/// The slot in a caller's storage, if a value of this kind is in it.
fn slot<M: Stored>(storage: *mut M::Storage) -> Result<*mut Slot<M>, Misuse> {
    look(storage)?;
    let slot: *mut Slot<M> = storage.cast();
    // SAFETY: not NULL and aligned for the storage, whose first eight bytes are the mark; any bytes make an integer.
    let found = unsafe { (&raw const (*slot).mark).read() };
    if found == mark::<M>(slot) {
        return Ok(slot);
    }
    let moved = M::IS_PINNED && found & MARK_OF_KIND == mark::<M>(core::ptr::null()) & MARK_OF_KIND;
    Err(if moved { Misuse::Moved } else { Misuse::NotInitialised })
}

/// The bits of a mark that say what is there; the others say where.
const MARK_OF_KIND: u64 = 0xffff_ffff;

/// What stands before a value of this kind: four bytes that name it, and of a pinned one its address.
fn mark<M: Stored>(slot: *const Slot<M>) -> u64 {
    let [_, _, _, version] = BP_VERSION.to_be_bytes();
    let name = u32::from_be_bytes([b'B', b'P', M::KIND, version]);
    let address = if M::IS_PINNED { bootproto_core::num::u64_from_usize(slot.addr()) } else { 0 };
    u64::from(name) | (address.rotate_left(32) & !MARK_OF_KIND)
}
