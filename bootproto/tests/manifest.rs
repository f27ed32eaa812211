//! `SHA256SUMS` beside the configuration: what lies in memory is what gets hashed.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test")]

mod common;

use bootproto::Step;
use bootproto::client::ManifestPolicy;
use common::{Driver, bzimage, pattern, sums};
use testkit::naive::TftpServer;
use testkit::world::Link;

const BESIDE: &str = "lab/pxelinux.cfg/SHA256SUMS";

fn server(list: &str) -> TftpServer {
    common::tftp_server().with_file(BESIDE, list)
}

/// As an administrator in `lab/` would make it, with names as seen from `pxelinux.cfg/`.
fn good() -> String {
    sums(&[
        ("../vmlinuz", &bzimage(90_000)),
        ("../one.img", &pattern(40_000, 5)),
        ("../two.img", &pattern(1468 * 3, 6)),
    ])
}

fn boot(list: &str, policy: ManifestPolicy) -> common::Run {
    common::boot(common::config().with_manifest(policy), common::dhcp_server(), server(list))
}

#[test]
fn a_good_list_verifies_every_file() {
    for list in
        [good(), good().replace("../", ""), good().replace("../", "lab/"), good().replace("../", "/lab/")]
    {
        let run = boot(&list.replace("/lab/", "lab/"), ManifestPolicy::Required);
        assert!(run.is_ready(), "{:#?}", run.driver.log);
        assert!(run.client.plan().unwrap().files().iter().all(|file| file.is_verified));
        assert_eq!(run.driver.log.iter().filter(|line| line.starts_with("Verified")).count(), 3);
    }
}

#[test]
fn a_wrong_digest_ends_the_boot() {
    let list = good().replace("../one.img", "../other.img") + &sums(&[("../one.img", b"something else")]);
    let run = boot(&list, ManifestPolicy::IfPresent);
    assert_eq!(run.code(), "BP3604");
    assert_eq!(run.client.failure().unwrap().step, Step::Verify);
    assert!(run.driver.logged("Verified { kind: Kernel"), "{:#?}", run.driver.log);
}

#[test]
fn a_bit_that_flips_in_memory_is_found() {
    let driver = Driver { corrupt: true, ..Driver::new() };
    let run = common::boot_with(
        common::config(),
        common::dhcp_server(),
        server(&good()),
        Link::perfect(),
        1,
        driver,
    );
    assert_eq!(run.code(), "BP3604");
}

#[test]
fn without_a_list_nothing_is_verified_unless_it_must_be() {
    let run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready());
    assert!(run.client.plan().unwrap().files().iter().all(|file| !file.is_verified));
    let config = common::config().with_manifest(ManifestPolicy::Required);
    let run = common::boot(config, common::dhcp_server(), common::tftp_server());
    assert_eq!(run.code(), "BP3211");
    assert_eq!(run.client.failure().unwrap().step, Step::Fetch);
    assert!(!run.driver.logged("Open { kind: Kernel"), "{:#?}", run.driver.log);
}

#[test]
fn a_file_that_is_not_listed_passes_unless_it_must_be() {
    let list = sums(&[("../vmlinuz", &bzimage(90_000))]);
    let run = boot(&list, ManifestPolicy::IfPresent);
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    let verified: Vec<bool> =
        run.client.plan().unwrap().files().iter().map(|file| file.is_verified).collect();
    assert_eq!(verified, [true, false, false]);
    assert_eq!(boot(&list, ManifestPolicy::Required).code(), "BP3603");
}

#[test]
fn a_list_that_is_not_understood_ends_the_boot() {
    assert_eq!(boot("<html>404</html>\n", ManifestPolicy::IfPresent).code(), "BP3601");
}

#[test]
fn a_list_that_is_not_wanted_is_not_asked_for() {
    let run = boot("<html>404</html>\n", ManifestPolicy::Off);
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    assert!(run.driver.opened.iter().all(|(_, name)| name != BESIDE));
}

fn with_texts(default: &[u8], more: &[u8], policy: ManifestPolicy) -> common::Run {
    let text = "INCLUDE more.cfg\nDEFAULT lab\n";
    let included = common::CONFIGURATION;
    let digest = |ours: &[u8], theirs: &[u8]| if ours.is_empty() { theirs.to_vec() } else { ours.to_vec() };
    let list = good()
        + &sums(&[
            ("default", &digest(default, text.as_bytes())),
            ("../more.cfg", &digest(more, included.as_bytes())),
        ]);
    let tftp = server(&list).with_file("lab/pxelinux.cfg/default", text).with_file("lab/more.cfg", included);
    common::boot_with(
        common::config().with_manifest(policy),
        common::dhcp_server(),
        tftp,
        Link::awful(),
        3,
        Driver::new(),
    )
}

#[test]
fn the_configuration_and_what_it_includes_are_checked_where_they_are_named() {
    let run = with_texts(b"", b"", ManifestPolicy::Required);
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    for (default, more) in [(&b"another"[..], &b""[..]), (b"", b"another")] {
        let run = with_texts(default, more, ManifestPolicy::IfPresent);
        assert_eq!(run.code(), "BP3604", "{:#?}", run.driver.log);
        assert_eq!(run.client.failure().unwrap().step, Step::Verify);
        assert!(!run.driver.logged("Open { kind: Kernel"), "nothing of what it says was done");
        let run = with_texts(default, more, ManifestPolicy::Off);
        assert!(run.is_ready(), "{:#?}", run.driver.log);
    }
}

#[test]
fn a_list_that_is_missing_where_it_must_be_ends_the_boot_before_anybody_is_asked() {
    let tftp = common::tftp_server().with_file("lab/pxelinux.cfg/default", "PROMPT 1\nLABEL a\nKERNEL a\n");
    let config = common::config().with_manifest(ManifestPolicy::Required);
    let run = common::boot(config, common::dhcp_server(), tftp);
    assert_eq!(run.code(), "BP3211");
    assert!(!run.driver.logged("Choose"), "{:#?}", run.driver.log);
}
