//! A boot file that is the image itself: nothing else is asked for, and nothing is made of what it is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod common;

use bootproto::Step;
use bootproto::client::{Caps, Client, Config, ConfigError, FileKind, Load, ManifestPolicy};
use bootproto_core::Instant;
use common::{Driver, Run, bzimage, pattern};
use testkit::naive::OptionManners;
use testkit::world::Link;

fn config() -> Config {
    common::config().with_load(Load::Image)
}

fn boot(config: Config, image: &[u8]) -> Run {
    let tftp = common::tftp_server().with_file("lab/pxelinux.0", image);
    common::boot(config, common::dhcp_server(), tftp)
}

fn holds(run: &Run, image: &[u8]) {
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    assert_eq!(run.driver.opened.last().unwrap(), &(FileKind::Nbp, "lab/pxelinux.0".to_owned()));
    assert!(run.driver.missing.is_empty() && !run.driver.logged("NeedText"), "{:#?}", run.driver.log);
    assert_eq!(run.driver.files["lab/pxelinux.0"], image);
    let plan = run.client.plan().unwrap();
    let [file] = plan.files() else { panic!("{plan:?}") };
    assert_eq!((file.kind, file.address, file.is_verified), (FileKind::Nbp, None, false));
    assert_eq!(file.size, u64::try_from(image.len()).unwrap());
    assert!(plan.kernel.is_none() && run.client.step() == Step::Start, "{plan:?}");
    assert_eq!(run.command_line(), "");
}

#[test]
fn it_is_all_that_is_fetched_whatever_its_size_is() {
    for size in [1, 511, 512, 1023, 1024, 1025, 1468, 2 * 1468, 300_000] {
        let image = pattern(size, 4);
        holds(&boot(config(), &image), &image);
    }
}

#[test]
fn a_kernel_is_a_file_like_another() {
    let image = bzimage(90_000);
    holds(&boot(config(), &image), &image);
    // Not even a broken one is looked at.
    let mut image = bzimage(90_000);
    image[0x214] = 0xff;
    image[0x1f1] = 0;
    holds(&boot(config(), &image), &image);
}

#[test]
fn it_comes_through_a_bad_network_and_from_servers_without_options() {
    let image = pattern(200_000, 7);
    for (seed, manners) in (0..4).flat_map(|seed| {
        [OptionManners::Honour, OptionManners::Ignore, OptionManners::Refuse].map(|manners| (seed, manners))
    }) {
        let tftp = common::tftp_server().with_file("lab/pxelinux.0", image.clone());
        let tftp = tftp.with(|server| server.options = manners);
        let (dhcp, driver) = (common::dhcp_server(), Driver::new());
        holds(&common::boot_with(config(), dhcp, tftp, Link::awful(), seed, driver), &image);
    }
}

#[test]
fn its_cap_is_that_of_boot_files_and_not_that_of_kernels() {
    let caps = Caps { nbp: 100_000, ..Caps::DEFAULT };
    let image = pattern(100_000, 1);
    holds(&boot(config().with_caps(caps), &image), &image);
    for image in [pattern(100_001, 1), bzimage(200_000)] {
        let run = boot(config().with_caps(caps), &image);
        assert_eq!((run.code().as_str(), run.client.failure().unwrap().step), ("BP2207", Step::Load));
        let stored = run.driver.files.get("lab/pxelinux.0").map_or(0, Vec::len);
        assert!(stored <= 100_000, "{stored}");
    }
}

#[test]
fn a_missing_one_and_an_empty_one_are_failures_of_step_load() {
    let dhcp = common::dhcp_server().with(|server| server.file = b"nowhere".to_vec());
    let run = common::boot(config(), dhcp, common::tftp_server());
    assert_eq!((run.code().as_str(), run.client.failure().unwrap().step), ("BP2203", Step::Load));
    let run = boot(config(), b"");
    assert_eq!((run.code().as_str(), run.client.failure().unwrap().step), ("BP3210", Step::Load));
}

#[test]
fn a_manifest_can_not_be_required_of_it() {
    let config = config().with_manifest(ManifestPolicy::Required);
    assert_eq!(Client::new(config, Instant::default()).unwrap_err(), ConfigError::NothingListed);
}
