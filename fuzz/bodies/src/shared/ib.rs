//! What the InfiniBand crate's tests share.

#[path = "../../../../ib-verbs-lite/tests/common/mads.rs"]
pub(crate) mod mads;
#[path = "../../../../ib-verbs-lite/tests/speakers/mod.rs"]
pub(crate) mod speakers;
