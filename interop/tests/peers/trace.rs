//! The last packets that firmware kept, as tshark sees them in the capture file that comes out of the serial log.

use bootproto::trace::{Direction, Packet, Ring};
use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::wire::{Builder, Header, MessageType, OptionCode};
use interop::runner::{Case, netboot};
use interop::{Outcome, ensure, peers};
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "trace, tshark: packets out of a serial log have the fields that were meant, and no faults",
        peers: &[&peers::TSHARK],
        heavy: false,
        run: fields,
    },
    Case {
        name: "trace, tshark: packets that were cut are cut and not malformed",
        peers: &[&peers::TSHARK],
        heavy: false,
        run: cut,
    },
];

const XID: u32 = 0x3903_f326;

/// A DHCP message between 10.77.0.1 and the client that becomes 10.77.0.50.
fn message(kind: MessageType) -> Outcome<Vec<u8>> {
    let mut header = Header::request(HardwareAddress::ethernet([0x52, 0x54, 0, 0x12, 0x34, 0x56]), XID);
    if kind == MessageType::OFFER {
        header = Header::reply_to(&header);
        (header.yiaddr, header.siaddr) = ([10, 77, 0, 50].into(), [10, 77, 0, 1].into());
    }
    let mut buffer = [0; 600];
    let mut builder = Builder::new(&mut buffer, &header);
    builder.message_type(kind);
    if kind == MessageType::OFFER {
        builder.address(OptionCode::SERVER_ID, [10, 77, 0, 1].into());
        builder.option(OptionCode::BOOT_FILE_NAME, b"pxelinux.0");
    }
    Ok(builder.finish()?.to_vec())
}

/// An ARP request in an Ethernet frame.
const ARP: [u8; 42] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52,
    0x54, 0, 0x12, 0x34, 0x56, 10, 77, 0, 50, 0, 0, 0, 0, 0, 0, 10, 77, 0, 1,
];

fn sent(at: Instant, path: UdpPath, bytes: &[u8]) -> Packet<'_> {
    Packet::datagram(at, Direction::Sent, path, bytes)
}

fn received(at: Instant, path: UdpPath, bytes: &[u8]) -> Packet<'_> {
    Packet::datagram(at, Direction::Received, path, bytes)
}

/// A boot up to the first block, as the driver in a boot program records it.
fn record(ring: &mut Ring<'_>) -> Outcome {
    let at = Instant::from_millis;
    let path = |local: &str, remote: &str| -> Outcome<UdpPath> {
        Ok(UdpPath { local: local.parse::<SocketAddr>()?, remote: remote.parse::<SocketAddr>()? })
    };
    let dhcp = path("0.0.0.0:68", "255.255.255.255:67")?;
    ring.record(&sent(at(1_000), dhcp, &message(MessageType::DISCOVER)?));
    let from = path("10.77.0.50:68", "10.77.0.1:67")?;
    ring.record(&received(at(1_001), from, &message(MessageType::OFFER)?));
    ring.set_address([10, 77, 0, 50].into());
    ring.record(&Packet::frame(at(1_002), Direction::Sent, &ARP));
    // The driver names no local address; the ring knows it.
    let tftp = path("0.0.0.0:49152", "10.77.0.1:69")?;
    ring.record(&sent(
        at(1_003),
        tftp,
        b"\0\x01vmlinuz\0octet\0tsize\x000\0blksize\x001468\0windowsize\x0016\0",
    ));
    let transfer = path("10.77.0.50:49152", "10.77.0.1:30000")?;
    ring.record(&received(
        at(1_004),
        transfer,
        b"\0\x06tsize\x0014186432\0blksize\x001468\0windowsize\x0016\0",
    ));
    let reply = path("0.0.0.0:49152", "10.77.0.1:30000")?;
    ring.record(&sent(at(1_005), reply, b"\0\x04\0\0"));
    let mut data = vec![0xa5; 4 + 1468];
    data[..4].copy_from_slice(&[0, 3, 0, 1]);
    ring.record(&received(at(1_006), transfer, &data));
    ring.record(&sent(at(1_007), reply, b"\0\x05\0\0no more room\0"));
    let six = path("[fd77::50]:49152", "[fd77::1]:69")?;
    ring.record(&sent(at(1_008), six, b"\0\x01grub.efi\0octet\0"));
    Ok(())
}

/// What tshark says about the capture in a serial log with these packets.
fn tshark(ring: &Ring<'_>, more: &[&str]) -> Outcome<String> {
    let mut log = String::from("SeaBIOS (version 1.16.2)\r\n");
    ring.write_text(&mut log)?;
    tshark_on(&log.replace('\n', "\r\n"), more)
}

