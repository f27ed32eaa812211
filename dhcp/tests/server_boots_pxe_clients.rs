//! Boot files, menus, ProxyDHCP and the boot server: PXE 2.1 section 2.

mod server_support;

use core::net::Ipv4Addr;

use bootproto_dhcp::server::{Binding, Config, ConfigError, Event, Ignored, Server, Service};
use bootproto_dhcp::wire::OptionCode;
use server_support::*;

const TFTP: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 9);

fn proxy(config: Config) -> Server<Vec<Binding>> {
    server(config, 0)
}

fn boot_request(arch: u16, item: Option<u16>) -> Ask {
    let ask = Ask::new(REQUEST, mac(1)).using(FIRST).pxe(arch);
    match item {
        Some(item) => ask.with(43, &[&[71, 4][..], &item.to_be_bytes(), &[0, 0, 255]].concat()),
        None => ask,
    }
}

fn at_4011(server: &mut Server<Vec<Binding>>, ask: &Ask) -> (Event, Option<Reply>) {
    tell(server, at(9), path(4011, FIRST, 68), &ask.bytes())
}

#[test]
fn each_architecture_gets_its_boot_file() {
    let config = config()
        .with_next_server(TFTP)
        .with_boot_file(None, b"pxelinux.0")
        .with_boot_file(Some(7), b"x64.efi")
        .with_boot_file(Some(11), b"arm64.efi");
    let mut server = server(config, 8);
    // x64 UEFI says 7 or 9.
    for (arch, file) in
        [(0, "pxelinux.0"), (7, "x64.efi"), (9, "x64.efi"), (11, "arm64.efi"), (6, "pxelinux.0")]
    {
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(arch));
        let offer = offer.unwrap();
        assert_eq!(offer.file(), file);
        assert_eq!(offer.message.siaddr(), TFTP);
        assert_eq!(offer.option(66).unwrap(), b"10.77.0.9");
    }
    // Without option 93 the vendor class says it.
    let class = b"PXEClient:Arch:00011:UNDI:003000";
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(60, class));
    assert_eq!(offer.unwrap().file(), "arm64.efi");
    for nonsense in [&b"PXEClient:Arch:"[..], b"PXEClient:Arch:99999:", b"PXEClient:Arch:0001x:"] {
        let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).with(60, nonsense));
        assert_eq!(offer.unwrap().file(), "pxelinux.0");
    }
}

#[test]
fn ipxe_gets_its_script_and_its_own_rom_the_first_stage() {
    let config = config().with_boot_file(None, b"undionly.kpxe").with_ipxe_file(b"boot.ipxe");
    let mut server = server(config, 8);
    let rom = Ask::new(DISCOVER, mac(1)).pxe(0);
    assert_eq!(ask(&mut server, 1, &rom).1.unwrap().file(), "undionly.kpxe");
    for class in [&b"iPXE"[..], b"\x04iPXE"] {
        assert_eq!(ask(&mut server, 1, &rom.clone().with(77, class)).1.unwrap().file(), "boot.ipxe");
    }
}

#[test]
fn a_boot_file_too_long_for_its_field_goes_into_option_67() {
    let url = [b"http://", &[b'a'; 150][..]].concat();
    let mut server = server(config().with_boot_file(None, &url), 8);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(0).with(55, &[1, 3]));
    let offer = offer.unwrap();
    assert_eq!(offer.file(), "");
    assert_eq!(offer.option(67).unwrap(), url);
}

#[test]
fn pxelinux_is_told_its_options_though_no_rom_asks_for_them() {
    let config = config()
        .with_boot_file(None, b"pxelinux.0")
        .with_config_file(b"cfg/default")
        .with_path_prefix(b"/srv/boot/");
    let mut server = server(config, 8);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(0).with(55, &[1, 3]));
    let offer = offer.unwrap();
    assert_eq!(offer.option(209).unwrap(), b"cfg/default");
    assert_eq!(offer.option(210).unwrap(), b"/srv/boot/");
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(2)));
    assert_eq!(offer.unwrap().option(209), None);
}

