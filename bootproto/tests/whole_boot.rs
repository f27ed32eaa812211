//! From no address to a kernel in memory, against servers that share no code with us.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

mod common;

use bootproto::Step;
use bootproto::client::{FileKind, Load};
use common::{Driver, bzimage, pattern};
use testkit::world::Link;

#[test]
fn a_lab_machine_boots_and_every_byte_lies_in_its_place() {
    let run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    let plan = run.client.plan().unwrap();
    let [kernel, one, two] = plan.files() else { panic!("{plan:?}") };
    let (image, first, second) = (bzimage(90_000), pattern(40_000, 5), pattern(1468 * 3, 6));
    assert_eq!(run.driver.at(kernel.address.unwrap(), image.len()), image);
    assert_eq!(run.driver.at(one.address.unwrap(), first.len()), first);
    assert_eq!(run.driver.at(two.address.unwrap(), second.len()), second);
    let initrds = plan.initrds.unwrap();
    assert_eq!(initrds.start, one.address.unwrap());
    assert_eq!(initrds.end, two.address.unwrap() + 1468 * 3);
    // What lies between the two initrds is zero, as the kernel's unpacker wants it.
    let gap = one.address.unwrap() + 40_000;
    let gap_length = usize::try_from(two.address.unwrap() - gap).unwrap();
    assert!(run.driver.at(gap, gap_length).iter().all(|byte| *byte == 0));
    assert_eq!(plan.run, kernel.address.map(|address| address + 5 * 512));
    assert_eq!(run.command_line(), "BOOT_IMAGE=vmlinuz root=/dev/nfs quiet initrd=one.img,two.img");
    assert_eq!(run.client.step(), Step::Start);
    assert_eq!(run.client.lease().unwrap().address, common::CLIENT);
}

#[test]
fn the_names_are_tried_in_pxelinux_order() {
    let run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    assert_eq!(
        run.driver.missing,
        [
            "lab/pxelinux.cfg/01-52-54-00-01-02-03",
            "lab/pxelinux.cfg/0A000064",
            "lab/pxelinux.cfg/0A00006",
            "lab/pxelinux.cfg/0A0000",
            "lab/pxelinux.cfg/0A000",
            "lab/pxelinux.cfg/0A00",
            "lab/pxelinux.cfg/0A0",
            "lab/pxelinux.cfg/0A",
            "lab/pxelinux.cfg/0",
            "lab/pxelinux.cfg/SHA256SUMS",
        ]
    );
    assert_eq!(run.client.configuration_name(), Some(&b"lab/pxelinux.cfg/default"[..]));
}

#[test]
fn it_takes_little_more_than_the_dhcp_exchange_and_the_round_trips() {
    let run = common::boot(common::config(), common::dhcp_server(), common::tftp_server());
    let seconds = run.now.as_micros() / 1_000_000;
    assert!(seconds < 3, "{} us\n{}", run.now.as_micros(), run.trace);
}

#[test]
fn a_bad_network_delays_the_boot_and_does_not_change_it() {
    for seed in 0..6 {
        let run = common::boot_with(
            common::config(),
            common::dhcp_server(),
            common::tftp_server(),
            Link::awful(),
            seed,
            Driver::new(),
        );
        assert!(run.is_ready(), "seed {seed}: {:#?}\n{}", run.driver.log, run.trace);
        for (name, bytes) in &run.driver.files {
            assert_eq!(bytes, &common::tftp_server().files[name], "seed {seed}: {name}");
        }
    }
}

#[test]
fn servers_without_options_serve_as_well() {
    let tftp = common::tftp_server().with(|server| server.options = testkit::naive::OptionManners::Ignore);
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    for (name, bytes) in &run.driver.files {
        assert_eq!(bytes, &common::tftp_server().files[name], "{name}");
    }
    let plan = run.client.plan().unwrap();
    let image = bzimage(90_000);
    assert_eq!(run.driver.at(plan.files()[0].address.unwrap(), image.len()), image);
}

#[test]
fn servers_that_refuse_options_serve_as_well() {
    let tftp = common::tftp_server().with(|server| server.options = testkit::naive::OptionManners::Refuse);
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
}