/// What tshark says about the last capture in a serial log.
pub(crate) fn tshark_on(log: &str, more: &[&str]) -> Outcome<String> {
    let mut extract = Command::new(netboot()?)
        .args(["trace", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    extract.stdin.take().ok_or("no pipe")?.write_all(log.as_bytes())?;
    let extracted = extract.wait_with_output()?;
    ensure!(extracted.status.success(), "netboot trace: {}", extracted.status);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("trace.pcapng");
    std::fs::write(&file, extracted.stdout)?;
    let output = peers::TSHARK
        .command()?
        .args(["-n", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-r"])
        .arg(&file)
        .args(more)
        .output()?;
    ensure!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// These fields of every packet, one line each.
fn shown(ring: &Ring<'_>, fields: &[&str]) -> Outcome<String> {
    let mut arguments = vec!["-T", "fields", "-E", "separator=|"];
    for field in fields {
        arguments.extend(["-e", field]);
    }
    tshark(ring, &arguments)
}

fn expect(got: &str, lines: &[&str]) -> Outcome {
    ensure!(got.lines().eq(lines.iter().copied()), "tshark shows\n{got}in place of\n{}", lines.join("\n"));
    Ok(())
}

fn fields() -> Outcome {
    let mut storage = vec![0; 8192];
    let mut ring = Ring::new(&mut storage);
    record(&mut ring)?;
    ensure!(ring.len() == 9, "{} packets", ring.len());
    let got =
        shown(&ring, &["frame.time_epoch", "frame.len", "frame.packet_flags_direction", "_ws.col.Protocol"])?;
    let lengths: Vec<usize> = ring.iter().map(|packet| packet.length).collect();
    let (discover, offer) = (lengths[0] + 28, lengths[1] + 28);
    expect(
        &got,
        &[
            &format!("1.000000000|{discover}|0x00000002|DHCP"),
            &format!("1.001000000|{offer}|0x00000001|DHCP"),
            "1.002000000|42|0x00000002|ARP",
            "1.003000000|79|0x00000002|TFTP",
            "1.004000000|72|0x00000001|TFTP",
            "1.005000000|32|0x00000002|TFTP",
            "1.006000000|1500|0x00000001|TFTP",
            "1.007000000|45|0x00000002|TFTP",
            "1.008000000|65|0x00000002|TFTP",
        ],
    )?;
    let got = shown(&ring, &["ip.src", "ip.dst", "udp.srcport", "udp.dstport", "dhcp.id", "dhcp.ip.your"])?;
    expect(
        &got,
        &[
            "0.0.0.0|255.255.255.255|68|67|0x3903f326|0.0.0.0",
            "10.77.0.1|10.77.0.50|67|68|0x3903f326|10.77.0.50",
            "|||||",
            "10.77.0.50|10.77.0.1|49152|69||",
            "10.77.0.1|10.77.0.50|30000|49152||",
            "10.77.0.50|10.77.0.1|49152|30000||",
            "10.77.0.1|10.77.0.50|30000|49152||",
            "10.77.0.50|10.77.0.1|49152|30000||",
            "||49152|69||",
        ],
    )?;
    let got = shown(
        &ring,
        &["tftp.opcode", "tftp.source_file", "tftp.block", "tftp.error.message", "tftp.option.name"],
    )?;
    let tftp: Vec<_> = got.lines().skip(3).collect();
    expect(
        &tftp.join("\n"),
        &[
            "1|vmlinuz|||tsize,blksize,windowsize",
            "6||||tsize,blksize,windowsize",
            "4||0||",
            "3||1||",
            "5|||no more room|",
            "1|grub.efi|||",
        ],
    )?;
    sound(&ring)
}

/// tshark finds no wrong checksum and nothing malformed.
fn sound(ring: &Ring<'_>) -> Outcome {
    let faults = tshark(ring, &["-Y", "_ws.malformed || _ws.expert.severity >= 6291456"])?;
    ensure!(faults.is_empty(), "tshark complains:\n{faults}");
    // The checksums were looked at: 1 is good, 2 was not to be checked.
    let sums = shown(ring, &["ip.checksum.status", "udp.checksum.status"])?;
    let bad = sums.lines().any(|line| line.split('|').any(|status| status == "0"));
    ensure!(!bad && sums.lines().any(|line| line == "1|1"), "checksums:\n{sums}");
    Ok(())
}

fn cut() -> Outcome {
    // Behind the cookie, behind the first option, behind END, further on.
    for snap in [240, 243, 244, 270] {
        let mut storage = vec![0; 4096];
        let mut ring = Ring::new(&mut storage).with_snap(snap);
        record(&mut ring)?;
        sound(&ring)?;
        let got = shown(&ring, &["frame.len", "frame.cap_len", "dhcp.id"])?;
        let length = ring.iter().next().map_or(0, |packet| packet.length) + 28;
        // tshark shows something of DHCP only where END is there.
        let id = if snap > 243 { "0x3903f326" } else { "" };
        let first = format!("{length}|{}|{id}", snap + 28);
        ensure!(got.lines().next() == Some(&first), "{got}\nin place of {first}");
    }
    Ok(())
}
