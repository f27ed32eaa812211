//! A call to the ROM as a value: what a machine wants to be asked.

use crate::blocks::Block;
use crate::layout::Layout;
use crate::opcode::{Exit, Opcode, Status};
use bootproto_core::{BufferTooSmall, Writer};

/// A call to make: copy `bytes` to the parameter area, call the entry point with `opcode` and the area's address,
/// and hand AX and the area's bytes to the machine's `handle_return`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'b> {
    /// Which call.
    pub opcode: Opcode,
    /// The parameter block, and behind it what it points to.
    pub bytes: &'b [u8],
}

impl<'b> Call<'b> {
    /// A call that a program makes by itself, without a machine.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `buf` can't hold the block.
    pub fn of<B: Block>(buf: &'b mut [u8], block: &B) -> Result<Self, BufferTooSmall> {
        write(buf, block, &[])
    }

    /// What came back from it: the block if the call was done.
    ///
    /// # Errors
    /// The status; [`Status::FAILURE`] for too few bytes.
    pub fn answer<B: Block>(exit: Exit, block: &[u8]) -> Result<B, Status> {
        answer(exit, block)
    }
}

/// How many bytes the parameter area must have: the largest block of any call that the machines make.
pub const AREA_SIZE: usize = crate::blocks::LARGEST_BLOCK;

/// Writes a block, and behind it `rest`, as a call.
pub(crate) fn write<'b, B: Block>(
    buf: &'b mut [u8],
    block: &B,
    rest: &[u8],
) -> Result<Call<'b>, BufferTooSmall> {
    put(buf, B::OPCODE, block.as_bytes(), rest)
}

/// The same for any kind of block: there are two dozen.
#[inline(never)]
fn put<'b>(buf: &'b mut [u8], opcode: Opcode, block: &[u8], rest: &[u8]) -> Result<Call<'b>, BufferTooSmall> {
    let mut writer = Writer::new(buf);
    writer.bytes(block);
    writer.bytes(rest);
    Ok(Call { opcode, bytes: writer.finish()? })
}

/// What came back: the block if the call was done, else the status. Too few bytes count as not done, and a ROM that
/// says in AX that it failed has failed, whatever the status.
pub(crate) fn answer<B: Block>(exit: Exit, block: &[u8]) -> Result<B, Status> {
    check(exit, block, B::SIZE)?;
    B::parse(block).map_err(|_short| Status::FAILURE)
}

/// Every block begins with its status.
#[inline(never)]
fn check(exit: Exit, block: &[u8], size: usize) -> Result<(), Status> {
    let Some([low, high, ..]) = block.get(..size) else {
        return Err(Status::FAILURE);
    };
    match Status(u16::from_le_bytes([*low, *high])) {
        _ if exit.is_success() => Ok(()),
        Status::SUCCESS => Err(Status::FAILURE),
        status => Err(status),
    }
}

/// The status alone, for calls whose block says nothing else.
pub(crate) fn status(exit: Exit, block: &[u8]) -> Result<(), Status> {
    check(exit, block, crate::blocks::UndiClose::SIZE)
}

/// A zeroed block.
pub(crate) fn zeroed<B: Layout>() -> B {
    B::zeroed()
}
