//! The calls of a DHCP client.

use bootproto_core::Machine as _;
use bootproto_dhcp::client::Client;

use super::bp_dhcp_config;
use super::facts::{bp_dhcp_boot_facts, bp_dhcp_menu_line, bp_lease, has_line, menu_line};
use super::types::{Dhcp, bp_dhcp, bp_dhcp_event};
use crate::explain::{Line, write_text};
use crate::misuse::{Misuse, Wrong, bp_result, call};
use crate::raw::{apart, from_c};
use crate::types::{bp_flag, bp_instant, bp_path, bp_transmit, deadline, transmit};

/// Gives every field of a configuration its default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_config_begin(config: *mut bp_dhcp_config) -> bp_result {
    from_c!(config: Out);
    call(|| {
        config.place()?.put(bp_dhcp_config::defaults());
        Ok(())
    })
}

/// Makes a DHCP client in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_init(
    dhcp: *mut bp_dhcp,
    bytes: usize,
    version: u32,
    config: *const bp_dhcp_config,
    now: bp_instant,
) -> bp_result {
    from_c!(dhcp: Out, config: In);
    call(|| {
        let room = dhcp.room::<Dhcp>(bytes, version)?;
        apart(&[dhcp.span(1)], &[config.span(1)])?;
        let machine = Client::new(config.get()?.read()?, now.into())?;
        room.put(Dhcp { machine, failure: None });
        Ok(())
    })
}

/// Takes one received datagram, whoever it is from. After the end: `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_handle_datagram(
    dhcp: *mut bp_dhcp,
    now: bp_instant,
    path: *const bp_path,
    data: *const u8,
    length: usize,
    event: *mut bp_dhcp_event,
) -> bp_result {
    from_c!(dhcp: Out, path: In, data: In, event: Out);
    let mut dhcp = dhcp;
    call(|| {
        apart(&[dhcp.span(1), event.span(1)], &[path.span(1), data.span(length)])?;
        let (path, data, place) = (*path.get()?, data.slice(length)?, event.place()?);
        let dhcp = running(dhcp.stored()?)?;
        let event = dhcp.machine.handle_datagram(now.into(), path.into(), data);
        place.put(dhcp.tell(&event));
        Ok(())
    })
}

/// Tells the client that time has passed: call it when `bp_dhcp_poll_timeout` is reached. After the end: `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_handle_timeout(
    dhcp: *mut bp_dhcp,
    now: bp_instant,
    event: *mut bp_dhcp_event,
) -> bp_result {
    from_c!(dhcp: Out, event: Out);
    let mut dhcp = dhcp;
    call(|| {
        apart(&[dhcp.span(1), event.span(1)], &[])?;
        let place = event.place()?;
        let dhcp = running(dhcp.stored()?)?;
        let event = dhcp.machine.handle_timeout(now.into());
        place.put(event.map_or_else(bp_dhcp_event::default, |event| dhcp.tell(&event)));
        Ok(())
    })
}

/// Writes the next datagram to send into `buffer` (`BP_DHCP_MAX_TRANSMIT` bytes are always enough): call it until
/// `transmit->data` has no bytes. With `BP_BUFFER_TOO_SMALL`, `transmit->data.length` says what it takes, and nothing
/// else has changed but what is in `buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_poll_transmit(
    dhcp: *mut bp_dhcp,
    now: bp_instant,
    buffer: *mut u8,
    capacity: usize,
    transmit: *mut bp_transmit,
) -> bp_result {
    from_c!(dhcp: Out, buffer: Out, transmit: Out);
    let (mut dhcp, mut buffer) = (dhcp, buffer);
    call(|| {
        apart(&[dhcp.span(1), buffer.span(capacity), transmit.span(1)], &[])?;
        let (buffer, place) = (buffer.slice(capacity)?, transmit.place()?);
        let dhcp: &mut Dhcp = dhcp.stored()?;
        self::transmit(dhcp.machine.poll_transmit(now.into(), buffer), place)
    })
}

/// When `bp_dhcp_handle_timeout` wants to be called, or `BP_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_poll_timeout(dhcp: *const bp_dhcp, at: *mut bp_instant) -> bp_result {
    from_c!(dhcp: In, at: Out);
    call(|| {
        apart(&[at.span(1)], &[dhcp.span(1)])?;
        let place = at.place()?;
        place.put(deadline(dhcp.stored::<Dhcp>()?.machine.poll_timeout()));
        Ok(())
    })
}

