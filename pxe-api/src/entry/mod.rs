//! Where a PXE stack is: the structures that say so, the ways to find them, and the memory they lie in.
//!
//! What belongs here: `!PXE` and `PXENV+` (PXE 2.1 section 4.4), the search for them, and where to load a UNDI from
//! a ROM. What does not: calling anything. All of it works over bytes that the caller reads; no pointer is followed
//! but by asking the caller for the bytes there.

mod find;
mod load;
mod memory;
mod structures;

pub use find::{Attempt, Clues, Convention, Entry, How, Int1a, NotFound, UndiRom, UndiRoms, find};
pub use load::{Placement, free_kilobytes, place};
pub use memory::{Memory, Window};
pub use structures::{BangPxe, Pxenv, SegmentDescriptor};
