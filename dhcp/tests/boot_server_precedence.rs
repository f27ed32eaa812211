//! Which server and which file, where several answers name one.
#![allow(clippy::std_instead_of_core, clippy::unwrap_used, reason = "tests")]

mod common;

use std::net::Ipv4Addr;

use bootproto_dhcp::client::{Boot, Event, Failure, Source};
use common::*;

/// What is booted after this acknowledgement.
fn boot(ack: impl FnOnce(Answer) -> Answer) -> Boot {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let request = talk.sends(REQUEST);
    assert_eq!(talk.hears(&ack(Answer::ack(&request))), Event::Bound);
    assert_eq!(talk.then(), Event::BootReady);
    talk.client.boot().cloned().unwrap()
}

#[test]
fn siaddr_comes_before_66_before_150_before_54() {
    let rule = |ack: fn(Answer) -> Answer| {
        let boot = boot(ack);
        (boot.server, boot.server_from)
    };
    assert_eq!(
        rule(|ack| ack.file("x").siaddr(OTHER).option(66, b"10.77.0.9").option(150, &[10, 77, 0, 8])),
        (OTHER, Source::DhcpSiaddr)
    );
    assert_eq!(
        rule(|ack| ack.file("x").option(66, b"10.77.0.9\0").option(150, &[10, 77, 0, 8])),
        (Ipv4Addr::new(10, 77, 0, 9), Source::DhcpTftpName)
    );
    // A name would need DNS.
    assert_eq!(
        rule(|ack| ack.file("x").option(66, b"boot.example").option(150, &[10, 77, 0, 8, 10, 77, 0, 7])),
        (Ipv4Addr::new(10, 77, 0, 8), Source::DhcpTftpServers)
    );
    assert_eq!(rule(|ack| ack.file("x")), (SERVER, Source::DhcpServer));
}

#[test]
fn a_proxys_server_comes_before_the_dhcp_servers() {
    let rule = |proxy: fn(Answer) -> Answer| {
        let mut talk = Talk::new(config());
        let discover = talk.sends(DISCOVER);
        talk.hears(&proxy(Answer::proxy(&discover).file("proxys")));
        talk.hears(&Answer::offer(&discover).file("dhcps").siaddr(OTHER));
        let request = talk.sends(REQUEST);
        talk.hears(&Answer::ack(&request).file("dhcps").siaddr(OTHER));
        assert_eq!(talk.then(), Event::BootReady);
        let boot = talk.client.boot().unwrap();
        assert_eq!(&boot.file[..], b"proxys");
        (boot.server, boot.server_from)
    };
    assert_eq!(rule(|proxy| proxy.siaddr(PROXY).option(66, b"10.77.0.9")), (PROXY, Source::ProxySiaddr));
    assert_eq!(rule(|proxy| proxy.option(66, b"10.77.0.9")), ([10, 77, 0, 9].into(), Source::ProxyTftpName));
    assert_eq!(rule(|proxy| proxy), (OTHER, Source::DhcpSiaddr));
}

#[test]
fn the_field_file_comes_before_option_67_and_nuls_are_no_part_of_a_name() {
    assert_eq!(&boot(|ack| ack.file("field").option(67, b"option")).file[..], b"field");
    assert_eq!(&boot(|ack| ack.option(67, b"option\0")).file[..], b"option");
    assert_eq!(&boot(|ack| ack.option(67, &[b'n'; 255])).file[..], [b'n'; 255]);
    let full = "f".repeat(128);
    assert_eq!(&boot(|ack| ack.file(&full)).file[..], full.as_bytes());
}

#[test]
fn an_overloaded_file_field_holds_options_and_67_names_the_file() {
    let overloaded = |ack: Answer| Answer { file: b"\x43\x05other\xff".to_vec(), ..ack.option(52, &[1]) };
    assert_eq!(&boot(overloaded).file[..], b"other");
}

#[test]
fn what_pxelinux_wants_to_know_is_kept() {
    let boot = boot(|ack| {
        let ack = ack.file("x").option(17, b"10.0.0.1:/srv").option(209, b"cfg\0").option(210, b"/prefix/");
        ack.option(211, &[0, 0, 1, 44])
    });
    assert_eq!((&boot.root_path[..], &boot.config_file[..]), (&b"10.0.0.1:/srv"[..], &b"cfg"[..]));
    assert_eq!((&boot.path_prefix[..], boot.reboot_time), (&b"/prefix/"[..], Some(300)));
}

#[test]
fn a_boot_server_that_has_only_a_name_is_told_by_its_name() {
    let name = |ack: fn(Answer) -> Answer| boot(ack).server_name.to_vec();
    assert_eq!(name(|ack| ack.option(66, b"boot.example\0")), b"boot.example");
    assert_eq!(name(|ack| Answer { sname: b"field.example".to_vec(), ..ack }), b"field.example");
    let both = |ack: Answer| Answer { sname: b"field.example".to_vec(), ..ack.option(66, b"boot.example") };
    assert_eq!(boot(both).server_name[..], b"boot.example"[..]);
    // An address is no name.
    assert_eq!(name(|ack| ack.option(66, b"10.77.0.9")), b"");
    let full = boot(|ack| Answer { sname: vec![b'n'; 64], ..ack });
    assert_eq!((&full.server_name[..], full.server_from), (&[b'n'; 64][..], Source::DhcpServer));
}

#[test]
fn long_names_for_pxelinux_are_kept_whole() {
    let boot = boot(|ack| ack.option(209, &[b'c'; 255]).option(210, &[b'p'; 255]));
    assert_eq!((&boot.config_file[..], &boot.path_prefix[..]), (&[b'c'; 255][..], &[b'p'; 255][..]));
}

#[test]
fn a_name_too_long_for_any_transfer_is_a_failure_that_says_so() {
    let mut talk = Talk::new(config());
    let discover = talk.sends(DISCOVER);
    talk.hears(&Answer::offer(&discover).file("x"));
    let request = talk.sends(REQUEST);
    // RFC 3396: two pieces of 67 are one name.
    talk.hears(&Answer::ack(&request).option(67, &[b'n'; 200]).option(67, &[b'n'; 100]));
    assert_eq!(talk.then(), Event::Failed(Failure::BootFileTooLong { length: 300 }));
}
