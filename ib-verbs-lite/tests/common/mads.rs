//! MADs for tests, put together byte by byte: nothing here goes through the codec under test but what is said to.
#![allow(dead_code, clippy::missing_const_for_fn, clippy::panic, reason = "every test file takes its part")]

use bootproto_core::{Instant, Machine};
use bootproto_ib_verbs_lite::mad::attribute::PortInfo;
use bootproto_ib_verbs_lite::mad::{AttributeId, Method};
use bootproto_ib_verbs_lite::verbs::{AddressVector, LinkWidth, PortState};
use bootproto_ib_verbs_lite::{Gid, Guid, Lid, Mtu, PKey, Qpn, ServiceLevel, sa, sma};
use testkit::laws::START;

/// The port of the subnet manager, at this queue pair.
pub(crate) fn manager(qp: u32) -> AddressVector {
    AddressVector { lid: Lid(1), qpn: Qpn::new(qp), ..AddressVector::default() }
}

/// The GID of the port with this number: 1 the subnet manager's, 2 ours.
pub(crate) fn gid(number: u64) -> Gid {
    Gid::new(Gid::DEFAULT_PREFIX, Guid(number))
}

/// IPoIB's broadcast group.
pub(crate) fn broadcast() -> Gid {
    Gid::ipoib_v4(2, PKey::DEFAULT, core::net::Ipv4Addr::BROADCAST)
}

fn header(class: u8, version: u8, method: u8, attribute: u16, modifier: u32) -> Vec<u8> {
    let mut mad = vec![0; 256];
    mad[..4].copy_from_slice(&[1, class, version, method]);
    mad[16..18].copy_from_slice(&attribute.to_be_bytes());
    mad[20..24].copy_from_slice(&modifier.to_be_bytes());
    mad
}

/// A LID-routed SMP.
pub(crate) fn smp(method: Method, attribute: AttributeId, modifier: u32, data: &[u8]) -> Vec<u8> {
    let mut mad = header(1, 1, method.0, attribute.0, modifier);
    mad[15] = 0x42;
    mad[64..64 + data.len()].copy_from_slice(data);
    mad
}

/// The same with a directed route of this length that ends here.
pub(crate) fn directed(mad: &[u8], hops: u8) -> Vec<u8> {
    let mut mad = mad.to_vec();
    (mad[1], mad[6], mad[7]) = (0x81, hops, hops);
    mad[32..36].fill(0xff);
    mad
}

/// The same with a management key.
pub(crate) fn keyed(mad: &[u8], m_key: u64) -> Vec<u8> {
    let mut mad = mad.to_vec();
    mad[24..32].copy_from_slice(&m_key.to_be_bytes());
    mad
}

/// A MAD of performance management for port 1, all counters selected.
pub(crate) fn performance(method: u8, attribute: u16) -> Vec<u8> {
    let mut mad = header(4, 1, method, attribute, 0);
    mad[65] = 1;
    mad[66..68].fill(0xff);
    mad
}

/// A request to the SA, without a record.
pub(crate) fn sa_request(method: Method, attribute: AttributeId) -> Vec<u8> {
    header(3, 2, method.0, attribute.0, 0)
}

/// The answer to a request, with its record as it came.
pub(crate) fn answer(request: &[u8], status: u16) -> Vec<u8> {
    let mut mad = request.to_vec();
    mad[3] = if mad[3] == 2 { 0x81 } else { mad[3] | 0x80 };
    mad[4..6].copy_from_slice(&status.to_be_bytes());
    mad
}

/// A segment of a long answer; `flags` 4 makes it the last, with so many bytes of records.
pub(crate) fn segment(request: &[u8], number: u32, flags: u8, records: u32) -> Vec<u8> {
    let mut mad = answer(request, 0);
    mad[24..27].copy_from_slice(&[1, 1, (31 << 3) | 1 | flags | if number == 1 { 2 } else { 0 }]);
    mad[28..32].copy_from_slice(&number.to_be_bytes());
    let length = if flags & 4 != 0 { records + 20 } else { 0 };
    mad[32..36].copy_from_slice(&length.to_be_bytes());
    mad[44..46].copy_from_slice(&14_u16.to_be_bytes());
    mad[56..].fill(u8::try_from(number % 251).unwrap_or(0));
    mad
}

/// The answer to a join, with this MLID.
pub(crate) fn joined(request: &[u8], mlid: u16) -> Vec<u8> {
    let mut mad = answer(request, 0);
    mad[56 + 32..56 + 36].copy_from_slice(&0x0b1b_u32.to_be_bytes());
    mad[56 + 36..56 + 38].copy_from_slice(&mlid.to_be_bytes());
    mad[56 + 38] = 0x84;
    mad[56 + 40..56 + 42].fill(0xff);
    mad
}

