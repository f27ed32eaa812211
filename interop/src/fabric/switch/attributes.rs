//! Where the attributes of subnet management have their fields (IBTA volume 1, 14.2.5), as far as a switch has them.

pub(super) const NOTICE: u16 = 0x0002;
pub(super) const NODE_DESCRIPTION: u16 = 0x0010;
pub(super) const NODE_INFO: u16 = 0x0011;
pub(super) const SWITCH_INFO: u16 = 0x0012;
pub(super) const GUID_INFO: u16 = 0x0014;
pub(super) const PORT_INFO: u16 = 0x0015;
pub(super) const P_KEY_TABLE: u16 = 0x0016;
pub(super) const SL_TO_VL: u16 = 0x0017;
pub(super) const VL_ARBITRATION: u16 = 0x0018;
pub(super) const LINEAR_TABLE: u16 = 0x0019;
pub(super) const MULTICAST_TABLE: u16 = 0x001b;

/// The data of an SMP.
pub(super) type Data = [u8; 64];

/// The switch's GUID, of node and port 0.
pub(super) const GUID: u64 = 0x0002_c903_0000_5000;

/// LIDs that the linear table has entries for, and multicast LIDs.
pub(super) const LINEAR: usize = 1024;
pub(super) const GROUPS: usize = 256;

/// NodeInfo: a switch, seen through a port.
pub(super) fn node_info(ports: usize, seen_through: usize) -> Data {
    let mut data = [0; 64];
    let ports = u8::try_from(ports).unwrap_or(u8::MAX);
    data[..4].copy_from_slice(&[1, 1, 2, ports]);
    for at in [4, 12, 20] {
        data[at..at + 8].copy_from_slice(&GUID.to_be_bytes());
    }
    // P_Keys, device, revision; then the port and a vendor.
    data[28..36].copy_from_slice(&[0, 8, 0x12, 0x34, 0, 0, 0, 1]);
    data[36..40].copy_from_slice(&[u8::try_from(seen_through).unwrap_or(0), 0, 2, 0xc9]);
    data
}

/// SwitchInfo after a reset.
pub(super) fn switch_info() -> Data {
    let mut data = [0; 64];
    let half = |value: usize| u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes();
    data[..2].copy_from_slice(&half(LINEAR));
    data[4..6].copy_from_slice(&half(GROUPS));
    // No default ports for groups that nobody joined; life time 18.
    data[9..12].copy_from_slice(&[0xff, 0xff, 18 << 3]);
    data
}

/// In [`switch_info`]: the bit that says a port has changed its state.
pub(super) const PORT_STATE_CHANGE: (usize, u8) = (11, 1 << 2);

/// PortInfo of a port after a reset: four lanes at single rate, packets up to 2048 bytes, one data lane.
pub(super) fn port_info(number: usize) -> Data {
    let mut data = [0; 64];
    data[29..34].copy_from_slice(&[2, 2, 2, 0x11, 0x22]);
    data[35..38].copy_from_slice(&[0x11, 0x40, 0x10]);
    data[41] = 4;
    data[43] = 0x10;
    data[52] = 16;
    if number == 0 {
        data[8..10].copy_from_slice(&[0xfe, 0x80]);
        // IsTrapSupported, IsNoticeSupported.
        data[23] = 0x0c;
        data[32] = 0x14;
        data[33] = 0x52;
        data[50] = 1;
    }
    data
}

/// A port's state, in [`port_info`]: Down 1, Init 2, Armed 3, Active 4.
pub(super) const fn state(info: &Data) -> u8 {
    info[32] & 15
}

/// Sets state and physical state (Polling 2, LinkUp 5).
pub(super) const fn set_state(info: &mut Data, state: u8) {
    info[32] = info[32] & 0xf0 | state;
    info[33] = info[33] & 0x0f | if state == 1 { 2 << 4 } else { 5 << 4 };
}
