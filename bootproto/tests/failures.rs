//! Every way in which a boot ends badly, by its number, with step, peer, tries and the last packet.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test")]

mod common;

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::BTreeSet;

use bootproto::client::{Caps, Client, Config, ConfigError, FileKind};
use bootproto::linux::Region;
use bootproto::{LastPacket, Step};
use bootproto_core::Instant;
use common::{Run, SERVER, bzimage, pattern};
use testkit::naive::{DhcpServer, OptionManners, TftpServer};

fn boot_text(text: &str) -> Run {
    boot_tftp(common::tftp_server().with_file("lab/pxelinux.cfg/default", text))
}

fn boot_tftp(tftp: TftpServer) -> Run {
    common::boot(common::config(), common::dhcp_server(), tftp)
}

fn boot_dhcp(dhcp: DhcpServer) -> Run {
    common::boot(common::config(), dhcp, common::tftp_server())
}

const fn step(run: &Run) -> Step {
    run.client.failure().unwrap().step
}

#[test]
fn nobody_answers_dhcp() {
    let run = boot_dhcp(common::dhcp_server().with(|server| server.deaf_to = vec![1, 3]));
    assert_eq!((run.code().as_str(), step(&run)), ("BP1201", Step::Configure));
    let failure = run.client.failure().unwrap();
    assert_eq!((failure.peer, failure.last), (None, LastPacket::Nothing));
    let text = failure.to_string();
    assert!(text.starts_with("configure: BP1201 (PXE-E51) "), "{text}");
    assert!(!text.contains('\n') && text.ends_with('.'), "{text}");
}

#[test]
fn dhcp_names_no_boot_file() {
    let run = boot_dhcp(common::dhcp_server().with(|server| server.file.clear()));
    assert_eq!((run.code().as_str(), step(&run)), ("BP1203", Step::Configure));
    assert!(matches!(run.client.failure().unwrap().last, LastPacket::Dhcp { .. }));
}

#[test]
fn the_boot_file_does_not_exist() {
    let run = boot_dhcp(common::dhcp_server().with(|server| server.file = b"nowhere".to_vec()));
    assert_eq!((run.code().as_str(), step(&run)), ("BP2203", Step::Load));
    let failure = run.client.failure().unwrap();
    assert_eq!(failure.peer.map(|peer| peer.ip()), Some(IpAddr::V4(SERVER)));
    assert_eq!((failure.tries, failure.last), (1, LastPacket::Error));
    assert_eq!(run.driver.message, b"file not found");
    assert!(failure.to_string().contains("PXE-E3B"), "{failure}");
}

#[test]
fn a_server_that_never_answers_is_asked_from_two_ports() {
    let nobody = Ipv4Addr::new(10, 0, 0, 9);
    let run = boot_dhcp(common::dhcp_server().with(|server| server.next_server = Some(nobody)));
    assert_eq!((run.code().as_str(), step(&run)), ("BP2201", Step::Load));
    let failure = run.client.failure().unwrap();
    assert_eq!((failure.tries, failure.last), (2, LastPacket::Nothing));
    assert_eq!(failure.peer, Some(SocketAddr::new(IpAddr::V4(nobody), 69)));
    let text = failure.to_string();
    assert!(text.contains("with 10.0.0.9:69: BP2201 (PXE-E32)") && text.contains("after 2 tries"), "{text}");
    let ports: BTreeSet<&str> = run
        .trace
        .lines()
        .filter_map(|line| line.split(" -> 10.0.0.9:69").next().filter(|start| *start != line))
        .filter_map(|start| start.rsplit(':').next())
        .collect();
    assert_eq!(ports.len(), 2, "{}", run.trace);
    assert!(run.driver.logged("Retrying { kind: Nbp, tries: 1 }"), "{:#?}", run.driver.log);
}

#[test]
fn a_server_that_falls_silent_fails_at_the_file_it_was_serving() {
    let run = boot_tftp(common::tftp_server().with(|server| server.stop_after = Some(20)));
    assert_eq!((run.code().as_str(), step(&run)), ("BP2202", Step::Fetch), "{:#?}", run.driver.log);
    let failure = run.client.failure().unwrap();
    assert_eq!(failure.tries, 2);
    assert!(matches!(failure.last, LastPacket::Data { .. }), "{failure:?}");
    assert_eq!(run.client.file_kind(), Some(FileKind::Kernel));
}

#[test]
fn no_configuration_exists() {
    let run = boot_tftp(common::tftp_server().with(|server| {
        server.files.remove("lab/pxelinux.cfg/default");
    }));
    assert_eq!((run.code().as_str(), step(&run)), ("BP3204", Step::Choose));
    let text = run.client.failure().unwrap().to_string();
    assert!(text.contains("none of 10 configuration file names"), "{text}");
}

#[test]
fn the_configuration_has_nothing_to_boot() {
    assert_eq!(boot_text("# nothing\n").code(), "BP3515");
    assert_eq!(boot_text("DEFAULT a\nIMPLICIT 0\n").code(), "BP3514");
    assert_eq!(boot_text("a\0b\n").code(), "BP3518");
}

