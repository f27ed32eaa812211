//! The twelve laws over the whole boot.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "a test")]

mod common;
mod conversation;

use core::time::Duration;

use bootproto::client::Load;
use conversation::{TALK, WHOLE, beginning, booter, whole_boot};
use proptest::prelude::*;
use testkit::laws::{check, check_silent_peer, scripts};

#[test]
fn the_laws_hold_along_a_whole_boot() {
    let (script, end) = whole_boot();
    assert!(end.0.plan().is_some(), "the script leads to the end, or it proves little");
    check(booter(common::config()), &script).unwrap();
}

#[test]
fn a_silent_network_ends_the_boot() {
    let waited = check_silent_peer(booter(common::config()), Duration::from_secs(600)).unwrap();
    assert!(waited >= Duration::from_secs(50), "{waited:?}");
}

/// Few for every day, since each is a whole boot; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 20 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_when_a_whole_boot_is_cut_off_and_harmed(
        cut in 0_usize..400,
        harm in {
            let (seeds, paths) = TALK.clone();
            scripts(seeds, paths.into_iter().rev().take(200).collect(), 30)
        },
    ) {
        let mut script: Vec<_> = WHOLE.iter().take(cut).cloned().collect();
        script.extend(harm);
        prop_assert_eq!(check(booter(common::config()), &script), Ok(()));
        // The same datagrams are the image of a client that wants nothing else.
        prop_assert_eq!(check(booter(common::config().with_load(Load::Image)), &script), Ok(()));
    }

    #[test]
    fn the_laws_hold_whatever_comes(script in {
        let (seeds, paths) = beginning();
        scripts(seeds, paths, 60)
    }) {
        prop_assert_eq!(check(booter(common::config()), &script), Ok(()));
    }
}
