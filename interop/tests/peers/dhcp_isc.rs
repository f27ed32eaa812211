//! Our DHCP client against ISC's servers, dhcpd and Kea: the whole life of a lease, overloaded fields, long options.

use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{Config, Event, VendorClass};
use bootproto_dhcp::wire::{OptionCode, Packet};
use interop::dhcp::Driver;
use interop::lan::Lan;
use interop::payload::Tree;
use interop::runner::Case;
use interop::servers::{dhcpd, kea};
use interop::{Outcome, ensure, peers};
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "dhcp client, dhcpd: renews at T1 by unicast, rebinds at T2 by broadcast, releases",
        peers: &[&peers::DHCPD],
        heavy: false,
        run: a_lease_lives,
    },
    Case {
        name: "dhcp client, dhcpd: an address of another network is refused, and it starts over",
        peers: &[&peers::DHCPD],
        heavy: false,
        run: refused,
    },
    Case {
        name: "dhcp client, dhcpd: an address that somebody uses is declined, and it gets another",
        peers: &[&peers::DHCPD],
        heavy: false,
        run: declined,
    },
    Case {
        name: "dhcp client, dhcpd: options overloaded into file and sname",
        peers: &[&peers::DHCPD],
        heavy: false,
        run: overloaded,
    },
    Case {
        name: "dhcp client, Kea: an address and a boot file",
        peers: &[&peers::KEA],
        heavy: false,
        run: kea_boot_file,
    },
    Case {
        name: "dhcp client, Kea: an option of more than 255 bytes in pieces",
        peers: &[&peers::KEA],
        heavy: false,
        run: kea_long_option,
    },
];

const MAC: [u8; 6] = [0x52, 0x54, 0, 0xbb, 0, 1];
const LIMIT: Duration = Duration::from_secs(40);
const SUBNET: &str = "authoritative; ddns-update-style none; ping-check false;\n";

fn plain() -> Config {
    Config::new(43, HardwareAddress::ethernet(MAC)).with_vendor_class(VendorClass::None)
}

fn bound(event: &Event<'_>) -> Option<()> {
    matches!(event, Event::Bound).then_some(())
}

fn renewed(event: &Event<'_>) -> Option<()> {
    matches!(event, Event::Renewed).then_some(())
}

/// A configuration with this pool and these statements.
fn subnet(pool: &str, statements: &str) -> String {
    format!("{SUBNET}subnet 10.77.0.0 netmask 255.255.255.0 {{ range {pool}; {statements} }}\n")
}

fn a_lease_lives() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let times = "min-lease-time 9; default-lease-time 9; max-lease-time 9; \
                 option dhcp-renewal-time 3; option dhcp-rebinding-time 6;";
    let configuration = subnet("10.77.0.50 10.77.0.60", times);
    let mut server = dhcpd(&lan.server, &tree, &configuration)?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, plain())?;
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let first = driver.client.lease().ok_or("bound without a lease")?.clone();
    ensure!(first.duration == Some(Duration::from_secs(9)), "{first:?}");
    ensure!(first.renew_after == Some(Duration::from_secs(3)), "{first:?}");

    driver.until(LIMIT, |event, _, _| renewed(event))?;
    let (path, _) = driver.sent.last().ok_or("nothing was sent")?;
    let all: Vec<_> = driver.sent.iter().map(|(path, _)| path.to_string()).collect();
    ensure!(path.remote.to_string() == "10.77.0.1:67", "{all:?}, {:#?}\n{}", driver.events, server.log());

    // A server that is gone: T1's unicast gets no answer. It comes back, and is deaf to what is sent to it alone.
    server.terminate();
    drop(server);
    lan.server.ip("link set br0 address 52:54:00:cc:cc:cc\n")?;
    let mut server = dhcpd(&lan.server, &tree, &configuration)?;
    driver.until(LIMIT, |event, _, _| renewed(event))?;
    let (path, _) = driver.sent.last().ok_or("nothing was sent")?;
    ensure!(path.remote.to_string() == "255.255.255.255:67", "rebound at {}", path.remote);
    let lease = driver.client.lease().ok_or("renewed without a lease")?;
    ensure!(lease.address == first.address, "{lease:?}");

    let now = driver.now();
    driver.client.release(now);
    driver.send()?;
    let said = format!("DHCPRELEASE of {}", first.address);
    server.wait_for(&said, LIMIT)?;
    ensure!(driver.client.is_finished(), "released, yet not finished");
    Ok(())
}

fn refused() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let mut server = dhcpd(&lan.server, &tree, &subnet("10.77.0.50 10.77.0.60", ""))?;
    let config = plain().with_requested_address(Ipv4Addr::new(10, 99, 0, 5));
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, config)?;
    let mut refused = false;
    driver.until(LIMIT, |event, _, _| {
        refused |= matches!(event, Event::Refused { .. });
        bound(event)
    })?;
    ensure!(refused, "events: {:#?}", driver.events);
    server.wait_for("DHCPNAK on 10.99.0.5", LIMIT)?;
    let lease = driver.client.lease().ok_or("bound without a lease")?;
    ensure!(lease.address.octets()[..3] == [10, 77, 0], "{lease:?}");
    Ok(())
}

