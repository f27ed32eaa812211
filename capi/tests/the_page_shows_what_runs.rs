//! Every piece of C on the page for embedders stands in one of the example programs, line for line. Those are built and
//! run by `interop/tests/peers/c_programs.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test")]

use std::path::Path;

const PAGE: &str = include_str!("../../docs/embedding-c.md");
const HEADER: &str = include_str!("../include/bootproto.h");

/// A line without its indentation, for a piece may stand further in.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn pieces(page: &str) -> Vec<Vec<&str>> {
    page.split("```c\n").skip(1).map(|rest| lines(rest.split("```").next().unwrap())).collect()
}

fn is_in(piece: &[&str], program: &str) -> bool {
    lines(program).windows(piece.len()).any(|window| window == piece)
}

#[test]
fn every_piece_of_c_is_in_a_program() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names = ["posix/get.c", "netdev/net_device.h", "netdev/net_boot.c", "bare-metal/machine.c"];
    let programs = names.map(|name| std::fs::read_to_string(examples.join(name)).unwrap());
    let pieces = pieces(PAGE);
    assert!(pieces.len() >= 7);
    for piece in pieces {
        assert!(programs.iter().any(|program| is_in(&piece, program)), "in no program: {piece:#?}");
    }
    assert!(!is_in(&["no such line"], &programs[0]));
}

#[test]
fn every_name_on_the_page_is_in_the_header() {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let names = PAGE.split(|letter| !is_name(letter)).filter(|word| {
        let word = word.trim_end_matches('_');
        (word.starts_with("bp_") || word.starts_with("BP_")) && word.len() > 3
    });
    for name in names {
        assert!(HEADER.contains(name), "{name} is not in bootproto.h");
    }
}