#[test]
fn an_empty_configuration_is_told_as_such() {
    let run = boot_text("");
    assert_eq!((run.code().as_str(), step(&run)), ("BP3210", Step::Choose));
}

#[test]
fn an_entry_for_another_boot_loader_is_not_started() {
    let run = boot_text("DEFAULT a\nLABEL a\nCOM32 chain.c32\n");
    assert_eq!((run.code().as_str(), step(&run)), ("BP3206", Step::Choose));
}

#[test]
fn a_server_given_by_name_is_refused() {
    let run = boot_text("DEFAULT a\nLABEL a\nKERNEL tftp://files.example/vmlinuz\n");
    assert_eq!((run.code().as_str(), step(&run)), ("BP3202", Step::Fetch));
    let run = boot_text("DEFAULT a\nLABEL a\nKERNEL http://10.0.0.1/vmlinuz\n");
    assert_eq!(run.code(), "BP3203");
}

#[test]
fn more_initrds_than_are_kept() {
    let names: Vec<String> = (0..9).map(|index| format!("{index}.img")).collect();
    let run = boot_text(&format!("DEFAULT a\nLABEL a\nKERNEL vmlinuz\nINITRD {}\n", names.join(",")));
    assert_eq!(run.code(), "BP3208");
}

#[test]
fn an_announced_size_above_the_cap_ends_the_boot_before_the_first_byte() {
    let config = common::config().with_caps(Caps { initrd: 39_999, ..Caps::DEFAULT });
    let run = common::boot(config, common::dhcp_server(), common::tftp_server());
    assert_eq!((run.code().as_str(), step(&run)), ("BP2207", Step::Fetch), "{:#?}", run.driver.log);
    assert!(!run.driver.logged("Open { kind: Initrd"), "{:#?}", run.driver.log);
}

#[test]
fn an_unannounced_size_above_the_cap_stores_no_byte_beyond_it() {
    for cap in [39_999, 1000, 0] {
        let config = common::config().with_caps(Caps { initrd: cap, ..Caps::DEFAULT });
        let tftp = common::tftp_server().with(|server| server.options = OptionManners::Ignore);
        let run = common::boot(config, common::dhcp_server(), tftp);
        assert!(["BP3209", "BP2207"].contains(&run.code().as_str()), "{}", run.code());
        assert_eq!(step(&run), Step::Fetch);
        let stored = run.driver.files.get("lab/one.img").map_or(0, Vec::len);
        assert!(u64::try_from(stored).unwrap() <= cap, "{stored} bytes, cap {cap}");
    }
}

#[test]
fn a_boot_file_above_its_cap_is_no_kernel_s_excuse() {
    let config = common::config().with_caps(Caps { nbp: 25_999, ..Caps::DEFAULT });
    let run = common::boot(config, common::dhcp_server(), common::tftp_server());
    assert_eq!((run.code().as_str(), step(&run)), ("BP3209", Step::Load));
    assert!(!run.driver.logged("Open"), "{:#?}", run.driver.log);
}

#[test]
fn a_file_larger_than_announced() {
    let lie = vec![("blksize".to_owned(), "1468".to_owned()), ("tsize".to_owned(), "3000".to_owned())];
    let run = boot_tftp(common::tftp_server().with(|server| server.options = OptionManners::Say(lie)));
    assert!(["BP2208", "BP3214"].contains(&run.code().as_str()), "{}", run.code());
    assert_eq!(step(&run), Step::Load);
    assert!(run.driver.files.values().all(|bytes| bytes.len() <= 3000));
}

#[test]
fn an_empty_file_is_told_as_such() {
    for (name, expected) in
        [("lab/pxelinux.0", Step::Load), ("lab/vmlinuz", Step::Fetch), ("lab/one.img", Step::Fetch)]
    {
        for options in [OptionManners::Honour, OptionManners::Ignore] {
            let tftp =
                common::tftp_server().with_file(name, "").with(|server| server.options = options.clone());
            let run = boot_tftp(tftp);
            assert_eq!((run.code().as_str(), step(&run)), ("BP3210", expected), "{name} {options:?}");
        }
    }
}

#[test]
fn a_kernel_with_a_broken_header() {
    let mut image = bzimage(90_000);
    image[0x1fe] = 0;
    let run = boot_tftp(common::tftp_server().with_file("lab/vmlinuz", image));
    assert_eq!((run.code().as_str(), step(&run)), ("BP3405", Step::Fetch));
    assert!(!run.driver.logged("Open { kind: Kernel"));
    let run = boot_tftp(common::tftp_server().with_file("lab/vmlinuz", pattern(50_000, 8)));
    assert_eq!(run.code(), "BP3402");
    let run = boot_tftp(common::tftp_server().with_file("lab/vmlinuz", "<html>404</html>"));
    assert_eq!(run.code(), "BP3402");
}

