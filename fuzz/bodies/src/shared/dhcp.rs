//! What the DHCP crate's tests share.

#[path = "../../../../dhcp/tests/common/mod.rs"]
pub(crate) mod common;
#[path = "../../../../dhcp/tests/conversations/mod.rs"]
pub(crate) mod conversations;
#[path = "../../../../dhcp/tests/reading/mod.rs"]
pub(crate) mod reading;
