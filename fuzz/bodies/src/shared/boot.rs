//! What the boot client's tests share.

#[path = "../../../../bootproto/tests/common/mod.rs"]
pub(crate) mod common;
#[path = "../../../../bootproto/tests/conversation/mod.rs"]
pub(crate) mod conversation;
#[path = "../../../../bootproto/tests/soundness/mod.rs"]
pub(crate) mod soundness;
#[path = "../../../../bootproto/src/net/tests/wire.rs"]
pub(crate) mod wire;