#[test]
fn a_dhcp_server_with_a_menu_is_its_own_boot_server() {
    let config = config()
        .with_service(Service::new(1, b"Install", b"install.0"))
        .with_service(Service::new(2, b"Rescue", b"rescue.0").with_server(TFTP))
        .with_prompt(255, b"Choose");
    let mut server = server(config, 8);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(0));
    let offer = offer.unwrap();
    assert_ne!(offer.message.yiaddr(), NOBODY);
    assert_eq!(offer.option(60).unwrap(), b"PXEClient");
    assert_eq!(offer.pxe(6).unwrap(), [3]);
    assert_eq!(offer.pxe(8).unwrap(), [0, 1, 1, 10, 77, 0, 1, 0, 2, 1, 10, 77, 0, 9]);
    assert_eq!(offer.pxe(9).unwrap(), b"\x00\x01\x07Install\x00\x02\x06Rescue");
    assert_eq!(offer.pxe(10).unwrap(), b"\xffChoose");
    let (event, ack) = at_4011(&mut server, &boot_request(0, Some(1)));
    assert!(matches!(event, Event::BootServed { item: Some(1), .. }));
    assert_eq!(ack.unwrap().file(), "install.0");
    let (_, ack) = at_4011(&mut server, &boot_request(0, Some(2)));
    assert_eq!(ack.unwrap().message.siaddr(), TFTP);
    let (event, none) = at_4011(&mut server, &boot_request(0, Some(3)));
    assert_eq!(event, Event::Ignored(Ignored::NoSuchItem { item: 3 }));
    assert!(none.is_none());
    // Nobody who is no PXE client sees the menu.
    assert_eq!(ask(&mut server, 1, &Ask::new(DISCOVER, mac(2))).1.unwrap().option(43), None);
}

#[test]
fn uefi_gets_the_menu_of_a_proxy_on_the_pxe_port() {
    let config = Config::proxy(SERVER)
        .with_service(Service::new(0x8000, b"A", b"a.efi").with_arch(7))
        .with_service(Service::new(0x8000, b"B", b"b.0").with_arch(0))
        .with_prompt(3, b"?");
    let mut server = proxy(config);
    let (_, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(7));
    assert_eq!(offer.unwrap().option(43), None);
    let (_, menu) = at_4011(&mut server, &boot_request(7, None));
    let menu = menu.unwrap();
    assert_eq!(menu.pxe(9).unwrap(), b"\x80\x00\x01A");
    assert_eq!(menu.file(), "");
    let (_, ack) = at_4011(&mut server, &boot_request(7, Some(0x8000)));
    assert_eq!(ack.unwrap().file(), "a.efi");
    let (_, ack) = at_4011(&mut server, &boot_request(0, Some(0x8000)));
    assert_eq!(ack.unwrap().file(), "b.0");
    // Another architecture has no menu here.
    let (event, _) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(11));
    assert_eq!(event, Event::Ignored(Ignored::NoBootFile { arch: 11 }));
}

#[test]
fn a_proxy_gives_bios_clients_their_file_in_the_offer() {
    let mut server = proxy(Config::proxy(SERVER).with_boot_file(None, b"pxelinux.0").with_next_server(TFTP));
    let (event, offer) = ask(&mut server, 1, &Ask::new(DISCOVER, mac(1)).pxe(0));
    assert!(matches!(event, Event::ProxyOffered { .. }));
    let offer = offer.unwrap();
    assert_eq!(offer.kind(), Some(2));
    assert_eq!(offer.message.yiaddr(), NOBODY);
    assert_eq!(offer.message.siaddr(), TFTP);
    assert_eq!(offer.file(), "pxelinux.0");
    assert_eq!(offer.pxe(6).unwrap(), [8]);
    assert_eq!((offer.option(51), offer.option(1), offer.option(3)), (None, None, None));
    assert_eq!(offer.to(), v4(Ipv4Addr::BROADCAST, 68));
}

