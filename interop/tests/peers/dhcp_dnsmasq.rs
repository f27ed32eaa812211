//! Our DHCP client against dnsmasq: addresses, boot files, ProxyDHCP beside a second server, menus.

use bootproto_core::UdpPath;
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{Config, Event, Source, VendorClass};
use interop::dhcp::Driver;
use interop::lan::Lan;
use interop::payload::Tree;
use interop::runner::Case;
use interop::servers::dnsmasq;
use interop::{Outcome, ensure, peers};
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "dhcp client, dnsmasq: an address with mask, router, DNS server and domain",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: an_address,
    },
    Case {
        name: "dhcp client, dnsmasq: a static host by its RFC 4361 client identifier",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: a_static_host,
    },
    Case {
        name: "dhcp client, dnsmasq: a PXE boot file for the client's architecture",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: a_boot_file,
    },
    Case {
        name: "dhcp client, dnsmasq: a ProxyDHCP server beside a plain one names the boot file",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: a_proxy,
    },
    Case {
        name: "dhcp client, dnsmasq: a menu with a prompt, and the line that was chosen",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: a_menu,
    },
    Case { name: "dhcp client, dnsmasq: INFORM", peers: &[&peers::DNSMASQ], heavy: false, run: inform },
    Case {
        name: "dhcp client: nobody answers, and it says so with PXE-E51",
        peers: &[],
        heavy: false,
        run: nobody_answers,
    },
];

const MAC: [u8; 6] = [0x52, 0x54, 0, 0xaa, 0, 1];
const LIMIT: Duration = Duration::from_secs(40);
const RANGE: &str = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";

fn pxe() -> Config {
    Config::new(42, HardwareAddress::ethernet(MAC))
}

fn plain() -> Config {
    pxe().with_vendor_class(VendorClass::None)
}

fn bound(event: &Event<'_>) -> Option<()> {
    matches!(event, Event::Bound).then_some(())
}

fn an_address() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let settings = format!(
        "{RANGE}\ndomain=boot.example\ndhcp-option=option:dns-server,10.77.0.9\ndhcp-option=option:mtu,1400"
    );
    let mut server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, plain().with_hostname(b"sleepy"))?;
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let lease = driver.client.lease().ok_or("bound without a lease")?.clone();
    ensure!((50..=150).contains(&lease.address.octets()[3]), "{lease:?}");
    ensure!(lease.mask == Some(Ipv4Addr::new(255, 255, 255, 0)), "{lease:?}");
    ensure!(lease.routers() == [Ipv4Addr::new(10, 77, 0, 1)], "{lease:?}");
    ensure!(lease.dns() == [Ipv4Addr::new(10, 77, 0, 9)], "{lease:?}");
    ensure!(lease.server_id == Some(Ipv4Addr::new(10, 77, 0, 1)), "{lease:?}");
    ensure!(lease.duration == Some(Duration::from_secs(3600)), "{lease:?}");
    ensure!(&lease.domain[..] == b"boot.example", "{lease:?}");
    ensure!(lease.mtu == Some(1400), "{lease:?}");
    let acknowledged = format!("DHCPACK(br0) {} 52:54:00:aa:00:01 sleepy", lease.address);
    server.wait_for(&acknowledged, LIMIT)?;
    Ok(())
}

fn a_static_host() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    // RFC 4361: type 255, IAID 01020304, a link-layer DUID of an InfiniBand port.
    let host = "dhcp-host=id:ff:01:02:03:04:00:03:00:20:00:02:c9:03:00:12:34:56,10.77.0.77";
    let _server = dnsmasq(&lan.server, "br0", &tree, &format!("{RANGE}\n{host}"))?;
    let duid = [0, 3, 0, 32, 0, 2, 0xc9, 3, 0, 0x12, 0x34, 0x56];
    let id = bootproto_dhcp::ClientId::duid(0x0102_0304, &duid).ok_or("no identifier")?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, plain().with_client_id(id))?;
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let address = driver.client.lease().map(|lease| lease.address);
    ensure!(address == Some(Ipv4Addr::new(10, 77, 0, 77)), "{address:?}");
    Ok(())
}

fn a_boot_file() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let settings = format!(
        "{RANGE}\ndhcp-match=set:efi,option:client-arch,7\n\
         dhcp-boot=tag:efi,grubx64.efi\ndhcp-boot=tag:!efi,pxelinux.0,srv,10.77.0.1\n\
         dhcp-option-force=209,conf.cfg\ndhcp-option-force=210,/prefix/"
    );
    let _server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    for (tap, arch, file) in [("dhcp0", 0, b"pxelinux.0".as_slice()), ("dhcp1", 7, b"grubx64.efi")] {
        let mut mac = MAC;
        mac[5] = u8::try_from(arch)?;
        let config = Config::new(42, HardwareAddress::ethernet(mac)).with_arch(arch);
        let mut driver = Driver::plug(&lan, tap, mac, config)?;
        driver.until(LIMIT, |event, _, _| matches!(event, Event::BootReady).then_some(()))?;
        let boot = driver.client.boot().ok_or("ready without a boot file")?;
        ensure!(&boot.file[..] == file, "{boot:?}");
        ensure!(boot.server == Ipv4Addr::new(10, 77, 0, 1), "{boot:?}");
        ensure!(boot.server_from == Source::DhcpSiaddr, "{boot:?}");
        ensure!(&boot.config_file[..] == b"conf.cfg" && &boot.path_prefix[..] == b"/prefix/", "{boot:?}");
    }
    Ok(())
}