fn declined() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    // Two addresses, and a station that holds one of them without having asked anybody.
    let mut server = dhcpd(&lan.server, &tree, &subnet("10.77.0.60 10.77.0.61", ""))?;
    let mut probe = Driver::plug(&lan, "dhcp1", MAC, plain())?;
    probe.until(LIMIT, |event, _, _| matches!(event, Event::Offered(_)).then_some(()))?;
    server.wait_for("DHCPOFFER on ", LIMIT)?;
    let offered = offered(&server.log()).ok_or("nothing was offered")?;
    let _squatter = lan.station("squatter", Some(&format!("{offered}/24")))?;
    drop(probe);

    let mut driver = Driver::plug(&lan, "dhcp0", MAC, plain().with_probe_address(true))?;
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let lease = driver.client.lease().ok_or("bound without a lease")?;
    ensure!(lease.address != offered, "{lease:?}");
    server.wait_for(&format!("DHCPDECLINE of {offered}"), LIMIT)?;
    Ok(())
}

fn offered(log: &str) -> Option<Ipv4Addr> {
    log.split("DHCPOFFER on ").nth(1)?.split_whitespace().next()?.parse().ok()
}

fn overloaded() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let mut configuration = String::new();
    let mut statements =
        "option bootfile-name \"deep/in/the/overloaded/field/linux.0\"; next-server 10.77.0.9;".to_owned();
    let codes: Vec<u8> = (224..240).collect();
    for code in &codes {
        configuration.push_str(&format!("option long-{code} code {code} = text;\n"));
        let text: String = std::iter::repeat_n(char::from(code % 26 + 97), 78).collect();
        statements.push_str(&format!("option long-{code} \"{text}\";\n"));
    }
    configuration.push_str(&subnet("10.77.0.50 10.77.0.60", &statements));
    let _server = dhcpd(&lan.server, &tree, &configuration)?;
    let config = Config::new(43, HardwareAddress::ethernet(MAC)).with_parameters(&codes);
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, config)?;
    driver.until(LIMIT, |event, _, _| matches!(event, Event::BootReady).then_some(()))?;
    let boot = driver.client.boot().ok_or("ready without a boot file")?;
    ensure!(&boot.file[..] == b"deep/in/the/overloaded/field/linux.0", "{boot:?}");
    ensure!(boot.server == Ipv4Addr::new(10, 77, 0, 9), "{boot:?}");
    let last = driver.received.last().ok_or("nothing came")?;
    let packet = Packet::parse(last)?;
    ensure!(
        packet.is_file_overloaded() || packet.is_sname_overloaded(),
        "dhcpd did not overload: {packet:?}"
    );
    for code in codes {
        if let Some(value) = packet.option(OptionCode(code)) {
            let right = value.len() == 78 && value.bytes().all(|byte| byte == code % 26 + 97);
            ensure!(right, "option {code}: {value:?}");
        }
    }
    Ok(())
}

fn kea_subnet(options: serde_json::Value) -> serde_json::Value {
    serde_json::json!({
        "valid-lifetime": 600,
        "subnet4": [{
            "subnet": "10.77.0.0/24",
            "pools": [{ "pool": "10.77.0.50-10.77.0.60" }],
            "next-server": "10.77.0.9",
            "option-data": options,
        }],
    })
}

fn kea_boot_file() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let options = serde_json::json!([
        { "name": "routers", "data": "10.77.0.1" },
        { "name": "domain-name-servers", "data": "10.77.0.8, 10.77.0.9" },
        { "name": "boot-file-name", "data": "kea/linux.0" },
    ]);
    let mut server = kea(&lan.server, &tree, kea_subnet(options))?;
    let config = Config::new(43, HardwareAddress::ethernet(MAC)).with_always_wait_for_proxy(true);
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, config)?;
    driver.until(LIMIT, |event, _, _| matches!(event, Event::BootReady).then_some(()))?;
    let boot = driver.client.boot().ok_or("ready without a boot file")?;
    ensure!(&boot.file[..] == b"kea/linux.0" && boot.server == Ipv4Addr::new(10, 77, 0, 9), "{boot:?}");
    let lease = driver.client.lease().ok_or("ready without a lease")?;
    ensure!(lease.dns() == [Ipv4Addr::new(10, 77, 0, 8), Ipv4Addr::new(10, 77, 0, 9)], "{lease:?}");
    ensure!(lease.duration == Some(Duration::from_secs(600)), "{lease:?}");
    server.wait_for("DHCP4_LEASE_ALLOC", LIMIT)?;
    Ok(())
}

fn kea_long_option() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let long: String = (0..300).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
    let mut settings = kea_subnet(serde_json::json!([{ "code": 224, "name": "long", "data": long }]));
    settings["option-def"] = serde_json::json!([{ "name": "long", "code": 224, "type": "string" }]);
    let _server = kea(&lan.server, &tree, settings)?;
    let mut driver = Driver::plug(&lan, "dhcp0", MAC, plain().with_parameters(&[224]))?;
    driver.until(LIMIT, |event, _, _| bound(event))?;
    let last = driver.received.last().ok_or("nothing came")?;
    let packet = Packet::parse(last)?;
    let pieces = packet.fragments().filter(|(code, _)| *code == OptionCode(224)).count();
    ensure!(pieces == 2, "Kea sent it in {pieces} pieces");
    let value: Vec<u8> = packet.option(OptionCode(224)).ok_or("the option did not come")?.bytes().collect();
    ensure!(value == long.as_bytes(), "{}", String::from_utf8_lossy(&value));
    Ok(())
}
