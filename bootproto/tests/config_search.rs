//! Under which names a configuration is looked for, and what names mean.
#![allow(clippy::unwrap_used, clippy::type_complexity, reason = "tests")]

use bootproto::config::{Facts, Fault, FileName, Host, Location, Rule, Scheme, Search, directory, printed};
use core::net::Ipv4Addr;

const MAC: [u8; 6] = [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd];

/// QEMU's `-uuid 11223344-5566-7788-99aa-bbccddeeff00` as option 97 carries it.
const UUID: [u8; 16] =
    [0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00];

fn facts() -> Facts<'static> {
    Facts {
        boot_file: b"boot/pxelinux.0",
        uuid: Some(UUID),
        hardware_type: 1,
        hardware: &MAC,
        address: Some(Ipv4Addr::new(192, 0, 2, 91)),
        ..Facts::default()
    }
}

fn names(facts: &Facts<'_>) -> Vec<String> {
    let mut search = Search::new();
    core::iter::from_fn(|| search.next(facts)).map(|found| found.unwrap().name.to_string()).collect()
}

#[test]
fn the_order_is_that_of_pxelinux() {
    // doc/pxelinux.txt of SYSLINUX 6 gives this list for this address; the third name is ours.
    let expected = [
        "boot/pxelinux.cfg/44332211-6655-8877-99aa-bbccddeeff00",
        "boot/pxelinux.cfg/11223344-5566-7788-99aa-bbccddeeff00",
        "boot/pxelinux.cfg/01-88-99-aa-bb-cc-dd",
        "boot/pxelinux.cfg/C000025B",
        "boot/pxelinux.cfg/C000025",
        "boot/pxelinux.cfg/C00002",
        "boot/pxelinux.cfg/C0000",
        "boot/pxelinux.cfg/C000",
        "boot/pxelinux.cfg/C00",
        "boot/pxelinux.cfg/C0",
        "boot/pxelinux.cfg/C",
        "boot/pxelinux.cfg/default",
    ];
    assert_eq!(names(&facts()), expected);
}

/// What PXELINUX 6.04 asked dnsmasq for in the capture bios-e1000-ipxerom-dnsmasq-pxelinux.pcap, packets 53 to 73: QEMU
/// with `-uuid 11223344-5566-7788-99aa-bbccddeeff00`, 52:54:00:12:34:56, 10.77.0.107.
#[test]
fn the_order_is_what_a_real_pxelinux_asked_for() {
    let asked = [
        "pxelinux.cfg/44332211-6655-8877-99aa-bbccddeeff00",
        "pxelinux.cfg/01-52-54-00-12-34-56",
        "pxelinux.cfg/0A4D006B",
        "pxelinux.cfg/0A4D006",
        "pxelinux.cfg/0A4D00",
        "pxelinux.cfg/0A4D0",
        "pxelinux.cfg/0A4D",
        "pxelinux.cfg/0A4",
        "pxelinux.cfg/0A",
        "pxelinux.cfg/0",
        "pxelinux.cfg/default",
    ];
    let facts = Facts {
        boot_file: b"pxelinux.0",
        uuid: Some(UUID),
        hardware_type: 1,
        hardware: &[0x52, 0x54, 0, 0x12, 0x34, 0x56],
        address: Some(Ipv4Addr::new(10, 77, 0, 107)),
        ..Facts::default()
    };
    let mut search = Search::new();
    let ours = core::iter::from_fn(|| search.next(&facts)).map(Result::unwrap);
    // The UUID as people read it is our own addition.
    let ours: Vec<_> =
        ours.filter(|found| found.rule != Rule::UuidAsPrinted).map(|found| found.name.to_string()).collect();
    assert_eq!(ours, asked);
}

#[test]
fn options_209_and_210_go_before() {
    let facts = Facts { config_file: Some(b"lab.cfg"), path_prefix: Some(b"/srv/"), ..facts() };
    let names = names(&facts);
    assert_eq!(names.first().unwrap(), "/srv/lab.cfg");
    assert_eq!(names.last().unwrap(), "/srv/pxelinux.cfg/default");
    let mut search = Search::new();
    assert_eq!(search.next(&facts).unwrap().unwrap().rule, Rule::ConfigFile);
}

#[test]
fn a_configuration_file_with_an_absolute_name_has_no_prefix() {
    for name in [&b"/etc/a"[..], b"::a", b"10.0.0.1::a", b"tftp://10.0.0.1/a"] {
        let facts = Facts { config_file: Some(name), path_prefix: Some(b"/srv/"), ..facts() };
        let mut search = Search::new();
        assert_eq!(search.next(&facts).unwrap().unwrap().name.as_bytes(), name);
    }
}

