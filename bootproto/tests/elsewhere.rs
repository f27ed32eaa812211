//! Files that the caller fetches itself, and boot programs that it starts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "a test")]

mod common;

use bootproto::Step;
use bootproto::client::{FileKind, Load};
use common::{Driver, Run, pattern};
use testkit::world::Link;

fn fetch(name: &'static str, bytes: Option<Vec<u8>>) -> Run {
    let tftp = common::tftp_server();
    let driver = Driver { elsewhere: Some((name, bytes)), ..Driver::new() };
    common::boot_with(common::config(), common::dhcp_server(), tftp, Link::perfect(), 1, driver)
}

fn chain(entry: &str, program: Vec<u8>) -> Run {
    let text = format!("DEFAULT a\nLABEL a\n{entry}\n");
    let tftp = common::tftp_server()
        .with_file("lab/pxelinux.cfg/default", text.as_str())
        .with_file("lab/other.0", program);
    common::boot(common::config().with_chaining(true), common::dhcp_server(), tftp)
}

#[test]
fn a_file_that_came_by_other_means_is_part_of_the_boot() {
    let run = fetch("one.img", Some(pattern(40_000, 5)));
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    let plan = run.client.plan().unwrap();
    let [_, one, two] = plan.files() else { panic!("{plan:?}") };
    assert_eq!(run.driver.at(one.address.unwrap(), 40_000), pattern(40_000, 5));
    assert_eq!(run.driver.at(two.address.unwrap(), 1468 * 3), pattern(1468 * 3, 6));
    // Its 28 blocks did not come a second time.
    let blocks = |run: &Run| run.received.iter().filter(|(_, data)| data.starts_with(&[0, 3])).count();
    let plain = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert!(blocks(&run) + 20 < blocks(&plain), "{}", run.trace);
}

#[test]
fn what_does_not_come_by_other_means_is_fetched_after_all() {
    let run = fetch("one.img", None);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    assert!(run.driver.logged("Retrying { kind: Initrd(0)"), "{:#?}", run.driver.log);
    let plan = run.client.plan().unwrap();
    assert_eq!(run.driver.at(plan.files()[1].address.unwrap(), 40_000), pattern(40_000, 5));
}

#[test]
fn a_kernel_may_come_by_other_means_too() {
    let run = fetch("vmlinuz", Some(common::bzimage(90_000)));
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
}

#[test]
fn another_size_than_announced_ends_the_boot() {
    let run = fetch("one.img", Some(pattern(39_999, 5)));
    assert_eq!((run.code().as_str(), run.client.failure().unwrap().step), ("BP3214", Step::Fetch));
}

#[test]
fn a_text_is_never_left_to_others() {
    let run = fetch("default", Some(b"nothing".to_vec()));
    assert!(run.driver.logged("not elsewhere"));
    assert!(run.is_ready(), "{:#?}", run.driver.log);
}

#[test]
fn a_boot_program_is_what_boots() {
    for entry in ["KERNEL other.0", "PXE other.0", "BOOT other.0"] {
        let run = chain(entry, pattern(30_000, 9));
        assert!(run.is_ready(), "{entry}: {:#?}\n{}", run.driver.log, run.trace);
        let plan = run.client.plan().unwrap();
        assert!(plan.kernel.is_none());
        let [file] = plan.files() else { panic!("{plan:?}") };
        assert_eq!((file.kind, file.size, file.address), (FileKind::Nbp, 30_000, None));
        assert_eq!(run.driver.files["lab/other.0"], pattern(30_000, 9));
    }
}

#[test]
fn a_kernel_whose_name_ends_like_a_boot_program_is_a_kernel() {
    let run = chain("KERNEL other.0\nINITRD one.img", common::bzimage(90_000));
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    let plan = run.client.plan().unwrap();
    assert!(plan.kernel.is_some());
    assert_eq!(plan.files().len(), 2);
}

#[test]
fn a_boot_program_is_verified_where_the_manifest_names_it() {
    let program = pattern(30_000, 9);
    for (listed, code) in [(program.clone(), None), (pattern(30_000, 8), Some("BP36"))] {
        let text = "DEFAULT a\nLABEL a\nPXE other.0\n";
        let tftp = common::tftp_server()
            .with_file("lab/pxelinux.cfg/default", text)
            .with_file("lab/pxelinux.cfg/SHA256SUMS", common::sums(&[("../other.0", &listed)]))
            .with_file("lab/other.0", program.clone());
        let config = common::config().with_chaining(true).with_load(Load::Skip);
        let run = common::boot(config, common::dhcp_server(), tftp);
        match code {
            None => assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace),
            Some(_) => assert_eq!(run.client.failure().unwrap().step, Step::Verify, "{}", run.code()),
        }
    }
}

#[test]
fn without_chaining_such_an_entry_starts_nothing() {
    let text = "DEFAULT a\nLABEL a\nPXE other.0\n";
    let tftp = common::tftp_server().with_file("lab/pxelinux.cfg/default", text);
    assert_eq!(common::boot(common::config(), common::dhcp_server(), tftp).code(), "BP3206");
}
