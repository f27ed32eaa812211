//! What a packet costs: ours and others', doing the same work on the same bytes.
//!
//! What belongs here: the work itself, each piece with the check of its answer, so that the wall clock (`benches/`, by
//! criterion) and the count of instructions (`bin/count`, under callgrind) measure the same code. What does not:
//! sockets and whole transfers, which `cargo xtask bench transfer` measures, and assertions about time.

pub mod dhcp;
pub mod growth;
pub mod tftp;
