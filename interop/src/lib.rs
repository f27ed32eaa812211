//! The rig under the tests against programs that nobody here wrote.
//!
//! What belongs here: getting those programs ([`packages`]), networks made of namespaces ([`namespace`], [`lan`]),
//! a link that loses, delays, duplicates and reorders ([`relay`]), daemons that never outlive their test
//! ([`process`]), real files to serve ([`payload`]), raw UDP over Ethernet for the DHCP machines ([`frames`]), and
//! the runner with its list of peers ([`runner`]). What does not: mocks, and the tests themselves, which are in
//! `tests/peers/`.
//!
//! Nothing is left behind: namespaces have no name and end with the thread that holds them, daemons are killed by the
//! kernel when that thread ends, files lie in temporary folders or under `target/peers`.

mod apt;
pub mod capi;
pub mod cortex_m;
pub mod cpio;
pub mod dhcp;
pub mod fabric;
pub mod flat;
pub mod frames;
pub mod guest;
pub mod ibsim;
pub mod lan;
pub mod libibmad;
pub mod loaders;
pub mod machine;
pub mod namespace;
pub mod nbp;
pub mod packages;
pub mod packed;
pub mod payload;
pub mod peers;
pub mod process;
pub mod relay;
pub mod roce;
pub mod router;
pub mod runner;
pub mod servers;
pub mod sniffer;
pub mod tap;
pub mod tftp;
pub mod toolchain;
pub mod uefi;

/// What a test or a part of the rig ends with.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Fails the test with a text unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+).into());
        }
    };
}
