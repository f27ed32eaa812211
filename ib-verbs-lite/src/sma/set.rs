//! Set of `PortInfo`: what the subnet manager may change, and what it may not (IBTA 14.2.5.6).
//!
//! All or nothing: one impossible value, and the answer is status 0x001c with the port as it was.

use super::agent::POLLING;
use super::event::Changes;
use crate::Lid;
use crate::mad::Status;
use crate::mad::attribute::PortInfo;
use crate::verbs::{LinkWidth, PortState};

/// The port after a Set, and what changed.
pub(super) fn port_info(port: &PortInfo, wanted: &PortInfo) -> Result<(PortInfo, Changes), Status> {
    let mut new = *port;
    addresses(&mut new, wanted)?;
    link(&mut new, wanted)?;
    state(&mut new, wanted)?;
    keys_and_counters(&mut new, wanted);
    let changes = Changes {
        addresses: (new.lid, new.lmc, new.gid_prefix) != (port.lid, port.lmc, port.gid_prefix),
        subnet_manager: (new.master_sm_lid, new.master_sm_sl) != (port.master_sm_lid, port.master_sm_sl),
        state: (new.port_state, new.port_physical_state) != (port.port_state, port.port_physical_state),
        link: (new.neighbor_mtu, new.operational_vls) != (port.neighbor_mtu, port.operational_vls)
            || (new.link_width_enabled, new.link_speed_enabled)
                != (port.link_width_enabled, port.link_speed_enabled),
        reregister: wanted.client_reregister,
        ..Changes::default()
    };
    Ok((new, changes))
}

const fn ensure(condition: bool) -> Result<(), Status> {
    if condition { Ok(()) } else { Err(Status::BAD_VALUE) }
}

fn addresses(new: &mut PortInfo, wanted: &PortInfo) -> Result<(), Status> {
    ensure(wanted.lid.is_unicast() && wanted.master_sm_lid.is_unicast())?;
    let last = u32::from(wanted.lid.0).saturating_add(1_u32.wrapping_shl(u32::from(wanted.lmc)));
    ensure(last.saturating_sub(1) <= u32::from(HIGHEST_UNICAST.0))?;
    (new.lid, new.lmc, new.gid_prefix) = (wanted.lid, wanted.lmc, wanted.gid_prefix);
    (new.master_sm_lid, new.master_sm_sl) = (wanted.master_sm_lid, wanted.master_sm_sl);
    Ok(())
}

const HIGHEST_UNICAST: Lid = Lid(0xbfff);

fn link(new: &mut PortInfo, wanted: &PortInfo) -> Result<(), Status> {
    /// Everything that the link can.
    const ALL_WIDTHS: u8 = 255;
    const ALL_SPEEDS: u8 = 15;
    let width = match wanted.link_width_enabled.0 {
        0 => new.link_width_enabled.0,
        ALL_WIDTHS => new.link_width_supported.0,
        some => some,
    };
    let speed = match wanted.link_speed_enabled {
        0 => new.link_speed_enabled,
        ALL_SPEEDS => new.link_speed_supported,
        some => some,
    };
    ensure(width & !new.link_width_supported.0 == 0 && speed & !new.link_speed_supported == 0)?;
    ensure(wanted.neighbor_mtu.bytes().is_some() && wanted.neighbor_mtu <= new.mtu_cap)?;
    ensure(wanted.operational_vls <= new.vl_cap)?;
    (new.link_width_enabled, new.link_speed_enabled) = (LinkWidth(width), speed);
    new.neighbor_mtu = wanted.neighbor_mtu;
    if wanted.operational_vls != 0 {
        new.operational_vls = wanted.operational_vls;
    }
    (new.vl_high_limit, new.hoq_life, new.vl_stall_count) =
        (wanted.vl_high_limit, wanted.hoq_life, wanted.vl_stall_count);
    (new.local_phy_errors, new.overrun_errors) = (wanted.local_phy_errors, wanted.overrun_errors);
    new.init_type_reply = wanted.init_type_reply;
    new.subnet_timeout = wanted.subnet_timeout;
    new.multicast_p_key_trap_suppression = wanted.multicast_p_key_trap_suppression;
    Ok(())
}

/// The logical state goes down from anywhere, and up one step at a time; the physical one only down.
fn state(new: &mut PortInfo, wanted: &PortInfo) -> Result<(), Status> {
    const SLEEP: u8 = 1;
    const DISABLED: u8 = 3;
    match wanted.link_down_default_state {
        0 => {}
        SLEEP | POLLING => new.link_down_default_state = wanted.link_down_default_state,
        _ => return Err(Status::BAD_VALUE),
    }
    match (new.port_state, wanted.port_state) {
        (_, PortState::NO_CHANGE) => {}
        (_, PortState::DOWN) => {
            new.port_state = PortState::DOWN;
            new.port_physical_state = new.link_down_default_state;
        }
        (PortState::INIT | PortState::ARMED, PortState::ARMED)
        | (PortState::ARMED | PortState::ACTIVE, PortState::ACTIVE) => new.port_state = wanted.port_state,
        _ => return Err(Status::BAD_VALUE),
    }
    match wanted.port_physical_state {
        0 => Ok(()),
        physical @ (SLEEP | POLLING | DISABLED) => {
            ensure(wanted.port_state == PortState::DOWN)?;
            new.port_physical_state = physical;
            Ok(())
        }
        _ => Err(Status::BAD_VALUE),
    }
}

/// A counter of violations can only be cleared.
fn keys_and_counters(new: &mut PortInfo, wanted: &PortInfo) {
    new.m_key = wanted.m_key;
    new.m_key_lease_period = wanted.m_key_lease_period;
    new.m_key_protect_bits = wanted.m_key_protect_bits;
    for (counter, wanted) in [
        (&mut new.m_key_violations, wanted.m_key_violations),
        (&mut new.p_key_violations, wanted.p_key_violations),
        (&mut new.q_key_violations, wanted.q_key_violations),
    ] {
        if wanted == 0 {
            *counter = 0;
        }
    }
}