#[test]
fn a_kernel_shorter_than_its_header_says() {
    let mut image = bzimage(90_000);
    image.truncate(60_000);
    for options in [OptionManners::Honour, OptionManners::Ignore] {
        let tftp = common::tftp_server()
            .with_file("lab/vmlinuz", image.clone())
            .with(|server| server.options = options.clone());
        let run = boot_tftp(tftp);
        assert_eq!((run.code().as_str(), step(&run)), ("BP3406", Step::Fetch), "{options:?}");
    }
}

#[test]
fn an_initrd_that_finds_no_room() {
    let small = Region { start: common::MEMORY_START, length: 18 << 20, usable: true };
    let low = Region { start: 0x1000, length: 0x9_e000, usable: true };
    let config = || common::config().with_memory(&[low, small]);
    let tftp = || common::tftp_server().with_file("lab/one.img", vec![7; 19 << 20]);
    let run = common::boot(config(), common::dhcp_server(), tftp());
    assert_eq!((run.code().as_str(), step(&run)), ("BP3453", Step::Fetch));
    assert!(!run.driver.logged("Open { kind: Initrd"), "{:#?}", run.driver.log);
    // Without a size the file comes, and ends where its place ends.
    let silent = tftp()
        .with(|server| server.options = OptionManners::Only(vec!["blksize".into(), "windowsize".into()]));
    let run = common::boot(config(), common::dhcp_server(), silent);
    assert_eq!((run.code().as_str(), step(&run)), ("BP3455", Step::Fetch));
    let stored = run.driver.files["lab/one.img"].len();
    assert!(stored > 10 << 20 && stored < 18 << 20, "{stored}");
}

#[test]
fn a_nak_storm_ends_in_configure() {
    let run = boot_dhcp(common::dhcp_server().with(|server| server.refuse = 1000));
    assert_eq!((run.code().as_str(), step(&run)), ("BP1212", Step::Configure), "{:#?}", run.driver.log);
}

#[test]
fn the_configuration_of_the_client_itself_can_be_wrong() {
    let new = |config: Config| Client::new(config, Instant::default()).unwrap_err();
    assert_eq!(new(common::config().with_transfer_port(0)), ConfigError::PortZero);
    assert_eq!(new(common::config().with_window_size(0)), ConfigError::BadWindowSize);
    assert_eq!(new(common::config().with_block_size(7)), ConfigError::BadBlockSize { bytes: 7 });
    let region = Region { start: 0, length: 1, usable: true };
    assert_eq!(new(common::config().with_memory(&[region; 17])), ConfigError::TooManyRegions { regions: 17 });
    let dhcp = common::dhcp_config().with_ports(0, 67, 4011);
    assert!(matches!(new(Config::new(1, dhcp)), ConfigError::Dhcp { .. }));
}

/// The servers of a lab whose files are exchanged at some time.
struct Exchanged {
    before: common::Both,
    after: common::Both,
    at: Instant,
}

impl testkit::world::Peer for Exchanged {
    fn address(&self) -> Ipv4Addr {
        SERVER
    }

    fn receive(
        &mut self,
        now: Instant,
        path: bootproto_core::UdpPath,
        data: &[u8],
    ) -> Vec<testkit::world::Reply> {
        if now < self.at { self.before.receive(now, path, data) } else { self.after.receive(now, path, data) }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.before.poll_timeout().into_iter().chain(self.after.poll_timeout()).min()
    }

    fn handle_timeout(&mut self, now: Instant) -> Vec<testkit::world::Reply> {
        let replies = self.before.handle_timeout(now);
        let later = self.after.handle_timeout(now);
        if now < self.at { replies } else { later }
    }
}

#[test]
fn another_try_may_bring_another_file() {
    // At first the boot file is a kernel, and the server falls silent in its middle; then it is a boot program.
    let tftp = common::tftp_server().with_file("lab/pxelinux.0", bzimage(900_000));
    let before =
        common::Both { dhcp: common::dhcp_server(), tftp: tftp.with(|server| server.stop_after = Some(40)) };
    let after = common::Both { dhcp: common::dhcp_server(), tftp: common::tftp_server() };
    let at = Instant::from_millis(15_000);
    let client = Client::new(common::config(), Instant::default()).unwrap();
    let mut driver = common::Driver::new();
    let mut world = testkit::world::World::new(common::Booter(client), testkit::world::Link::perfect(), 1)
        .with_address(common::CLIENT)
        .with_peer(Exchanged { before, after, at });
    let ended = world.run(core::time::Duration::from_secs(300), |booter, now, event| {
        driver.on(&mut booter.0, now, event);
    });
    assert_eq!(ended, Ok(testkit::world::Ended::Idle), "it has finished, and waits for nothing");
    assert!(driver.logged("Retrying { kind: Kernel"), "{:#?}", driver.log);
    let plan = world.machine.0.plan().unwrap_or_else(|| panic!("{:#?}", driver.log));
    assert_eq!(plan.files().len(), 3, "kernel and initrds of the configuration");
    assert_eq!(driver.files["lab/pxelinux.0"], common::tftp_server().files["lab/pxelinux.0"]);
    let image = bzimage(90_000);
    assert_eq!(driver.at(plan.files()[0].address.unwrap(), image.len()), image);
}
