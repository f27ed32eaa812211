//! What the C library's tests share.

#[path = "../../../../capi/tests/arena/mod.rs"]
pub(crate) mod arena;
