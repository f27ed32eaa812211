//! The switch's subnet management agent (IBTA volume 1, 14.2 and 14.3): it answers the subnet manager, keeps the
//! forwarding tables that it is given, and sends the trap for a port that changed its state.

use super::attributes::{
    Data, GROUPS, GUID, GUID_INFO, LINEAR, LINEAR_TABLE, MULTICAST_TABLE, NODE_DESCRIPTION, NODE_INFO,
    NOTICE, P_KEY_TABLE, PORT_INFO, PORT_STATE_CHANGE, SL_TO_VL, SWITCH_INFO, VL_ARBITRATION, node_info,
    port_info, set_state, state, switch_info,
};
use super::{MULTICAST, PORTS, Packet, TRAP_INTERVAL, smp};
use std::time::Instant;

const GET: u8 = 1;
const SET: u8 = 2;
const TRAP: u8 = 5;
const TRAP_REPRESS: u8 = 7;
const GET_RESPONSE: u8 = 0x81;

/// Status codes (IBTA volume 1, table 131).
const BAD_METHOD: u8 = 0x08;
const BAD_ATTRIBUTE: u8 = 0x0c;
const BAD_VALUE: u8 = 0x1c;

/// A trap is sent so often while nobody answers.
const TRIES: u32 = 10;

/// The agent.
#[derive(Debug)]
pub(super) struct Agent {
    switch: Data,
    ports: [Data; PORTS + 1],
    linear: [u8; LINEAR],
    groups: [u16; GROUPS],
    p_keys: Data,
    bounced: Vec<usize>,
    trap: Option<(Instant, u32)>,
    transaction: u64,
}

impl Agent {
    pub(super) fn new() -> Self {
        let mut p_keys = [0; 64];
        p_keys[..2].copy_from_slice(&[0xff, 0xff]);
        Self {
            switch: switch_info(),
            ports: std::array::from_fn(port_info),
            linear: [0xff; LINEAR],
            groups: [0; GROUPS],
            p_keys,
            bounced: Vec::new(),
            trap: None,
            transaction: 0,
        }
    }

    /// Port 0's LID; 0 before there is one.
    pub(super) fn lid(&self) -> u16 {
        half(&self.ports[0], 16)
    }

    /// A cable was plugged in, or out.
    pub(super) fn link(&mut self, number: usize, up: bool) {
        let info = &mut self.ports[number];
        *info = port_info(number);
        if up {
            set_state(info, 2);
        }
        self.switch[PORT_STATE_CHANGE.0] |= PORT_STATE_CHANGE.1;
        if self.lid() != 0 && half(&self.ports[0], 18) != 0 {
            self.transaction += 1;
            self.trap = Some((Instant::now(), TRIES));
        }
    }

