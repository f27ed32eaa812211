//! Our DHCP client over InfiniBand's dialects against dnsmasq and ISC's dhcpd: RFC 4390 on an interface that says to be
//! InfiniBand, static hosts by each client identifier, and the list that is tried in order.

use bootproto_dhcp::IpoibDialect;
use bootproto_dhcp::client::{Config, Event, VendorClass};
use interop::dhcp::Driver;
use interop::frames::Station;
use interop::lan::Lan;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::runner::Case;
use interop::servers::{dhcpd, dnsmasq};
use interop::{Outcome, ensure, peers};
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "dhcp over infiniband, dnsmasq: RFC 4390 on an interface of type InfiniBand",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: rfc4390_on_a_tunnel,
    },
    Case {
        name: "dhcp over infiniband, dnsmasq: every dialect is the host that its identifier names",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: every_dialect,
    },
    Case {
        name: "dhcp over infiniband, dnsmasq: only FlexBoot's identity is known, and the list gets there",
        peers: &[&peers::DNSMASQ],
        heavy: false,
        run: the_list,
    },
    Case {
        name: "dhcp over infiniband, dhcpd: RFC 4390 and a host by its identifier",
        peers: &[&peers::DHCPD],
        heavy: false,
        run: rfc4390_and_dhcpd,
    },
];

const GUID: [u8; 8] = [0x00, 0x02, 0xc9, 0x03, 0x00, 0x4e, 0x5a, 0x11];
/// Of the station's TAP device, where there is one; DHCP never says it.
const MAC: [u8; 6] = [0x52, 0x54, 0, 0xdd, 0, 1];
const LIMIT: Duration = Duration::from_secs(60);
const RANGE: &str = "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative";

fn bound(event: &Event<'_>) -> Option<()> {
    matches!(event, Event::Bound).then_some(())
}

fn plain(dialects: &[IpoibDialect]) -> Config {
    Config::ipoib_dialects(44, GUID, dialects).with_vendor_class(VendorClass::None)
}

fn rfc4390_on_a_tunnel() -> Outcome {
    let (server, tree) = (Namespace::new("server")?, Tree::new()?);
    let station = Station::tunnel(&server, "ibt0")?;
    let settings = format!("{RANGE}\ndhcp-boot=pxelinux.0,srv,10.77.0.1");
    let mut log = dnsmasq(&server, "ibt0", &tree, &settings)?;
    let mut driver = Driver::over(station, Config::ipoib(44, GUID))?;
    driver.until(LIMIT, |event, _, _| matches!(event, Event::BootReady).then_some(()))?;
    let boot = driver.client.boot().ok_or("ready without a boot file")?;
    ensure!(&boot.file[..] == b"pxelinux.0", "{boot:?}");
    ensure!(driver.client.lease().is_some(), "ready without a lease");
    for (_, bytes) in &driver.sent {
        ensure!(
            bytes[1..3] == [32, 0] && bytes[28..44] == [0; 16],
            "htype, hlen, chaddr: {:02x?}",
            &bytes[..44]
        );
        ensure!(bytes[10] == 0x80, "no BROADCAST flag");
    }
    // RFC 4390 section 2.1: the answers have no hardware address either.
    ensure!(driver.received.iter().all(|bytes| bytes[1..3] == [32, 0]), "{:02x?}", driver.received);
    // What the server keys the lease on: `ff`, IAID, DUID-LL of the port's GUID.
    let address = driver.client.lease().map(|lease| lease.address).ok_or("no lease")?;
    log.wait_for(&format!("DHCPACK(ibt0) {address}"), LIMIT)?;
    let leases = std::fs::read_to_string(tree.beside("leases"))?;
    let id = "ff:00:4e:5a:11:00:03:00:20:00:02:c9:03:00:4e:5a:11";
    ensure!(leases.contains(id), "the lease's identifier is another: {leases}");
    Ok(())
}

