//! Tells the linker where everything lies.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-T{here}/link.ld");
    println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
    println!("cargo:rerun-if-changed=link.ld");
}