/// The answer to a question for a path, with this DLID.
pub(crate) fn path(request: &[u8], dlid: u16) -> Vec<u8> {
    let mut mad = answer(request, 0);
    mad[56 + 40..56 + 42].copy_from_slice(&dlid.to_be_bytes());
    mad[56 + 50..56 + 52].fill(0xff);
    mad
}

/// A report of this trap, about the port with number 1.
pub(crate) fn report(trap: u16, tid: u8) -> Vec<u8> {
    let mut mad = header(3, 2, 0x06, 0x0002, 0);
    mad[15] = tid;
    mad[56..60].copy_from_slice(&[0x83, 0, 0, 4]);
    mad[60..62].copy_from_slice(&trap.to_be_bytes());
    mad[56 + 10 + 6..56 + 10 + 22].copy_from_slice(&gid(1).0);
    mad
}

/// An agent whose link is up.
pub(crate) fn sma_agent() -> sma::Agent {
    let config = sma::Config::new(5, Guid(0x20), Guid(2)).with_description(b"bootproto").with_lanes(1, 8, 8);
    let mut agent = sma::Agent::new(config).unwrap_or_else(|error| panic!("{error}"));
    agent.link_up(LinkWidth::X4, 4);
    agent
}

/// What a subnet manager sets first.
pub(crate) fn wanted(agent: &sma::Agent, state: u8) -> PortInfo {
    PortInfo {
        lid: Lid(2),
        master_sm_lid: Lid(1),
        master_sm_sl: ServiceLevel::new(0),
        neighbor_mtu: Mtu::MTU_2048,
        port_state: PortState(state),
        port_physical_state: 0,
        link_down_default_state: 0,
        subnet_timeout: 18,
        ..*agent.port_info()
    }
}

/// Sets `PortInfo`, and answers the status.
pub(crate) fn set(agent: &mut sma::Agent, port: &PortInfo, m_key: u64) -> Option<u16> {
    let mad = keyed(&smp(Method::SET, AttributeId::PORT_INFO, 1, &port.to_bytes()), m_key);
    ask(agent, &mad).map(|answer| u16::from_be_bytes([answer[4], answer[5]]))
}

/// The answer to an SMP of the subnet manager.
pub(crate) fn ask(agent: &mut sma::Agent, mad: &[u8]) -> Option<Vec<u8>> {
    agent.handle_datagram(START, manager(0), mad);
    let mut buffer = [0; 256];
    let sent = agent.poll_transmit(START, &mut buffer).unwrap_or_else(|error| panic!("{error}"));
    sent.map(|sent| sent.bytes.to_vec()).filter(|sent| sent[3] & 0x80 != 0)
}

/// Brings a port up as a subnet manager does.
pub(crate) fn activate(agent: &mut sma::Agent) {
    for state in [0, 3, 4] {
        let port = wanted(agent, state);
        assert_eq!(set(agent, &port, 0), Some(0), "state {state}");
    }
}

/// The SMPs that bring a port up.
pub(crate) fn bring_up() -> Vec<Vec<u8>> {
    let agent = sma_agent();
    let mut first = wanted(&agent, 0);
    first.client_reregister = true;
    let sets = [first, wanted(&agent, 3), wanted(&agent, 4)];
    let mut smps = vec![
        directed(&smp(Method::GET, AttributeId::NODE_INFO, 0, &[]), 1),
        directed(&smp(Method::GET, AttributeId::NODE_DESCRIPTION, 0, &[]), 1),
        directed(&smp(Method::GET, AttributeId::PORT_INFO, 1, &[]), 1),
        directed(&smp(Method::GET, AttributeId::P_KEY_TABLE, 0, &[]), 1),
    ];
    smps.extend(sets.map(|port| directed(&smp(Method::SET, AttributeId::PORT_INFO, 1, &port.to_bytes()), 1)));
    smps
}

/// A client of an active port, LID 2; the subnet manager has LID 1.
pub(crate) fn configured() -> sa::Client {
    let mut client = sa::Client::new(sa::Config::new(11)).unwrap_or_else(|error| panic!("{error}"));
    let port =
        sa::Port { gid: gid(2), lid: Lid(2), sm_lid: Lid(1), sm_sl: ServiceLevel::new(0), p_key_index: 0 };
    client.configure(START, port).unwrap_or_else(|error| panic!("{error}"));
    client
}

/// Everything that a machine has to send now.
pub(crate) fn drain<M: Machine<Path = AddressVector>>(
    machine: &mut M,
    now: Instant,
) -> Vec<(AddressVector, Vec<u8>)> {
    let mut buffer = [0; 256];
    let mut sent = Vec::new();
    while let Ok(Some(transmit)) = machine.poll_transmit(now, &mut buffer) {
        sent.push((transmit.path, transmit.bytes.to_vec()));
    }
    sent
}
