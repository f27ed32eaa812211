//! Packets, reliable connections and the CM against Linux's rdma_rxe, ib_mad and ib_cm in a machine.

use bootproto_core::{Instant, Machine as _, Reader, Writer};
use bootproto_ib_verbs_lite::cm::{Client, Config, Event as CmEvent, Failure};
use bootproto_ib_verbs_lite::mad::cm::RejectReason;
use bootproto_ib_verbs_lite::mad::record::PathRecord;
use bootproto_ib_verbs_lite::mad::{AttributeId, Gmp, Header, Method, MgmtClass, Status};
use bootproto_ib_verbs_lite::packet::{Aeth, Bth, Deth, Opcode, RocePacket, Transport};
use bootproto_ib_verbs_lite::rc::{Connection, Event};
use bootproto_ib_verbs_lite::verbs::{AddressVector, RcPath};
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, Mtu, PKey, Psn, QKey, Qpn};
use interop::roce::{Machine, OURS, THEIRS};
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::io::{Read as _, Write as _};
use std::time::Duration;

const PEERS: &[&interop::packages::Peer] = &[
    &peers::LINUX_ALL,
    &peers::BUSYBOX,
    &peers::IBVERBS,
    &peers::UCMATOSE,
    &peers::RDMA,
    &peers::QEMU,
    &peers::SEABIOS,
];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "roce, rdma_rxe: datagrams, what the kernel drops, and ib_mad's answers",
        peers: PEERS,
        heavy: true,
        run: datagrams,
    },
    Case {
        name: "roce, rdma_rxe: a reliable connection, its acknowledgements and NAKs",
        peers: PEERS,
        heavy: true,
        run: connection,
    },
    Case {
        name: "roce, ib_cm: a connection is rejected, another accepted by ucmatose, used and ended",
        peers: PEERS,
        heavy: true,
        run: by_the_cm,
    },
];

const OUR_QPN: Qpn = Qpn::new(0x1234);
const OUR_PSN: Psn = Psn::new(0x100);
const KEY: QKey = QKey(0x1111_1111);
const SOON: Duration = Duration::from_secs(10);
/// Long enough for an answer that must not come.
const SILENCE: Duration = Duration::from_millis(700);

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

fn written(transport: Transport, payload: &[u8]) -> Outcome<Vec<u8>> {
    let mut buffer = [0xa5; 4400];
    let packet = RocePacket {
        source: OURS.into(),
        destination: THEIRS.into(),
        source_port: 0xc123,
        hop_limit: 64,
        transport,
        payload,
    };
    Ok(packet.write(&mut buffer)?.to_vec())
}

fn datagram(destination_qp: Qpn, q_key: QKey, p_key: PKey, payload: &[u8]) -> Outcome<Vec<u8>> {
    let bth = Bth {
        opcode: Opcode::UD_SEND_ONLY,
        destination_qp,
        p_key,
        migration: true,
        psn: OUR_PSN,
        ..Bth::default()
    };
    let source_qp = if q_key == QKey::GSI { Qpn::GSI } else { OUR_QPN };
    written(Transport { bth, deth: Some(Deth { q_key, source_qp }), ..Transport::default() }, payload)
}

/// The headers and the payload of the machine's next packet of RoCE.
fn next(machine: &Machine, limit: Duration) -> Outcome<Option<(Transport, Vec<u8>)>> {
    while let Some(bytes) = machine.receive(limit)? {
        if let Ok(packet) = RocePacket::parse(&bytes) {
            return Ok(Some((packet.transport, packet.payload.to_vec())));
        }
        // Everything of RoCE must be readable; the machine also says other things.
        ensure!(
            bytes.get(9) != Some(&17) || bytes.get(22..24) != Some(&[0x12, 0xb7]),
            "can't be read: {bytes:02x?}"
        );
    }
    Ok(None)
}

