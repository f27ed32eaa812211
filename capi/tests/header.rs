//! `include/bootproto.h` is what cbindgen makes of the sources; `UPDATE=1 cargo test -p bootproto-capi --test header`
//! writes it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test"
)]

use std::path::Path;

const FIRST: &str = include_str!("header/first.h");
const LAYOUT: &str = include_str!("../src/layout.rs");

/// The checks of the sizes, from the library's own table.
fn checks() -> String {
    let mut text = String::from(
        "// Header and library agree on every size, or nothing compiles. (On i386 structures are packed closer.)\n\
         #if !defined(__i386__)\n",
    );
    let rows = LAYOUT.lines().filter_map(|line| line.strip_prefix("    bp_")?.strip_suffix(';'));
    for row in rows {
        let (name, sizes) = row.split_once(": ").unwrap();
        let (wide, narrow) = sizes.split_once(", ").unwrap();
        text += &format!(
            "typedef char bp_check_{name}[sizeof(struct bp_{name}) == (sizeof(void *) == 8 ? {wide} : {narrow}) ? 1 : -1];\n"
        );
    }
    text + "#endif"
}

fn generated() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is sound");
    config.header = Some(FIRST.trim_end().to_owned());
    config.trailer = Some(checks());
    let bindings = cbindgen::Builder::new().with_crate(root).with_config(config).generate();
    let mut text = Vec::new();
    bindings.expect("the sources are what cbindgen understands").write(&mut text);
    String::from_utf8(text).expect("a header is text")
}

#[test]
fn the_header_is_that_of_the_sources() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/bootproto.h");
    let text = generated();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the header can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(there.lines()).position(|(new, old)| new != old);
    assert!(
        text == there,
        "include/bootproto.h is out of date, from line {:?} on: UPDATE=1 cargo test -p bootproto-capi --test header",
        differs.map(|line| line + 1)
    );
}
