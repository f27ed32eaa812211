//! Names the packed program, which `interop` makes. Without one there is an empty one, so that the code can be checked.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-env-changed=BOOTPROTO_PACKED");
    if let Ok(packed) = std::env::var("BOOTPROTO_PACKED") {
        println!("cargo:rustc-env=BOOTPROTO_PACKED={packed}");
        return;
    }
    let empty = Path::new(&std::env::var_os("OUT_DIR").unwrap_or_default()).join("empty");
    if let Err(error) = std::fs::write(&empty, []) {
        println!("cargo:warning={}: {error}", empty.display());
    }
    println!("cargo:rustc-env=BOOTPROTO_PACKED={}", empty.display());
}
