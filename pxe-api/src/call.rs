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
    let mut writer = Writer::new(buf);
    writer.bytes(block.as_bytes());
    writer.bytes(rest);
    Ok(Call { opcode: B::OPCODE, bytes: writer.finish()? })
}

/// What came back: the block if the call was done, else the status. Too few bytes count as not done, and a ROM that
/// says in AX that it failed has failed, whatever the status.
pub(crate) fn answer<B: Block>(exit: Exit, block: &[u8]) -> Result<B, Status> {
    let Ok(block) = B::parse(block) else {
        return Err(Status::FAILURE);
    };
    match block.status() {
        _ if exit.is_success() => Ok(block),
        Status::SUCCESS => Err(Status::FAILURE),
        status => Err(status),
    }
}

/// The status alone, for calls whose block says nothing else.
pub(crate) fn status(exit: Exit, block: &[u8]) -> Result<(), Status> {
    answer::<crate::blocks::UndiClose>(exit, block).map(|_| ())
}

/// A zeroed block.
pub(crate) fn zeroed<B: Layout>() -> B {
    B::zeroed()
}