/// Tells a ping-pong program our queue pair, and learns its own and its first number.
fn exchange(machine: &Machine) -> Outcome<(Qpn, Psn, std::net::TcpStream)> {
    let mut last = String::new();
    for _ in 0..60 {
        match try_exchange(machine) {
            Ok(done) => return Ok(done),
            Err(error) => last = error.to_string(),
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    Err(format!("the ping-pong program does not answer: {last}\n{}", machine.screen.log()).into())
}

fn try_exchange(machine: &Machine) -> Outcome<(Qpn, Psn, std::net::TcpStream)> {
    let mut stream = machine.control()?;
    let gid: String = Gid::from_ip(OURS.into()).0.iter().map(|byte| format!("{byte:02x}")).collect();
    stream.write_all(format!("0000:{:06x}:{:06x}:{gid}\0", OUR_QPN.get(), OUR_PSN.get()).as_bytes())?;
    let mut answer = [0; 52];
    stream.read_exact(&mut answer)?;
    let text = std::str::from_utf8(&answer)?;
    let parts: Vec<&str> = text.split(':').collect();
    ensure!(parts.len() == 4, "the ping-pong program says {text:?}");
    let (qpn, psn) = (u32::from_str_radix(parts[1], 16)?, u32::from_str_radix(parts[2], 16)?);
    stream.write_all(b"done\0")?;
    Ok((Qpn::new(qpn), Psn::new(psn), stream))
}

fn datagrams() -> Outcome {
    let mut machine = Machine::switch_on(
        "echo RIG: ready\nibv_ud_pingpong -d rxe0 -g 1 -n 5 -s 256; echo \"RIG: pingpong $?\"\nsleep 6",
    )?;
    machine.ready("RIG: ready")?;
    let (theirs, _, _stream) = exchange(&machine)?;
    std::thread::sleep(Duration::from_millis(300));
    let payload = content(256);
    let mut damaged = datagram(theirs, KEY, PKey::DEFAULT, &payload)?;
    *damaged.last_mut().ok_or("empty")? ^= 1;
    let unknown = Qpn::new(theirs.get() + 77);
    for (what, packet) in [
        ("a wrong ICRC", damaged),
        ("a wrong Q_Key", datagram(theirs, QKey(KEY.0 + 1), PKey::DEFAULT, &payload)?),
        ("a wrong P_Key", datagram(theirs, KEY, PKey(0x1234), &payload)?),
        ("an unknown queue pair", datagram(unknown, KEY, PKey::DEFAULT, &payload)?),
    ] {
        machine.send(&packet)?;
        let answer = next(&machine, SILENCE)?;
        ensure!(answer.is_none(), "{what} is answered: {answer:?}");
    }
    for round in 0..5 {
        machine.send(&datagram(theirs, KEY, PKey::DEFAULT, &payload)?)?;
        let (headers, bytes) =
            next(&machine, SOON)?.ok_or_else(|| format!("no pong {round}:\n{}", machine.screen.log()))?;
        let deth = headers.deth.ok_or("a pong without DETH")?;
        ensure!(
            (headers.bth.destination_qp, deth.source_qp, deth.q_key, bytes.len())
                == (OUR_QPN, theirs, KEY, 256),
            "{headers:?}"
        );
    }
    machine.screen.wait_for("RIG: pingpong 0", SOON)?;
    general_services(&machine)?;
    let log = machine.over()?;
    // Five pings, and two MADs with the right key: what was wrong did not count. Five pongs, and one answer.
    let counted = (log.counter("rcvd_pkts")?, log.counter("sent_pkts")?);
    ensure!(counted == (7, 6), "the kernel counted {counted:?} packets\n{}", log.0);
    Ok(())
}

fn mad(header: Header) -> Outcome<Vec<u8>> {
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer);
    Gmp::new(header, 0, &[]).write(&mut writer);
    Ok(writer.finish()?.to_vec())
}

/// Queue pair 1, where ib_mad answers.
fn general_services(machine: &Machine) -> Outcome {
    let get = Header {
        class: MgmtClass::PERF,
        class_version: 1,
        method: Method::GET,
        tid: 0x1122_3344_5566_7788,
        attribute: AttributeId::CLASS_PORT_INFO,
        ..Header::default()
    };
    machine.send(&datagram(Qpn::GSI, QKey::GSI, PKey::DEFAULT, &mad(get)?)?)?;
    let (headers, bytes) = next(machine, SOON)?.ok_or("ib_mad does not answer")?;
    let answer = Gmp::parse(&bytes)?.header;
    ensure!(
        headers.deth.is_some_and(|deth| deth.q_key == QKey::GSI && deth.source_qp == Qpn::GSI),
        "{headers:?}"
    );
    // rxe has no agent for it.
    ensure!(Some(answer) == get.response(Status::BAD_METHOD_ATTRIBUTE), "ib_mad answers {answer:?}");
    // A response is never answered, and neither is a wrong key.
    let unasked = Header { method: Method::GET_RESP, ..get };
    for packet in [
        datagram(Qpn::GSI, QKey::GSI, PKey::DEFAULT, &mad(unasked)?)?,
        datagram(Qpn::GSI, QKey(0x1234), PKey::DEFAULT, &mad(get)?)?,
    ] {
        machine.send(&packet)?;
        let answer = next(machine, SILENCE)?;
        ensure!(answer.is_none(), "answered: {answer:?}");
    }
    Ok(())
}

/// A connection of ours, and how it goes over the cable.
struct Link<'m> {
    machine: &'m Machine,
    connection: Connection<4096>,
    began: std::time::Instant,
}