/// Option 61 of each dialect in dnsmasq's notation, the hardware type first where an address names the host.
const HOSTS: [(IpoibDialect, &str); 4] = [
    (IpoibDialect::Rfc4390, "id:ff:00:4e:5a:11:00:03:00:20:00:02:c9:03:00:4e:5a:11"),
    (IpoibDialect::Ipxe, "00:02:c9:4e:5a:11"),
    (IpoibDialect::Mellanox, "id:ff:00:00:00:00:00:02:00:00:02:c9:00:00:02:c9:03:00:4e:5a:11"),
    (IpoibDialect::Hardware, "id:20:00:02:c9:03:00:4e:5a:11"),
];

fn every_dialect() -> Outcome {
    for (last, (dialect, host)) in (1_u8..).zip(HOSTS) {
        let (server, tree) = (Namespace::new("server")?, Tree::new()?);
        let station = Station::tunnel(&server, "ibt0")?;
        let _log = dnsmasq(&server, "ibt0", &tree, &format!("{RANGE}\ndhcp-host={host},10.77.0.{last}0"))?;
        let mut driver = Driver::over(station, plain(&[dialect]))?;
        driver.until(LIMIT, |event, _, _| bound(event))?;
        let address = driver.client.lease().map(|lease| lease.address);
        ensure!(address == Some(Ipv4Addr::new(10, 77, 0, last * 10)), "{dialect:?} got {address:?}");
    }
    Ok(())
}

fn the_list() -> Outcome {
    let (server, tree) = (Namespace::new("server")?, Tree::new()?);
    let station = Station::tunnel(&server, "ibt0")?;
    // Known hosts only.
    let settings = "dhcp-range=10.77.0.0,static,255.255.255.0\ndhcp-host=00:02:c9:4e:5a:11,10.77.0.99";
    let mut log = dnsmasq(&server, "ibt0", &tree, settings)?;
    let list = [IpoibDialect::Rfc4390, IpoibDialect::Ipxe];
    let mut driver = Driver::over(station, plain(&list).with_discovers_per_dialect(1))?;
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let lease = driver.client.lease().ok_or("bound without a lease")?;
    ensure!(lease.address == Ipv4Addr::new(10, 77, 0, 99), "{lease:?}");
    ensure!(driver.events.iter().any(|event| event == "Dialect(Ipxe)"), "{:#?}", driver.events);
    let types: Vec<u8> = driver.sent.iter().map(|(_, bytes)| bytes[1]).collect();
    ensure!(types == [32, 1, 1], "RFC 4390 once, then DISCOVER and REQUEST like Ethernet: {types:?}");
    log.wait_for("DHCPACK(ibt0) 10.77.0.99 00:02:c9:4e:5a:11", LIMIT)?;
    Ok(())
}

fn rfc4390_and_dhcpd() -> Outcome {
    // dhcpd refuses a TUN device of this type ("Unsupported device type 32"), so the station is on a TAP: the messages
    // are the same.
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let configuration = "authoritative; ddns-update-style none; ping-check false;\n\
         subnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.50 10.77.0.60; }\n\
         host node { option dhcp-client-identifier ff:00:4e:5a:11:00:03:00:20:00:02:c9:03:00:4e:5a:11;\n\
           fixed-address 10.77.0.77; next-server 10.77.0.1; filename \"pxelinux.0\"; }\n";
    let _log = dhcpd(&lan.server, &tree, configuration)?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, Config::ipoib(44, GUID))?;
    driver.until(LIMIT, |event, _, _| matches!(event, Event::BootReady).then_some(()))?;
    let lease = driver.client.lease().ok_or("ready without a lease")?;
    ensure!(lease.address == Ipv4Addr::new(10, 77, 0, 77), "{lease:?}");
    ensure!(driver.received.iter().all(|bytes| bytes[1..3] == [32, 0]), "{:02x?}", driver.received);
    Ok(())
}