    /// Ports that the subnet manager has set down: their link goes down and trains again.
    pub(super) fn bounced(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.bounced)
    }

    /// Whether packets that are not management may come in.
    pub(super) fn passes_in(&self, number: usize) -> bool {
        self.ports.get(number).is_some_and(|info| state(info) >= 3)
    }

    /// Whether packets may go out.
    pub(super) fn passes_out(&self, number: usize, is_management: bool) -> bool {
        let least = if is_management { 2 } else { 4 };
        number > 0 && self.ports.get(number).is_some_and(|info| state(info) >= least)
    }

    /// The port to a LID.
    pub(super) fn route(&self, lid: u16) -> Option<usize> {
        self.linear.get(usize::from(lid)).map(|port| usize::from(*port)).filter(|port| *port <= PORTS)
    }

    /// The ports of a group.
    pub(super) fn group(&self, lid: u16) -> Vec<usize> {
        let at = usize::from(lid - MULTICAST);
        let ports = self.groups.get(at).copied().unwrap_or(0);
        (1..=PORTS).filter(|port| ports >> port & 1 == 1).collect()
    }

    /// The trap that is due: 128, "a link state changed" (IBTA volume 1, 14.2.5.1 and 14.4.11).
    pub(super) fn trap(&mut self, now: Instant) -> Option<Packet> {
        let (due, left) = self.trap?;
        if now < due {
            return None;
        }
        self.trap = left.checked_sub(1).map(|left| (now + TRAP_INTERVAL, left));
        let (lid, manager) = (self.lid(), half(&self.ports[0], 18));
        let mut mad = [0; 256];
        mad[..4].copy_from_slice(&[1, 1, 1, TRAP]);
        mad[8..16].copy_from_slice(&(0x5147_0000_0000_0000 | self.transaction).to_be_bytes());
        mad[16..18].copy_from_slice(&NOTICE.to_be_bytes());
        // Generic, urgent; from a switch; 128; the LID of who says it, and again as the detail.
        mad[64..70].copy_from_slice(&[0x81, 0, 0, 2, 0, 128]);
        mad[70..72].copy_from_slice(&lid.to_be_bytes());
        mad[74..76].copy_from_slice(&lid.to_be_bytes());
        Some(smp(lid, manager, &mad))
    }

    /// Turns a request into its answer. `false`: there is none.
    pub(super) fn answer(&mut self, mad: &mut [u8; 256], from: usize) -> bool {
        let method = mad[3];
        let attribute = u16::from_be_bytes([mad[16], mad[17]]);
        let modifier = u32::from_be_bytes([mad[20], mad[21], mad[22], mad[23]]);
        if method == TRAP_REPRESS && attribute == NOTICE {
            self.trap = None;
        }
        if method & 0x80 != 0 || matches!(method, TRAP | TRAP_REPRESS) {
            return false;
        }
        let mut data: Data = [0; 64];
        data.copy_from_slice(&mad[64..128]);
        let done = match method {
            GET => self.get(attribute, modifier, from),
            SET => self.set(attribute, modifier, &data).and_then(|()| self.get(attribute, modifier, from)),
            _ => Err(BAD_METHOD),
        };
        mad[3] = GET_RESPONSE;
        mad[4..6].copy_from_slice(&[0, done.err().unwrap_or(0)]);
        mad[64..128].copy_from_slice(&done.unwrap_or(data));
        true
    }

    fn get(&self, attribute: u16, modifier: u32, from: usize) -> Result<Data, u8> {
        let at = usize::try_from(modifier).map_err(|_| BAD_VALUE)?;
        let mut data = [0; 64];
        match attribute {
            NODE_DESCRIPTION => data[..10].copy_from_slice(b"rig switch"),
            NODE_INFO => data = node_info(PORTS, from),
            SWITCH_INFO => data = self.switch,
            GUID_INFO => data[..8].copy_from_slice(&GUID.to_be_bytes()),
            PORT_INFO => {
                data = *self.ports.get(at & 0xff).ok_or(BAD_VALUE)?;
                // LocalPortNum: not the port that is told of, but the one that the question came in at.
                data[28] = u8::try_from(from).unwrap_or(0);
            }
            P_KEY_TABLE if at == 0 => data = self.p_keys,
            P_KEY_TABLE if at & 0xffff == 0 && at >> 16 <= PORTS => {}
            // One data lane: every service level is on lane 0, and nothing is arbitrated.
            SL_TO_VL | VL_ARBITRATION => {}
            LINEAR_TABLE => {
                let block = self.linear.chunks_exact(64).nth(at).ok_or(BAD_VALUE)?;
                data.copy_from_slice(block);
            }
            MULTICAST_TABLE if at >> 28 == 0 => {
                let block = self.groups.chunks_exact(32).nth(at & 0x1ff).ok_or(BAD_VALUE)?;
                let bytes = block.iter().flat_map(|ports| ports.to_be_bytes());
                data.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
            }
            P_KEY_TABLE | MULTICAST_TABLE => return Err(BAD_VALUE),
            _ => return Err(BAD_ATTRIBUTE),
        }
        Ok(data)
    }

    fn set(&mut self, attribute: u16, modifier: u32, data: &Data) -> Result<(), u8> {
        let at = usize::try_from(modifier).map_err(|_| BAD_VALUE)?;
        match attribute {
            SWITCH_INFO => self.set_switch(data),
            PORT_INFO => return self.set_port(at & 0xff, data),
            P_KEY_TABLE if at == 0 => self.p_keys = *data,
            SL_TO_VL | VL_ARBITRATION => {}
            LINEAR_TABLE => {
                let block = self.linear.chunks_exact_mut(64).nth(at).ok_or(BAD_VALUE)?;
                block.copy_from_slice(data);
            }
            MULTICAST_TABLE if at >> 28 == 0 => {
                let block = self.groups.chunks_exact_mut(32).nth(at & 0x1ff).ok_or(BAD_VALUE)?;
                let ports = data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                block.iter_mut().zip(ports).for_each(|(place, ports)| *place = ports);
            }
            P_KEY_TABLE | MULTICAST_TABLE => return Err(BAD_VALUE),
            _ => return Err(BAD_ATTRIBUTE),
        }
        Ok(())
    }

    fn set_switch(&mut self, data: &Data) {
        // The tables' tops, the default ports, the life time; the change bit is cleared by writing it.
        let changed = self.switch[11] & PORT_STATE_CHANGE.1 & !data[11];
        self.switch[6..11].copy_from_slice(&data[6..11]);
        self.switch[11] = data[11] & 0xf8 | changed;
        self.switch[18..20].copy_from_slice(&data[18..20]);
    }

    fn set_port(&mut self, number: usize, data: &Data) -> Result<(), u8> {
        let info = self.ports.get_mut(number).ok_or(BAD_VALUE)?;
        let (before, wanted) = (state(info), data[32] & 15);
        let legal = match wanted {
            0 => true,
            _ if number == 0 => wanted == before,
            1 => true,
            3 => before == 2 || before == 3,
            4 => before == 3 || before == 4,
            _ => false,
        };
        if !legal {
            return Err(BAD_VALUE);
        }
        if number == 0 {
            info[..20].copy_from_slice(&data[..20]);
            info[26..28].copy_from_slice(&data[26..28]);
        }
        // MTU and SL of the manager, limits, operational lanes, subnet time-out.
        info[34] = data[34];
        info[36] = data[36];
        info[38] = data[38];
        info[42] = data[42];
        info[43] = data[43] & 0xf0 | info[43] & 0x0f;
        info[51] = data[51] & 0x1f;
        if number > 0 && wanted >= 3 {
            set_state(info, wanted);
        }
        if number > 0 && wanted == 1 && before != 1 {
            self.bounced.push(number);
        }
        Ok(())
    }
}

fn half(data: &Data, at: usize) -> u16 {
    u16::from_be_bytes([data[at], data[at + 1]])
}
