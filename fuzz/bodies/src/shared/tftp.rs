//! What the TFTP crate's tests share.

#[path = "../../../../tftp/tests/common/mod.rs"]
pub(crate) mod common;
#[path = "../../../../tftp/tests/conversations/mod.rs"]
pub(crate) mod conversations;
