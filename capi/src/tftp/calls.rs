//! The calls of a download.

use bootproto_core::Machine as _;
use bootproto_tftp::Download;

use super::types::{End, Tftp, bp_tftp, bp_tftp_config, bp_tftp_event, bp_tftp_statistics};
use crate::explain::write_text;
use crate::misuse::{Misuse, Wrong, bp_result, call};
use crate::raw::{apart, from_c};
use crate::types::{bp_flag, bp_instant, bp_path, bp_transmit, deadline, transmit};

/// Gives every field of a configuration its default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_config_begin(config: *mut bp_tftp_config) -> bp_result {
    from_c!(config: Out);
    call(|| {
        config.place()?.put(bp_tftp_config::defaults());
        Ok(())
    })
}

/// Makes a download in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`. It asks for the file
/// with the first datagram that `bp_tftp_poll_transmit` gives out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_init(
    tftp: *mut bp_tftp,
    bytes: usize,
    version: u32,
    config: *const bp_tftp_config,
) -> bp_result {
    from_c!(tftp: Out, config: In);
    call(|| {
        let room = tftp.room::<Tftp>(bytes, version)?;
        apart(&[tftp.span(1)], &[config.span(1)])?;
        let machine = Download::new(config.get()?.read()?)?;
        room.put(Tftp { machine, end: None });
        Ok(())
    })
}

/// Takes one received datagram, whoever it is from. After the end: `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_handle_datagram(
    tftp: *mut bp_tftp,
    now: bp_instant,
    path: *const bp_path,
    data: *const u8,
    length: usize,
    event: *mut bp_tftp_event,
) -> bp_result {
    from_c!(tftp: Out, path: In, data: In, event: Out);
    let mut tftp = tftp;
    call(|| {
        apart(&[tftp.span(1), event.span(1)], &[path.span(1), data.span(length)])?;
        let (path, data, place) = (*path.get()?, data.slice(length)?, event.place()?);
        let tftp = running(tftp.stored()?)?;
        let event = tftp.machine.handle_datagram(now.into(), path.into(), data);
        place.put(tftp.tell(&event));
        Ok(())
    })
}

/// Tells the download that time has passed: call it when `bp_tftp_poll_timeout` is reached. After the end:
/// `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_handle_timeout(
    tftp: *mut bp_tftp,
    now: bp_instant,
    event: *mut bp_tftp_event,
) -> bp_result {
    from_c!(tftp: Out, event: Out);
    let mut tftp = tftp;
    call(|| {
        apart(&[tftp.span(1), event.span(1)], &[])?;
        let place = event.place()?;
        let tftp = running(tftp.stored()?)?;
        let event = tftp.machine.handle_timeout(now.into());
        place.put(event.map_or_else(bp_tftp_event::default, |event| tftp.tell(&event)));
        Ok(())
    })
}

/// Writes the next datagram to send into `buffer` (`BP_TFTP_MAX_TRANSMIT` bytes are always enough): call it until
/// `transmit->data` has no bytes. With `BP_BUFFER_TOO_SMALL`, `transmit->data.length` says what it takes, and nothing
/// else has changed but what is in `buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_poll_transmit(
    tftp: *mut bp_tftp,
    now: bp_instant,
    buffer: *mut u8,
    capacity: usize,
    transmit: *mut bp_transmit,
) -> bp_result {
    from_c!(tftp: Out, buffer: Out, transmit: Out);
    let (mut tftp, mut buffer) = (tftp, buffer);
    call(|| {
        apart(&[tftp.span(1), buffer.span(capacity), transmit.span(1)], &[])?;
        let (buffer, place) = (buffer.slice(capacity)?, transmit.place()?);
        let tftp: &mut Tftp = tftp.stored()?;
        self::transmit(tftp.machine.poll_transmit(now.into(), buffer), place)
    })
}

/// When `bp_tftp_handle_timeout` wants to be called, or `BP_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_poll_timeout(tftp: *const bp_tftp, at: *mut bp_instant) -> bp_result {
    from_c!(tftp: In, at: Out);
    call(|| {
        apart(&[at.span(1)], &[tftp.span(1)])?;
        let place = at.place()?;
        place.put(deadline(tftp.stored::<Tftp>()?.machine.poll_timeout()));
        Ok(())
    })
}

/// Whether every byte of the file was told. The download may live on for a moment, to answer a server that missed the
/// last acknowledgement; who is in a hurry forgets it here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_is_complete(tftp: *const bp_tftp, complete: *mut bp_flag) -> bp_result {
    from_c!(tftp: In, complete: Out);
    call(|| {
        apart(&[complete.span(1)], &[tftp.span(1)])?;
        let place = complete.place()?;
        place.put(tftp.stored::<Tftp>()?.machine.is_complete().into());
        Ok(())
    })
}

/// What the transfer has seen so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_counters(
    tftp: *const bp_tftp,
    statistics: *mut bp_tftp_statistics,
) -> bp_result {
    from_c!(tftp: In, statistics: Out);
    call(|| {
        apart(&[statistics.span(1)], &[tftp.span(1)])?;
        let place = statistics.place()?;
        let machine = &tftp.stored::<Tftp>()?.machine;
        let seen = machine.statistics();
        place.put(bp_tftp_statistics {
            sent: seen.sent,
            received: seen.received,
            retransmissions: seen.retransmissions,
            duplicates: seen.duplicates,
            round_trip_micros: u64::try_from(seen.round_trip.as_micros()).unwrap_or(u64::MAX),
            bytes: machine.received(),
        });
        Ok(())
    })
}

/// Breaks the transfer off. One ERROR for the server waits to be sent afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_abort(tftp: *mut bp_tftp) -> bp_result {
    from_c!(tftp: Out);
    let mut tftp = tftp;
    call(|| {
        let tftp = running(tftp.stored()?)?;
        let failure = tftp.machine.abort();
        tftp.end = Some(End::Failed(failure));
        Ok(())
    })
}

/// Writes why the transfer failed, as one line that ends in a NUL: number, what happened, what to do. `length` is told
/// without the NUL; what does not fit is left out. `BP_NOTHING_THERE` while it has not failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_tftp_failure_text(
    tftp: *const bp_tftp,
    text: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> bp_result {
    from_c!(tftp: In, text: Out, length: Out);
    call(|| {
        apart(&[text.span(capacity), length.span(1)], &[tftp.span(1)])?;
        match tftp.stored::<Tftp>()?.end {
            Some(End::Failed(failure)) => {
                write_text(&crate::explain::Line(&failure), text, capacity, &length)
            }
            Some(End::Done) | None => Err(Misuse::Nothing.into()),
        }
    })
}

fn running(tftp: &mut Tftp) -> Result<&mut Tftp, Wrong> {
    if tftp.end.is_some() { Err(Misuse::Finished.into()) } else { Ok(tftp) }
}
