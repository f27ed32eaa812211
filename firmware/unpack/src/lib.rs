//! What stands in front of a compressed boot program: a decoder of LZMA, and the filter for x86's jumps.
//!
//! What belongs here: what the programs' unpackers run before there is anything else, so it must be small. What does
//! not: where the program lies and how it starts, which each platform's unpacker knows, and the compressor, which
//! `interop` has.
//!
//! The format is that of `.lzma` files (LZMA specification, Igor Pavlov, 2015): properties, dictionary size, length,
//! and the stream.
#![no_std]

mod jumps;
mod lzma;

pub use jumps::{bind, unbind};
pub use lzma::{HEADER, unpack};