fn a_proxy() -> Outcome {
    let (lan, tree, beside) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let _server = dnsmasq(&lan.server, "br0", &tree, RANGE)?;
    let proxy = lan.station("proxy", Some("10.77.0.2/24"))?;
    let service = "dhcp-range=10.77.0.0,proxy\npxe-service=x86PC,\"Boot it\",pxelinux";
    let mut proxy = dnsmasq(&proxy, "eth0", &beside, service)?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, pxe())?;
    driver.until(LIMIT, |event, client, now| {
        if matches!(event, Event::Menu) {
            let first = client.menu().and_then(|mut menu| menu.items.next().map(|item| item.kind));
            client.choose(now, first.unwrap_or(0));
        }
        matches!(event, Event::BootReady).then_some(())
    })?;
    let boot = driver.client.boot().ok_or("ready without a boot file")?;
    ensure!(&boot.file[..] == b"pxelinux.0", "{boot:?}");
    ensure!(boot.server == Ipv4Addr::new(10, 77, 0, 2), "{boot:?}");
    let lease = driver.client.lease().ok_or("ready without a lease")?;
    ensure!(lease.server_id == Some(Ipv4Addr::new(10, 77, 0, 1)), "{lease:?}");
    let to_4011 = |(path, _): &&(UdpPath, Vec<u8>)| path.remote.port() == 4011;
    ensure!(driver.sent.iter().filter(to_4011).count() == 1, "events: {:#?}", driver.events);
    proxy.wait_for("PXE(eth0)", LIMIT)?;
    Ok(())
}

fn a_menu() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let settings = format!(
        "{RANGE}\npxe-prompt=\"Press F8\",3\npxe-service=x86PC,\"The first\",first\n\
         pxe-service=x86PC,\"The second\",second\npxe-service=x86PC,\"The disk\",0"
    );
    let _server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, pxe())?;
    let mut shown = Vec::new();
    driver.until(LIMIT, |event, client, now| {
        if matches!(event, Event::Menu) {
            let mut second = 0;
            if let Some(menu) = client.menu() {
                shown.extend(menu.items.map(|item| (item.kind, item.text.bytes().collect::<Vec<u8>>())));
                second = shown.get(1).map_or(0, |(kind, _)| *kind);
                shown.extend(
                    menu.prompt.map(|prompt| (prompt.timeout_seconds.into(), prompt.text.bytes().collect())),
                );
            }
            client.choose(now, second);
        }
        matches!(event, Event::BootReady).then_some(())
    })?;
    let texts: Vec<_> = shown.iter().map(|(_, text)| String::from_utf8_lossy(text)).collect();
    ensure!(texts == ["The first", "The second", "The disk", "Press F8"], "{texts:?}");
    ensure!(shown[2].0 == 0 && shown[3].0 == 3, "{shown:?}");
    let boot = driver.client.boot().ok_or("ready without a boot file")?;
    ensure!(&boot.file[..] == b"second.0", "{boot:?}");
    ensure!(boot.server == Ipv4Addr::new(10, 77, 0, 1), "{boot:?}");
    Ok(())
}

fn inform() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let settings = format!("{RANGE}\ndhcp-option=option:dns-server,10.77.0.9");
    let mut server = dnsmasq(&lan.server, "br0", &tree, &settings)?;
    let address = Ipv4Addr::new(10, 77, 0, 200);
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, plain().with_inform(address))?;
    driver.station.address = Some(address);
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let lease = driver.client.lease().ok_or("bound without a lease")?;
    ensure!(lease.address == address && lease.duration.is_none(), "{lease:?}");
    ensure!(lease.dns() == [Ipv4Addr::new(10, 77, 0, 9)], "{lease:?}");
    server.wait_for("DHCPINFORM(br0) 10.77.0.200", LIMIT)?;
    Ok(())
}

fn nobody_answers() -> Outcome {
    use bootproto_core::Numbered as _;
    let lan = Lan::new()?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, pxe().with_attempts(1))?;
    let code = driver.until(LIMIT, |event, _, _| match event {
        Event::Failed(failure) => Some(failure.entry().pxe),
        _ => None,
    })?;
    ensure!(code == Some("PXE-E51"), "{code:?}");
    Ok(())
}
