//! What runs without an operating system: the proof that the boot client can.

use crate::command::{Done, cargo, run as start};
use interop::toolchain;

/// A processor without an operating system.
const TARGET: &str = "thumbv7m-none-eabi";

/// Builds `bootproto`, InfiniBand and the library for C for it; with `install`, gets what is missing.
pub(crate) fn run(install: bool) -> Done {
    let mut build = cargo(&["build", "--package", "bootproto", "--target", TARGET]);
    build.args(["--package", "bootproto-ib-verbs-lite", "--features", "bootproto-ib-verbs-lite/smoltcp"]);
    // The sizes in its header are checked there for pointers of 4 bytes.
    build.args([
        "--package",
        "bootproto-capi",
        "--features",
        "bootproto-capi/freestanding,bootproto-capi/frames",
    ]);
    let toolchain = toolchain::find(TARGET, install).map_err(|error| error.to_string())?;
    // The library is only `core`: there is no allocator to fall back on.
    toolchain.prepare(&mut build, "core");
    if toolchain == toolchain::Toolchain::Debian {
        // Two compilers must not share one folder.
        build.args(["--target-dir", "target/bare-metal"]);
    }
    start(&mut build)
}
