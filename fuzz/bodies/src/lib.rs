//! What a fuzzer does with bytes: one module for each target, with `run`, which panics where something is wrong, and
//! `seeds`, the inputs that the corpus begins with.
//!
//! What belongs here: turning bytes into calls, and what must hold after each. What does not: the fuzzer, which is in
//! the folder above; protocol knowledge, which is in the crates and their tests. Machines run under the laws of
//! `testkit`, from the beginnings that the crates' own tests have.
//!
//! The same `run` serves the fuzz target, the replay of `../corpus` by `cargo test` (`tests/replay.rs`), and a person:
//! `cargo run -p fuzz-bodies --example replay -- TARGET FILE...`.

mod seed;
mod shared;

pub use seed::Seed;

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of its module here, of its file in `fuzz_targets/`, of its folder in `corpus/`.
    pub name: &'static str,
    /// Does with the bytes what the target is for. Panics where something is wrong.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Seed>,
}

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $($(#[$doc])* pub mod $name;)+

        /// Every target.
        pub const TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), run: $name::run, seeds: $name::seeds }),+];
    };
}

targets! {
    boot_client,
    boot_frames,
    c_abi,
    dhcp_client,
    dhcp_codec,
    dhcp_server,
    ib_codec,
    ib_machines,
    linux_kernel,
    pxe_machines,
    pxe_structures,
    pxelinux_cfg,
    tftp_client,
    tftp_codec,
    tftp_server,
}
