#![allow(clippy::arithmetic_side_effects, reason = "tests")]
extern crate std;

use super::{Digest, Hasher, Manifest, VerifyError};
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};

/// FIPS 180-2, appendix B.1: SHA-256 of "abc".
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// SHA-256 of nothing, as `sha256sum </dev/null` prints it.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn digests_are_those_of_the_standard() {
    assert_eq!(Digest::of(b"abc").to_string(), ABC);
    assert_eq!(Hasher::new().finish().to_string(), EMPTY);
    let mut hasher = Hasher::new();
    hasher.update(b"a");
    hasher.update(b"");
    hasher.update(b"bc");
    assert_eq!(hasher.length(), 3);
    assert_eq!(hasher.finish(), Digest::from_hex(ABC.as_bytes()).unwrap());
}

#[test]
fn only_64_digits_are_a_digest() {
    assert_eq!(Digest::from_hex(ABC.to_uppercase().as_bytes()), Digest::from_hex(ABC.as_bytes()));
    assert_eq!(Digest::from_hex(&ABC.as_bytes()[1..]), None);
    assert_eq!(Digest::from_hex(ABC.replace('b', "g").as_bytes()), None);
}

#[test]
fn every_form_that_sha256sum_reads_is_read() {
    let text = format!(
        "# made by hand\n{ABC}  linux\r\n\n{ABC} *boot/initrd.gz\nSHA256 (a (b) = c) = {EMPTY}\n{EMPTY}  ./two  blanks"
    );
    let manifest = Manifest::new(text.as_bytes());
    let abc = Digest::of(b"abc");
    let empty = Digest::of(b"");
    assert_eq!(manifest.digest_of(b"linux"), Ok(Some(abc)));
    assert_eq!(manifest.digest_of(b"./linux"), Ok(Some(abc)));
    assert_eq!(manifest.digest_of(b"boot/initrd.gz"), Ok(Some(abc)));
    assert_eq!(manifest.digest_of(b"initrd.gz"), Ok(None));
    assert_eq!(manifest.digest_of(b"a (b) = c"), Ok(Some(empty)));
    assert_eq!(manifest.digest_of(b"two  blanks"), Ok(Some(empty)));
    assert_eq!(manifest.lines().map(|line| line.unwrap().number).collect::<std::vec::Vec<_>>(), [2, 4, 5, 6]);
}

#[test]
fn a_check_tells_what_is_wrong() {
    let text = format!("{ABC}  linux\n");
    let manifest = Manifest::new(text.as_bytes());
    assert_eq!(manifest.check(b"", b"linux", &Digest::of(b"abc")), Ok(()));
    assert_eq!(manifest.check(b"", b"linux", &Digest::of(b"abd")), Err(VerifyError::Mismatch));
    assert_eq!(manifest.check(b"", b"initrd", &Digest::of(b"abc")), Err(VerifyError::Unlisted));
}

#[test]
fn names_are_relative_to_where_the_list_lies() {
    let text = format!("{ABC}  ../debian/linux\n{EMPTY}  default\n{EMPTY}  /top\n");
    let manifest = Manifest::new(text.as_bytes());
    let abc = Ok(Some(Digest::of(b"abc")));
    let empty = Ok(Some(Digest::of(b"")));
    for directory in [&b"boot/pxelinux.cfg/"[..], b"/boot/pxelinux.cfg", b"./boot//x/../pxelinux.cfg"] {
        assert_eq!(manifest.digest_at(directory, b"boot/debian/linux"), abc);
        assert_eq!(manifest.digest_at(directory, b"/boot/./debian//linux"), abc);
        assert_eq!(manifest.digest_at(directory, b"debian/linux"), Ok(None));
        assert_eq!(manifest.digest_at(directory, b"linux"), Ok(None));
        assert_eq!(manifest.digest_at(directory, b"boot/pxelinux.cfg/default"), empty);
        assert_eq!(manifest.digest_at(directory, b"default"), Ok(None));
        assert_eq!(manifest.digest_at(directory, b"top"), empty);
    }
    assert_eq!(manifest.digest_at(b"", b"debian/linux"), abc, "what climbs above the root stays there");
}

#[test]
fn two_digests_for_one_file_are_refused_and_the_same_twice_is_not() {
    let same = format!("{ABC}  linux\n{ABC} *./linux\n");
    assert_eq!(Manifest::new(same.as_bytes()).digest_of(b"linux"), Ok(Some(Digest::of(b"abc"))));
    let other = format!("{ABC}  linux\n{EMPTY}  linux\n");
    assert_eq!(Manifest::new(other.as_bytes()).digest_of(b"linux"), Err(VerifyError::Conflict { line: 2 }));
}

#[test]
fn a_line_that_is_not_understood_spoils_the_list() {
    let broken = [
        "hello",
        "  linux",
        &ABC[1..],
        &format!("{ABC} linux"),
        &format!("{ABC}  "),
        &format!("SHA256 () = {ABC}"),
    ];
    for line in broken {
        let text = format!("{ABC}  linux\n{line}\n");
        assert_eq!(
            Manifest::new(text.as_bytes()).digest_of(b"linux"),
            Err(VerifyError::BadLine { line: 2 }),
            "{line}"
        );
    }
}

#[test]
fn an_escaped_name_is_reported_and_hurts_no_other() {
    let text = format!("\\{ABC}  a\\nb\n{EMPTY}  linux\n");
    let manifest = Manifest::new(text.as_bytes());
    assert_eq!(manifest.lines().next(), Some(Err(VerifyError::EscapedName { line: 1 })));
    assert_eq!(manifest.digest_of(b"linux"), Ok(Some(Digest::of(b""))));
    assert_eq!(manifest.digest_of(b"a\nb"), Err(VerifyError::EscapedName { line: 1 }));
}

proptest! {
    #[test]
    fn no_text_panics(text: std::vec::Vec<u8>, name: std::vec::Vec<u8>) {
        let manifest = Manifest::new(&text);
        let _ = manifest.digest_of(&name);
        prop_assert!(manifest.lines().count() <= text.len());
    }

    #[test]
    fn a_digest_reads_as_it_prints(bytes: [u8; 32]) {
        let text: String = Digest(bytes).to_string();
        prop_assert_eq!(Digest::from_hex(text.as_bytes()), Some(Digest(bytes)));
    }

    #[test]
    fn pieces_hash_as_the_whole(bytes: std::vec::Vec<u8>, cut in 0_usize..64) {
        let cut = cut.min(bytes.len());
        let mut hasher = Hasher::new();
        hasher.update(&bytes[..cut]);
        hasher.update(&bytes[cut..]);
        prop_assert_eq!(hasher.finish(), Digest::of(&bytes));
    }
}
