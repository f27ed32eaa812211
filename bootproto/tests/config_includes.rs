//! Included files: where their text goes, and that a circle of them ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use bootproto::config::{Fault, Includes, Menu};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Resolves all includes of `main` with the texts of `files`, in a buffer of `room` bytes.
fn resolve(main: &str, files: &BTreeMap<&str, &str>, room: usize) -> Result<String, Fault> {
    let mut buffer = vec![0xa5; room];
    let mut length = main.len();
    assert_eq!(bootproto_core::copy_into(&mut buffer, main.as_bytes()), length);
    let mut includes = Includes::new();
    while let Some(include) = includes.next(&buffer[..length])? {
        let text = files.get(include.file.to_string().as_str()).copied().unwrap_or_default();
        let Some(place) = buffer.get_mut(length..length + text.len()) else {
            return Err(Fault::TooLarge { needed: length + text.len() });
        };
        bootproto_core::copy_into(place, text.as_bytes());
        length = includes.splice(&mut buffer, length, &include, text.len())?;
    }
    Ok(String::from_utf8(buffer[..length].to_vec()).unwrap())
}

#[test]
fn a_file_takes_the_place_of_its_line() {
    let files = BTreeMap::from([("a", "1\n2"), ("b", ""), ("c", "3\nINCLUDE a\n4\n")]);
    assert_eq!(resolve("x\nINCLUDE a\ny\n", &files, 99).unwrap(), "x\n1\n2\ny\n");
    assert_eq!(resolve("INCLUDE b\r\ny", &files, 99).unwrap(), "\r\ny");
    assert_eq!(resolve("x\n  include c ignored\n", &files, 99).unwrap(), "x\n3\n1\n2\n4\n\n");
    assert_eq!(resolve("INCLUDE a", &files, 99).unwrap(), "1\n2");
    assert_eq!(resolve("INCLUDE missing\nx", &files, 99).unwrap(), "\nx");
}

#[test]
fn a_tagged_file_becomes_a_submenu() {
    let files = BTreeMap::from([("adv.cfg", "LABEL expert\nKERNEL e\n")]);
    let text = resolve("MENU INCLUDE adv.cfg Advanced ones  \nLABEL b\n", &files, 200).unwrap();
    assert_eq!(text, "MENU BEGIN Advanced ones\nLABEL expert\nKERNEL e\n\nMENU END\nLABEL b\n");
    let menu = Menu::parse(text.as_bytes()).unwrap();
    assert_eq!(menu.entries().map(|entry| entry.depth).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn a_file_that_includes_itself_ends_at_sixteen() {
    let files = BTreeMap::from([("a", "x\nINCLUDE a\n")]);
    assert_eq!(resolve("INCLUDE a\n", &files, 4096), Err(Fault::IncludeTooDeep));
    let two = BTreeMap::from([("a", "INCLUDE b\n"), ("b", "MENU INCLUDE a t\n")]);
    assert_eq!(resolve("INCLUDE a\n", &two, 4096), Err(Fault::IncludeTooDeep));
}

#[test]
fn sixteen_deep_is_allowed_and_siblings_do_not_add_up() {
    let names: Vec<String> = (0..=16).map(|number| format!("f{number}")).collect();
    let texts: Vec<String> = (1..=16).map(|number| format!("INCLUDE f{number}\n")).collect();
    let mut files: BTreeMap<&str, &str> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).take(15).collect();
    files.insert("f15", "deep");
    let text = resolve("INCLUDE f0\n", &files, 4096).unwrap();
    assert!(text.starts_with("deep"));
    let siblings = "INCLUDE f15\n".repeat(40);
    assert_eq!(resolve(&siblings, &files, 4096).unwrap(), "deep\n".repeat(40));
}

#[test]
fn a_bomb_of_files_ends_by_number() {
    let files = BTreeMap::from([("a", "INCLUDE b\nINCLUDE b\n"), ("b", "INCLUDE c\nINCLUDE c\n"), ("c", "")]);
    assert_eq!(resolve(&"INCLUDE a\n".repeat(99), &files, 1 << 16), Err(Fault::IncludeTooMany));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut buffer = *b"MENU INCLUDE a t\nab";
    let mut includes = Includes::new();
    let include = includes.next(&buffer[..17]).unwrap().unwrap();
    let before = (buffer, includes.clone());
    let needed = 1 + "MENU BEGIN t\nab\nMENU END".len();
    assert_eq!(includes.splice(&mut buffer, 17, &include, 2), Err(Fault::TooLarge { needed }));
    assert_eq!(includes.splice(&mut buffer, 17, &include, 3), Err(Fault::BadRange));
    assert_eq!(includes.splice(&mut buffer, 5, &include, 2), Err(Fault::BadRange));
    assert_eq!(includes.splice(&mut buffer, usize::MAX, &include, 2), Err(Fault::BadRange));
    assert_eq!((buffer, includes), before);
}

/// The same in the plainest way.
fn naive(main: &str, file: &str) -> String {
    let lines: Vec<&str> =
        main.split('\n').map(|line| if line == "INCLUDE f" { file } else { line }).collect();
    lines.join("\n")
}

proptest! {
    #[test]
    fn splicing_is_replacing_a_line(
        lines in prop::collection::vec(prop::sample::select(vec!["a", "", "longer line", "INCLUDE f"]), 0..12),
        file in "[xyz \n]{0,40}",
        room in 0_usize..1000,
    ) {
        let main = lines.join("\n");
        let expected = naive(&main, &file);
        let files = BTreeMap::from([("f", file.as_str())]);
        let enough = expected.len() + main.len() + file.len();
        prop_assert_eq!(&resolve(&main, &files, enough).unwrap(), &expected);
        if room >= main.len() {
            match resolve(&main, &files, room) {
                Ok(text) => prop_assert_eq!(text, expected),
                Err(fault) => prop_assert!(matches!(fault, Fault::TooLarge { .. }), "{fault:?}"),
            }
        }
    }
}