#[test]
fn a_boot_file_that_is_a_kernel_boots_directly() {
    let dhcp = common::dhcp_server().with(|server| server.file = b"bzImage".to_vec());
    let tftp = common::tftp_server().with_file("bzImage", bzimage(3_000_000));
    let run = common::boot(common::config(), dhcp, tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    assert_eq!(run.driver.opened, [(FileKind::Kernel, "bzImage".to_owned())]);
    assert!(!run.driver.logged("NeedText"));
    let plan = run.client.plan().unwrap();
    let image = bzimage(3_000_000);
    assert_eq!(run.driver.at(plan.files()[0].address.unwrap(), image.len()), image);
    assert_eq!(run.command_line(), "");
}

#[test]
fn a_boot_program_does_not_fetch_itself() {
    let run =
        common::boot(common::config().with_load(Load::Skip), common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    assert!(run.driver.opened.iter().all(|(kind, _)| *kind != FileKind::Nbp));
}

#[test]
fn options_209_and_210_name_the_configuration() {
    let dhcp = common::dhcp_server().with_option(209, b"special.cfg").with_option(210, b"elsewhere/");
    let tftp = common::tftp_server()
        .with_file("elsewhere/special.cfg", "DEFAULT k\nLABEL k\nKERNEL vmlinuz\n")
        .with_file("elsewhere/vmlinuz", bzimage(10_000));
    let run = common::boot(common::config(), dhcp, tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    assert_eq!(run.client.configuration_name(), Some(&b"elsewhere/special.cfg"[..]));
    assert_eq!(run.driver.opened.last().unwrap().1, "elsewhere/vmlinuz");
}

#[test]
fn names_may_point_to_another_server() {
    let text = "DEFAULT k\nLABEL k\nKERNEL tftp://10.0.0.1/lab/vmlinuz\nINITRD 10.0.0.1::lab/one.img\n";
    let tftp = common::tftp_server().with_file("lab/pxelinux.cfg/default", text);
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    assert_eq!(run.driver.opened.last().unwrap().1, "lab/one.img");
}

#[test]
fn a_device_tree_lies_on_its_own_two_mebibytes() {
    let text = format!("{}  FDT board.dtb\n", common::CONFIGURATION);
    let tftp = common::tftp_server()
        .with_file("lab/pxelinux.cfg/default", text)
        .with_file("lab/board.dtb", pattern(30_000, 9));
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    let plan = run.client.plan().unwrap();
    let place = plan.device_tree.unwrap();
    assert_eq!(place % (2 << 20), 0);
    assert_eq!(run.driver.at(place, 30_000), pattern(30_000, 9));
    let spans = plan.files().iter().map(|file| (file.address.unwrap(), file.size));
    for (one, two) in spans.clone().flat_map(|one| spans.clone().map(move |two| (one, two))) {
        assert!(one == two || one.0 + one.1 <= two.0 || two.0 + two.1 <= one.0, "{one:x?} {two:x?}");
    }
}

#[test]
fn without_a_memory_map_the_caller_decides_where_files_go() {
    let config = bootproto::client::Config::new(1, common::dhcp_config());
    let run = common::boot(config, common::dhcp_server(), common::tftp_server());
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    let plan = run.client.plan().unwrap();
    assert!(plan.files().iter().all(|file| file.address.is_none()));
    assert_eq!(run.driver.files["lab/vmlinuz"], bzimage(90_000));
}

#[test]
fn over_infiniband_blocks_fit_ipoib_and_the_port_names_the_configuration() {
    use bootproto::client::Config;
    use bootproto_dhcp::{IpoibDialect, client as dhcp};

    const GUID: [u8; 8] = [0, 0x02, 0xc9, 3, 0, 0x4e, 0x5a, 0x11];
    for (dialects, name, id) in [
        (&[IpoibDialect::Rfc4390][..], "20-00-02-c9-03-00-4e-5a-11", "ff:00:4e:5a:11:00:03"),
        (&[IpoibDialect::Ipxe], "01-00-02-c9-4e-5a-11", "01:00:02:c9:4e:5a:11"),
    ] {
        let identity = dhcp::Config::ipoib_dialects(7, GUID, dialects);
        let config = Config::new(42, identity).with_link_mtu(2044).with_infiniband(0xffff, b"ib0");
        let configuration = "DEFAULT a\nLABEL a\nKERNEL vmlinuz\nAPPEND root=/dev/nfs\nSYSAPPEND 3\n";
        let tftp =
            common::tftp_server().with_file(&format!("lab/pxelinux.cfg/{name}"), configuration.as_bytes());
        // A server that says more than the link carries is not believed.
        let server = common::dhcp_server().with_option(26, 9000_u16.to_be_bytes());
        let link = Link { mtu: 2044, ..Link::perfect() };
        let run = common::boot_with(config, server, tftp, link, 0, Driver::new());
        assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
        assert_eq!(run.client.terms().unwrap().block_size, 2012);
        let line = run.command_line();
        let head = "BOOT_IMAGE=vmlinuz root=/dev/nfs ip=10.0.0.100:10.0.0.1::255.255.255.0::ib0:none \
                    BOOTIF=20-00-02-c9-03-00-4e-5a-11 rd.net.dhcp.client-id=";
        assert!(line.starts_with(head), "{line}");
        assert!(line.strip_prefix(head).unwrap().starts_with(id), "{line}");
    }
}