#[test]
fn a_proxy_is_silent_to_everybody_else() {
    let mut server = proxy(Config::proxy(SERVER).with_boot_file(None, b"pxelinux.0"));
    let request = Ask::new(REQUEST, mac(1)).pxe(0).asking(FIRST).of_server(TFTP);
    for (ask, ignored) in [
        (Ask::new(DISCOVER, mac(1)), Ignored::NotPxe),
        (Ask::bootp(mac(1)), Ignored::NotPxe),
        (request, Ignored::OtherServer { server: TFTP }),
        (Ask::new(REQUEST, mac(1)).pxe(0).asking(FIRST), Ignored::WrongType { kind: 3 }),
        (Ask::new(DISCOVER, mac(1)).with(60, b"HTTPClient:Arch:00016"), Ignored::NoBootFile { arch: 16 }),
    ] {
        let before = server.clone();
        let (event, none) = server_support::ask(&mut server, 1, &ask);
        assert_eq!(event, Event::Ignored(ignored));
        assert!(none.is_none());
        assert_eq!(server, before);
    }
}

#[test]
fn a_boot_server_is_found_by_broadcast_too() {
    let mut server = proxy(Config::proxy(SERVER).with_service(Service::new(7, b"x", b"x.0")));
    let (event, ack) = tell(&mut server, at(1), path(67, FIRST, 68), &boot_request(0, Some(7)).bytes());
    assert!(matches!(event, Event::BootServed { item: Some(7), .. }));
    let ack = ack.unwrap();
    assert_eq!(ack.to(), v4(FIRST, 68));
    assert_eq!(ack.file(), "x.0");
}

#[test]
fn the_pxe_port_is_for_pxe_clients() {
    let mut server = server(config().with_boot_file(None, b"x"), 4);
    for (ask, ignored) in [
        (Ask::new(REQUEST, mac(1)).using(FIRST), Ignored::NotPxe),
        (Ask::new(DISCOVER, mac(1)).pxe(0), Ignored::WrongType { kind: 1 }),
        (boot_request(0, None).of_server(TFTP), Ignored::OtherServer { server: TFTP }),
    ] {
        assert_eq!(at_4011(&mut server, &ask).0, Event::Ignored(ignored));
    }
    let (event, _) = tell(&mut server, at(1), path(69, FIRST, 68), &boot_request(0, None).bytes());
    assert_eq!(event, Event::Ignored(Ignored::WrongPort { port: 69 }));
}

#[test]
fn impossible_settings_are_refused() {
    let refused = |config: Config, rows: usize| Server::new(config, vec![Binding::FREE; rows]).unwrap_err();
    let long = vec![b'x'; 256];
    assert_eq!(refused(config(), 0), ConfigError::EmptyTable);
    assert_eq!(refused(Config::proxy(SERVER), 0), ConfigError::NothingToServe);
    assert_eq!(refused(Config::new(NOBODY), 1), ConfigError::NoAddress);
    assert!(matches!(refused(config().with_pool(LAST, FIRST, MASK), 1), ConfigError::BadPool { .. }));
    let far = Ipv4Addr::new(10, 78, 0, 1);
    assert!(matches!(refused(config().with_pool(FIRST, far, MASK), 1), ConfigError::BadPool { .. }));
    let holes = Ipv4Addr::new(255, 0, 255, 0);
    assert_eq!(refused(config().with_mask(holes), 1), ConfigError::BadMask { mask: holes });
    assert_eq!(refused(config().with_boot_file(None, &long), 1), ConfigError::TooLong { option: 67 });
    assert_eq!(refused(config().with_ports(67, 68, 67), 1), ConfigError::BadPorts);
    assert_eq!(refused(config().with_ports(0, 68, 67), 1), ConfigError::BadPorts);
    let routers = (0..5).fold(config(), |config, _| config.with_router(TFTP));
    assert_eq!(refused(routers, 1), ConfigError::TooMany { option: 3 });
    let menu = |count: u8| {
        let lines = (0..count).map(|kind| Service::new(kind.into(), &[b'x'; 40], b"x"));
        lines.fold(config(), Config::with_service)
    };
    assert_eq!(refused(menu(6), 1), ConfigError::MenuTooLong);
    assert!(Server::new(menu(4), vec![Binding::FREE]).is_ok());
    let extra = config().with_option(OptionCode(224), &[0; 1100]);
    assert_eq!(refused(extra, 1), ConfigError::TooLong { option: 224 });
    assert!(
        Server::new(config().with_mask(Ipv4Addr::BROADCAST), vec![Binding::FREE]).is_err(),
        "pool is wider"
    );
}
