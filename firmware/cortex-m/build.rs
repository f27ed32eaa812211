//! Has the linker find `memory.x`, and `link.x` of `cortex-m-rt`.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=memory.x");
    // Clippy looks at the program for the host, which has a linker of another kind.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let folder = std::env::var("OUT_DIR").expect("cargo sets it");
    std::fs::copy("memory.x", Path::new(&folder).join("memory.x")).expect("the output folder is there");
    println!("cargo::rustc-link-search={folder}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