/// The lease, from `BP_DHCP_BOUND` on; `BP_NOTHING_THERE` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_lease(dhcp: *const bp_dhcp, lease: *mut bp_lease) -> bp_result {
    from_c!(dhcp: In, lease: Out);
    call(|| {
        apart(&[lease.span(1)], &[dhcp.span(1)])?;
        let place = lease.place()?;
        place.put(dhcp.stored::<Dhcp>()?.machine.lease().ok_or(Misuse::Nothing)?.into());
        Ok(())
    })
}

/// What to boot, from `BP_DHCP_BOOT_READY` on; `BP_NOTHING_THERE` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_boot(dhcp: *const bp_dhcp, boot: *mut bp_dhcp_boot_facts) -> bp_result {
    from_c!(dhcp: In, boot: Out);
    call(|| {
        apart(&[boot.span(1)], &[dhcp.span(1)])?;
        let place = boot.place()?;
        place.put(dhcp.stored::<Dhcp>()?.machine.boot().ok_or(Misuse::Nothing)?.into());
        Ok(())
    })
}

/// The line at `index` of the menu, from 0; `BP_NOTHING_THERE` behind the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_menu_item(
    dhcp: *const bp_dhcp,
    index: u32,
    line: *mut bp_dhcp_menu_line,
) -> bp_result {
    from_c!(dhcp: In, line: Out);
    call(|| {
        apart(&[line.span(1)], &[dhcp.span(1)])?;
        let place = line.place()?;
        place.put(menu_line(dhcp.stored::<Dhcp>()?.machine.menu(), index)?);
        Ok(())
    })
}

/// Chooses a line of the menu by its boot server type; `BP_NOTHING_THERE` if there is no such line now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_choose(dhcp: *mut bp_dhcp, now: bp_instant, server_type: u16) -> bp_result {
    from_c!(dhcp: Out);
    let mut dhcp = dhcp;
    call(|| {
        let dhcp = running(dhcp.stored()?)?;
        has_line(dhcp.machine.menu(), server_type)?;
        dhcp.machine.choose(now.into(), server_type);
        Ok(())
    })
}

/// Says what the ARP probe found that `BP_DHCP_PROBE_ADDRESS` asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_probe_result(
    dhcp: *mut bp_dhcp,
    now: bp_instant,
    in_use: bp_flag,
) -> bp_result {
    from_c!(dhcp: Out);
    let mut dhcp = dhcp;
    call(|| {
        running(dhcp.stored()?)?.machine.probe_result(now.into(), in_use.is_set());
        Ok(())
    })
}

/// Says whether the switch port passes no traffic yet: while it does not, no attempt counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_link_blocked(
    dhcp: *mut bp_dhcp,
    now: bp_instant,
    blocked: bp_flag,
) -> bp_result {
    from_c!(dhcp: Out);
    let mut dhcp = dhcp;
    call(|| {
        running(dhcp.stored()?)?.machine.link_blocked(now.into(), blocked.is_set());
        Ok(())
    })
}

/// Gives the address back: a RELEASE waits to be sent if there is a lease.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_release(dhcp: *mut bp_dhcp, now: bp_instant) -> bp_result {
    from_c!(dhcp: Out);
    let mut dhcp = dhcp;
    call(|| {
        dhcp.stored::<Dhcp>()?.machine.release(now.into());
        Ok(())
    })
}

/// Writes why the client failed, as one line that ends in a NUL: number, what happened, what to do. `length` is told
/// without the NUL; what does not fit is left out. `BP_NOTHING_THERE` while it has not failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_dhcp_failure_text(
    dhcp: *const bp_dhcp,
    text: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> bp_result {
    from_c!(dhcp: In, text: Out, length: Out);
    call(|| {
        apart(&[text.span(capacity), length.span(1)], &[dhcp.span(1)])?;
        let failure = dhcp.stored::<Dhcp>()?.failure.ok_or(Misuse::Nothing)?;
        write_text(&Line(&failure), text, capacity, &length)
    })
}

fn running(dhcp: &mut Dhcp) -> Result<&mut Dhcp, Wrong> {
    if dhcp.machine.is_finished() { Err(Misuse::Finished.into()) } else { Ok(dhcp) }
}