#[test]
fn rules_without_their_fact_are_passed_over() {
    let nothing = Facts::default();
    assert_eq!(names(&nothing), ["pxelinux.cfg/default"]);
    let zero = Facts { uuid: Some([0; 16]), config_file: Some(b""), ..Facts::default() };
    assert_eq!(names(&zero), ["pxelinux.cfg/default"]);
    let ones = Facts { uuid: Some([0xff; 16]), ..Facts::default() };
    assert_eq!(names(&ones), ["pxelinux.cfg/default"]);
}

#[test]
fn infiniband_has_its_own_hardware_type() {
    let guid = [0, 2, 0xc9, 3, 0, 0, 0x12, 0x34];
    let facts = Facts { hardware_type: 32, hardware: &guid, ..Facts::default() };
    assert_eq!(names(&facts)[0], "pxelinux.cfg/20-00-02-c9-03-00-00-12-34");
}

#[test]
fn a_uuid_reads_the_same_both_ways_only_once() {
    assert_eq!(printed(printed(UUID)), UUID);
    let same = Facts { uuid: Some([7; 16]), ..Facts::default() };
    assert_eq!(names(&same), ["pxelinux.cfg/07070707-0707-0707-0707-070707070707", "pxelinux.cfg/default"]);
}

#[test]
fn a_prefix_too_long_for_a_request_is_reported_for_each_name_and_the_search_ends() {
    let long = [b'x'; 300];
    let facts = Facts { path_prefix: Some(&long), ..facts() };
    let mut search = Search::new();
    let results: Vec<_> = core::iter::from_fn(|| search.next(&facts)).collect();
    assert_eq!(results.len(), 12);
    assert!(results.iter().all(|result| *result == Err(Fault::NameTooLong)));
}

#[test]
fn the_directory_of_a_boot_file_ends_with_its_last_slash() {
    let cases: [(&[u8], &[u8]); 6] = [
        (b"pxelinux.0", b""),
        (b"/pxelinux.0", b"/"),
        (b"a/b/pxelinux.0", b"a/b/"),
        (b"10.0.0.1::pxelinux.0", b"10.0.0.1::"),
        (b"http://host/a/lpxelinux.0", b"http://host/a/"),
        (b"", b""),
    ];
    for (file, expected) in cases {
        assert_eq!(directory(file), expected);
    }
}

#[test]
fn names_are_taken_apart_into_server_and_path() {
    let server = Host::Address(Ipv4Addr::new(10, 0, 0, 1));
    let cases: [(&[u8], Scheme, Host<'_>, Option<u16>, &[u8], bool); 11] = [
        (b"linux", Scheme::Tftp, Host::Same, None, b"linux", true),
        (b"a:b", Scheme::Tftp, Host::Same, None, b"a:b", true),
        (b"/linux", Scheme::Tftp, Host::Same, None, b"/linux", false),
        (b"::linux", Scheme::Tftp, Host::Same, None, b"linux", false),
        (b"10.0.0.1::a/linux", Scheme::Tftp, server, None, b"a/linux", false),
        (b"boot::linux", Scheme::Tftp, Host::Named(b"boot"), None, b"linux", false),
        (b"tftp://10.0.0.1/a/linux", Scheme::Tftp, server, None, b"a/linux", false),
        (b"TFTP://10.0.0.1:6969//linux", Scheme::Tftp, server, Some(6969), b"/linux", false),
        (b"http://boot.lab/linux", Scheme::Http, Host::Named(b"boot.lab"), None, b"linux", false),
        (b"gopher://10.0.0.1", Scheme::Other, server, None, b"", false),
        (b"tftp://10.0.0.1:99999/a", Scheme::Tftp, Host::Named(b"10.0.0.1:99999"), None, b"a", false),
    ];
    for (name, scheme, host, port, path, relative) in cases {
        let got = Location::parse(name);
        assert_eq!(
            (got.scheme, got.host, got.port, got.path, got.relative),
            (scheme, host, port, path, relative)
        );
    }
}

#[test]
fn only_relative_paths_get_the_prefix() {
    let under =
        |name: &'static [u8]| Location::parse(name).path_under(b"debian/").map(|name| name.to_string());
    assert_eq!(under(b"linux").unwrap(), "debian/linux");
    assert_eq!(under(b"/linux").unwrap(), "/linux");
    assert_eq!(under(b"::linux").unwrap(), "linux");
    assert_eq!(under(b""), Err(Fault::NameEmpty));
    assert_eq!(under(b"tftp://10.0.0.1"), Err(Fault::NameEmpty));
}

#[test]
fn a_name_that_does_not_fit_stays_as_it_was() {
    let mut name = FileName::join(&[b"a", b"b"]).unwrap();
    assert_eq!(name.push(&[b'c'; 254]), Err(Fault::NameTooLong));
    assert_eq!(name.as_bytes(), b"ab");
    name.push(b"\xff\n").unwrap();
    assert_eq!(format!("{name} {name:?}"), "ab\\xff\\n \"ab\\xff\\n\"");
}
