//! The interface's lint: what an exported function takes and answers, and what its structures hold, are integers of
//! fixed width, newtypes of such, `repr(C)` structures of such, arrays and raw pointers. No enum, bool, reference or
//! slice crosses the line, for C can write any bytes into one. And unsafe code stands in `raw.rs` alone.

#![cfg(not(feature = "freestanding"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use syn::{Attribute, Fields, File, Item, ReturnType, Type};

const INTEGERS: [&str; 6] = ["u8", "u16", "u32", "u64", "usize", "i32"];

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    C,
    Transparent,
    Rust,
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    files
}

/// What an attribute like `#[name(word)]` says.
fn says(attributes: &[Attribute], name: &str, word: &str) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident(name)
            && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == word)
    })
}

fn layout(attributes: &[Attribute]) -> Layout {
    if says(attributes, "repr", "C") {
        Layout::C
    } else if says(attributes, "repr", "transparent") {
        Layout::Transparent
    } else {
        Layout::Rust
    }
}

/// Everything in the files that breaks the rules.
fn faults(files: &[File]) -> Vec<String> {
    let items: Vec<&Item> = files.iter().flat_map(|file| &file.items).collect();
    let mut types = BTreeMap::new();
    for item in &items {
        if let Item::Struct(item) = item {
            types.insert(item.ident.to_string(), layout(&item.attrs));
        }
    }
    let mut faults = Vec::new();
    for item in &items {
        match item {
            Item::Struct(item) if types[&item.ident.to_string()] != Layout::Rust => {
                let plain = |kind: &Type| is_plain(kind, &types);
                let fields: Vec<_> = match &item.fields {
                    Fields::Named(fields) => fields.named.iter().collect(),
                    Fields::Unnamed(fields) => fields.unnamed.iter().collect(),
                    Fields::Unit => Vec::new(),
                };
                let is_exported = item.ident.to_string().starts_with("bp_");
                if is_exported && !fields.iter().all(|field| plain(&field.ty)) {
                    faults.push(format!("a field of {}", item.ident));
                }
            }
            Item::Fn(item) if item.sig.abi.is_some() || says(&item.attrs, "unsafe", "no_mangle") => {
                let name = item.sig.ident.to_string();
                let is_c = item
                    .sig
                    .abi
                    .as_ref()
                    .and_then(|abi| abi.name.as_ref())
                    .is_some_and(|abi| abi.value() == "C");
                let answers = match &item.sig.output {
                    ReturnType::Default => false,
                    ReturnType::Type(_, kind) => is_value(kind, &types),
                };
                let arguments = item.sig.inputs.iter().all(|input| match input {
                    syn::FnArg::Typed(input) => is_value(&input.ty, &types),
                    syn::FnArg::Receiver(_) => false,
                });
                let exported = says(&item.attrs, "unsafe", "no_mangle") && item.sig.unsafety.is_some();
                if !(is_c && answers && arguments && exported && name.starts_with("bp_")) {
                    faults.push(name);
                }
            }
            Item::Enum(item) if item.ident.to_string().starts_with("bp_") => {
                faults.push(item.ident.to_string())
            }
            _ => {}
        }
    }
    faults
}

fn name_of(kind: &Type) -> Option<String> {
    let Type::Path(path) = kind else { return None };
    let last = path.path.segments.last()?;
    last.arguments.is_none().then(|| last.ident.to_string())
}

/// What a function may take or answer by value.
fn is_value(kind: &Type, types: &BTreeMap<String, Layout>) -> bool {
    match kind {
        Type::Ptr(pointer) => is_plain(&pointer.elem, types),
        _ => name_of(kind).is_some_and(|name| {
            INTEGERS.contains(&name.as_str()) || types.get(&name) == Some(&Layout::Transparent)
        }),
    }
}

/// What may lie in memory that both sides see.
fn is_plain(kind: &Type, types: &BTreeMap<String, Layout>) -> bool {
    match kind {
        Type::Array(array) => is_plain(&array.elem, types),
        _ => is_value(kind, types) || name_of(kind).is_some_and(|name| types.get(&name) == Some(&Layout::C)),
    }
}

#[test]
fn every_function_and_every_structure_is_plain() {
    let files: Vec<File> = sources().iter().map(|(_, text)| syn::parse_file(text).unwrap()).collect();
    let functions = files.iter().flat_map(|file| &file.items);
    let exported = functions.filter(|item| matches!(item, Item::Fn(item) if item.sig.abi.is_some())).count();
    assert!(exported > 40, "only {exported} functions were found");
    assert_eq!(faults(&files), Vec::<String>::new());
}

#[test]
fn the_lint_sees_what_it_is_for() {
    let wrong = [
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: bool) -> u32 { 0 }",
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: &u32) -> u32 { 0 }",
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: Option<u32>) -> u32 { 0 }",
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: *const Plain) -> u32 { 0 } struct Plain { a: u32 }",
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: E) -> u32 { 0 } #[repr(u8)] enum E { A }",
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: S) -> u32 { 0 } #[repr(C)] struct S { a: u32 }",
        "#[unsafe(no_mangle)] pub extern \"C\" fn bp_f() -> u32 { 0 }",
        "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn other() -> u32 { 0 }",
        "pub unsafe extern \"C\" fn bp_f() -> u32 { 0 }",
        "#[repr(C)] pub struct bp_s { a: bool }",
        "#[repr(C)] pub struct bp_s { a: [char; 4] }",
        "#[repr(transparent)] pub struct bp_s(bool);",
        "#[repr(u8)] pub enum bp_e { A }",
    ];
    for text in wrong {
        assert_eq!(faults(&[syn::parse_file(text).unwrap()]).len(), 1, "{text}");
    }
    let right = "#[unsafe(no_mangle)] pub unsafe extern \"C\" fn bp_f(a: *mut bp_s, b: bp_n, c: usize) -> bp_n { b } \
                 #[repr(C)] pub struct bp_s { a: [u8; 4], b: *const u8, c: bp_n } \
                 #[repr(transparent)] pub struct bp_n(pub u32);";
    assert!(faults(&[syn::parse_file(right).unwrap()]).is_empty());
}

#[test]
fn unsafe_code_stands_in_one_file() {
    for (path, text) in sources() {
        let unsafe_code = text.lines().filter(|line| {
            let code = line.split("//").next().unwrap_or_default();
            code.contains("unsafe {") || code.contains("unsafe impl") || code.contains("unsafe trait")
        });
        let expected = path.ends_with("src/raw.rs");
        assert_eq!(unsafe_code.count() > 0, expected, "{}", path.display());
    }
}
