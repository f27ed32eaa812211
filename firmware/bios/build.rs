//! Tells the linker where everything lies.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bin=bootproto-bios=-T{here}/link.ld");
    println!("cargo:rustc-link-arg-bin=unpack=-T{here}/unpack.ld");
    println!("cargo:rustc-link-arg-bins=-L{here}");
    println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    for script in ["layout.ld", "link.ld", "unpack.ld"] {
        println!("cargo:rerun-if-changed={script}");
    }
}