impl Link<'_> {
    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn drain(&mut self) -> Outcome {
        let (now, mut buffer) = (self.now(), [0; Connection::<4096>::MAX_TRANSMIT]);
        while let Some(transmit) = self.connection.poll_transmit(now, &mut buffer)? {
            let mut reader = Reader::new(transmit.bytes);
            let (headers, length) = Transport::parse(&mut reader)?;
            self.machine.send(&written(headers, reader.take(length)?)?)?;
        }
        Ok(())
    }

    /// Runs until `wanted` has come, and answers everything that came with it; data as bytes.
    fn until(&mut self, wanted: impl Fn(&[Happened]) -> bool) -> Outcome<Vec<Happened>> {
        let (end, mut all) = (std::time::Instant::now() + SOON, Vec::new());
        while !wanted(&all) {
            ensure!(std::time::Instant::now() < end, "only {all:?}\n{}", self.machine.screen.log());
            self.drain()?;
            if let Some((headers, payload)) = next(self.machine, Duration::from_millis(100))? {
                let mut buffer = [0; 4400];
                let mut writer = Writer::new(&mut buffer);
                headers.write(&mut writer, &payload);
                let now = self.now();
                all.push(match self.connection.handle_datagram(now, (), writer.finish()?) {
                    Event::Data { bytes, last, .. } => Happened::Data(bytes.to_vec(), last),
                    Event::Sent { id } => Happened::Sent(id),
                    other => Happened::Other(format!("{other:?}")),
                });
            }
            let now = self.now();
            if let Some(event) = self.connection.handle_timeout(now) {
                all.push(Happened::Other(format!("{event:?}")));
            }
            self.drain()?;
        }
        Ok(all)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Happened {
    Data(Vec<u8>, bool),
    Sent(u64),
    Other(String),
}

fn rc_path(qpn: Qpn, psn: Psn) -> RcPath {
    RcPath {
        destination: AddressVector { qpn, ..AddressVector::default() },
        mtu: Mtu::MTU_1024,
        send_psn: OUR_PSN,
        receive_psn: psn,
        ack_timeout: Duration::from_secs(1),
        retry_count: 7,
        rnr_retry_count: 7,
        min_rnr_timer: 12,
    }
}

fn acknowledge(answer: Option<(Transport, Vec<u8>)>) -> Outcome<(Psn, Aeth)> {
    let (headers, _) = answer.ok_or("no acknowledgement")?;
    Ok((headers.bth.psn, headers.aeth.ok_or_else(|| format!("{headers:?} is no acknowledgement"))?))
}

fn request(opcode: Opcode, destination_qp: Qpn, psn: Psn) -> Transport {
    let bth = Bth {
        opcode,
        destination_qp,
        psn,
        p_key: PKey::DEFAULT,
        migration: true,
        acknowledge_request: true,
        ..Bth::default()
    };
    Transport { bth, ..Transport::default() }
}

fn connection() -> Outcome {
    let mut machine = Machine::switch_on(
        "echo RIG: ready\nibv_rc_pingpong -d rxe0 -g 1 -n 5 -s 3000 -m 1024; echo \"RIG: pingpong $?\"\n\
         (timeout 20 ibv_rc_pingpong -d rxe0 -g 1 -n 5 -s 3000 -m 1024; echo \"RIG: refused $?\")",
    )?;
    machine.ready("RIG: ready")?;
    let (theirs, psn, stream) = exchange(&machine)?;
    std::thread::sleep(Duration::from_millis(300));
    let began = std::time::Instant::now();
    let config = bootproto_ib_verbs_lite::rc::Config::new(OUR_QPN, PKey::DEFAULT, &rc_path(theirs, psn));
    let mut link = Link { machine: &machine, connection: Connection::new(config), began };
    link.connection.post_receive(5);
    let message = content(3000);
    for round in 0..5_u64 {
        link.connection.send(round, &message, None)?;
        let happened = link.until(|all| {
            all.contains(&Happened::Sent(round))
                && all.iter().any(|one| matches!(one, Happened::Data(_, true)))
        })?;
        let length: usize =
            happened.iter().map(|one| if let Happened::Data(bytes, _) = one { bytes.len() } else { 0 }).sum();
        ensure!(length == 3000, "a pong of {length} bytes: {happened:?}");
    }
    drop(stream);
    machine.screen.wait_for("RIG: pingpong 0", SOON)?;
    // What it sent again meanwhile is not meant for the next.
    while next(&machine, Duration::from_millis(100))?.is_some() {}
    refused(&machine)?;
    let log = machine.over()?;
    log.says("RIG: refused")?;
    ensure!(log.counter("out_of_seq_request")? >= 1, "{}", log.0);
    ensure!(log.counter("duplicate_request")? >= 1, "{}", log.0);
    Ok(())
}

/// A packet too early, one twice, and an RDMA write that nobody allowed: what the kernel says to each.
fn refused(machine: &Machine) -> Outcome {
    let (theirs, _, _stream) = exchange(machine)?;
    std::thread::sleep(Duration::from_millis(300));
    machine.send(&written(request(Opcode::RC_SEND_ONLY, theirs, OUR_PSN.after(2)), &content(100))?)?;
    let (psn, aeth) = acknowledge(next_acknowledgement(machine)?)?;
    ensure!((psn, aeth.syndrome) == (OUR_PSN, Aeth::NAK_SEQUENCE), "too early: {psn} {aeth:?}");
    let first = written(request(Opcode::RC_SEND_ONLY, theirs, OUR_PSN), &content(100))?;
    for _ in 0..2 {
        machine.send(&first)?;
        let (psn, aeth) = acknowledge(next_acknowledgement(machine)?)?;
        ensure!((psn, aeth.syndrome >> 5, aeth.msn) == (OUR_PSN, 0, 1), "twice: {psn} {aeth:?}");
    }
    let reth =
        bootproto_ib_verbs_lite::packet::Reth { virtual_address: 0x1000, r_key: 0xdead, dma_length: 64 };
    let write =
        Transport { reth: Some(reth), ..request(Opcode::RC_RDMA_WRITE_ONLY, theirs, OUR_PSN.after(1)) };
    machine.send(&written(write, &content(64))?)?;
    let (_, aeth) = acknowledge(next_acknowledgement(machine)?)?;
    ensure!(aeth.syndrome >> 5 == 3, "an RDMA write: {aeth:?}");
    Ok(())
}

/// The ping-pong program sends its own messages too; they are passed over here.
fn next_acknowledgement(machine: &Machine) -> Outcome<Option<(Transport, Vec<u8>)>> {
    for _ in 0..20 {
        let answer = next(machine, SOON)?;
        if answer.as_ref().is_none_or(|(headers, _)| headers.bth.opcode == Opcode::RC_ACKNOWLEDGE) {
            return Ok(answer);
        }
    }
    Err("only messages".into())
}

/// The header that rdma_cm puts before the private data of a REQ (IBTA annex A11): version, IP version, port, both
/// addresses.
fn ip_header() -> Vec<u8> {
    let mut header = vec![0, 0x40, 0xc1, 0x23];
    for address in [OURS, THEIRS] {
        header.extend([0; 12]);
        header.extend(address.octets());
    }
    header
}

fn cm_config(service_id: u64) -> Outcome<Config> {
    let path = PathRecord {
        dgid: Gid::from_ip(THEIRS.into()),
        sgid: Gid::from_ip(OURS.into()),
        // There are no LIDs on an Ethernet; the machine takes no notice of them.
        dlid: Lid(1),
        slid: Lid(1),
        p_key: PKey::DEFAULT,
        mtu: Mtu::MTU_1024,
        hop_limit: 64,
        packet_life_time: 14,
        ..PathRecord::default()
    };
    let seed = u64::from(std::process::id()) ^ service_id;
    let mut config = Config::new(seed, path, service_id, OUR_QPN, Guid(0x0200_0000_0000_0901))?;
    config.retry_count = 7;
    Ok(config.with_private_data(&ip_header())?)
}

/// Runs a client until `wanted` is true of what it says.
fn converse(
    machine: &Machine,
    client: &mut Client,
    mut wanted: impl FnMut(&CmEvent<'_>) -> bool,
) -> Outcome<()> {
    let (began, mut buffer) = (std::time::Instant::now(), [0; 256]);
    let from = AddressVector { lid: Lid(1), qpn: Qpn::GSI, ..AddressVector::default() };
    while began.elapsed() < SOON {
        let now = Instant::from_micros(u64::try_from(began.elapsed().as_micros())?);
        while let Some(transmit) = client.poll_transmit(now, &mut buffer)? {
            machine.send(&datagram(Qpn::GSI, QKey::GSI, PKey::DEFAULT, transmit.bytes)?)?;
        }
        if let Some((headers, bytes)) = next(machine, Duration::from_millis(100))?
            && headers.bth.destination_qp == Qpn::GSI
            && wanted(&client.handle_datagram(now, from, &bytes))
        {
            while let Some(transmit) = client.poll_transmit(now, &mut buffer)? {
                machine.send(&datagram(Qpn::GSI, QKey::GSI, PKey::DEFAULT, transmit.bytes)?)?;
            }
            return Ok(());
        }
        client.handle_timeout(now);
    }
    Err(format!("the CM does not get there: {client:?}\n{}", machine.screen.log()).into())
}

/// rdma_cm's service for a TCP-like port.
const fn service(port: u16) -> u64 {
    0x0000_0000_0106_0000 | port as u64
}

fn by_the_cm() -> Outcome {
    let mut machine = Machine::switch_on(
        "(ucmatose -b 10.9.0.2 -C 3 -S 100; echo \"RIG: ucmatose $?\") &\n\
         n=0; until rdma resource show cm_id | grep -q LISTEN || [ $n -gt 200 ]; do n=$((n+1)); sleep 0.1; done\n\
         echo RIG: ready\nwait",
    )?;
    machine.ready("RIG: ready")?;
    let start = Instant::from_micros(0);
    let mut nobody = Client::new(start, cm_config(service(4))?)?;
    converse(&machine, &mut nobody, |event| {
        let failure = Failure::Rejected { reason: RejectReason::INVALID_SERVICE_ID };
        matches!(event, CmEvent::Rejected { failure: got, .. } if *got == failure)
    })?;
    let mut client = Client::new(start, cm_config(service(7471))?)?;
    converse(&machine, &mut client, |event| matches!(event, CmEvent::Connected { .. }))?;
    let path = client.rc_path().ok_or("no path")?;
    let config = bootproto_ib_verbs_lite::rc::Config::new(OUR_QPN, PKey::DEFAULT, &path);
    let began = std::time::Instant::now();
    let mut link = Link { machine: &machine, connection: Connection::new(config), began };
    link.connection.post_receive(3);
    let whole = |all: &[Happened]| {
        all.iter().filter(|one| matches!(one, Happened::Data(bytes, true) if bytes.len() == 100)).count()
    };
    let happened = link.until(|all| whole(all) == 3)?;
    ensure!(whole(&happened) == 3, "{happened:?}");
    for round in 0..3 {
        link.connection.send(round, &content(100), None)?;
        link.until(|all| all.contains(&Happened::Sent(round)))?;
    }
    // ucmatose has what it wanted, and ends the connection.
    converse(&machine, &mut client, |event| matches!(event, CmEvent::Disconnected { .. }))?;
    let log = machine.over()?;
    log.says("RIG: ucmatose 0")?;
    log.says("data transfers complete")
}
