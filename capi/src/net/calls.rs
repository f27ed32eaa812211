//! The calls of the boot client over frames.

use bootproto::net::Storage;

use super::state::{Net, bp_net};
use crate::boot::{Boot, bp_boot, bp_boot_config, bp_boot_event};
use crate::misuse::{Misuse, bp_result, call};
use crate::raw::{apart, from_c};
use crate::types::{bp_instant, copy_out, deadline};

/// Makes the stack in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`. The storage must stay
/// where it is. The configuration is that of the boot client: its hardware address, six bytes of Ethernet, is ours.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_net_init(
    net: *mut bp_net,
    bytes: usize,
    version: u32,
    config: *const bp_boot_config,
    now: bp_instant,
) -> bp_result {
    from_c!(net: Out, config: In);
    call(|| {
        let room = net.room::<Net>(bytes, version)?;
        apart(&[net.span(1)], &[config.span(1)])?;
        let config = config.get()?;
        let own = *config.dhcp.hardware.first_chunk::<6>().ok_or(Misuse::BadValue)?;
        let [first, ..] = own;
        // A group's address, or none at all, is nobody's.
        if config.dhcp.hardware_length != 6 || first & 1 != 0 || own == [0; 6] {
            return Err(Misuse::BadValue.into());
        }
        let seed = config.seed.rotate_left(32);
        room.put_with(Storage::default(), |storage| Net::new(own, seed, now.into(), storage));
        Ok(())
    })
}

/// Takes one received frame, whoever it is from, and tells what the boot client makes of it. The address is taken into
/// use, and given up, before you hear of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_net_handle_frame(
    net: *mut bp_net,
    boot: *mut bp_boot,
    now: bp_instant,
    frame: *const u8,
    length: usize,
    event: *mut bp_boot_event,
) -> bp_result {
    from_c!(net: Out, boot: Out, frame: In, event: Out);
    let (mut net, mut boot) = (net, boot);
    call(|| {
        apart(&[net.span(1), boot.span(1), event.span(1)], &[frame.span(length)])?;
        let (frame, place) = (frame.slice(length)?, event.place()?);
        let (net, boot) = (net.stored::<Net>()?, boot.stored::<Boot>()?);
        place.put(net.handle_frame(boot, now.into(), frame));
        Ok(())
    })
}

/// Tells the client and its stack that time has passed: call it when `bp_net_poll_timeout` is reached. After the end:
/// `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_net_handle_timeout(
    net: *mut bp_net,
    boot: *mut bp_boot,
    now: bp_instant,
    event: *mut bp_boot_event,
) -> bp_result {
    from_c!(net: Out, boot: Out, event: Out);
    let (mut net, mut boot) = (net, boot);
    call(|| {
        apart(&[net.span(1), boot.span(1), event.span(1)], &[])?;
        let place = event.place()?;
        let (net, boot) = (net.stored::<Net>()?, boot.stored::<Boot>()?.running()?);
        place.put(net.handle_timeout(boot, now.into()));
        Ok(())
    })
}

/// Writes the next frame to send into `buffer` (`BP_FRAME_BYTES` are always enough) and tells its length: call it until
/// that is 0. With `BP_BUFFER_TOO_SMALL`, `length` says what it takes, and the frame still waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_net_poll_frame(
    net: *mut bp_net,
    boot: *mut bp_boot,
    now: bp_instant,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> bp_result {
    from_c!(net: Out, boot: Out, buffer: Out, length: Out);
    let (mut net, mut boot, mut buffer) = (net, boot, buffer);
    call(|| {
        apart(&[net.span(1), boot.span(1), buffer.span(capacity), length.span(1)], &[])?;
        length.place()?;
        buffer.slice(capacity)?;
        let (net, boot) = (net.stored::<Net>()?, boot.stored::<Boot>()?);
        copy_out(net.poll_frame(boot, now.into()), buffer, capacity, &length)?;
        net.sent();
        Ok(())
    })
}

/// When `bp_net_handle_timeout` and `bp_net_poll_frame` want to be called, or `BP_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_net_poll_timeout(
    net: *mut bp_net,
    boot: *const bp_boot,
    now: bp_instant,
    at: *mut bp_instant,
) -> bp_result {
    from_c!(net: Out, boot: In, at: Out);
    let mut net = net;
    call(|| {
        apart(&[net.span(1), at.span(1)], &[boot.span(1)])?;
        let place = at.place()?;
        let (net, boot) = (net.stored::<Net>()?, boot.stored::<Boot>()?);
        place.put(deadline(net.poll_timeout(boot, now.into())));
        Ok(())
    })
}

/// Why the last datagram could not be sent, such as 3151: there is no route. `BP_OK` in `why` if it could.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_net_undelivered(net: *const bp_net, why: *mut bp_result) -> bp_result {
    from_c!(net: In, why: Out);
    call(|| {
        apart(&[why.span(1)], &[net.span(1)])?;
        let place = why.place()?;
        let undelivered = net.stored::<Net>()?.undelivered;
        place.put(undelivered.map_or(crate::misuse::BP_OK, |error| crate::codes::code_of(&error)));
        Ok(())
    })
}
