//! The calls of a boot client.

use bootproto::linux::{MemoryMap, Region, ZERO_PAGE_BYTES, write_zero_page};
use bootproto_core::Machine as _;

use super::client::{Boot, bp_boot};
use super::config::{BP_BOOT_REGIONS, bp_boot_config, bp_region};
use super::event::bp_boot_event;
use super::facts::{bp_entry, bp_failure, bp_step, entry};
use super::plan::bp_plan;
use crate::codes;
use crate::dhcp::{bp_dhcp_menu_line, bp_lease, has_line, menu_line};
use crate::explain::write_text;
use crate::misuse::{Misuse, Wrong, bp_result, call};
use crate::raw::{In, Out, apart, field_span, from_c};
use crate::types::{bp_bytes, bp_flag, bp_instant, bp_path, bp_transmit, copy_out, deadline, transmit};

/// The size of the parameter page of an x86 kernel.
pub const BP_ZERO_PAGE_BYTES: usize = 4096;

/// Gives every field of a configuration, that of DHCP included, its default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_config_begin(config: *mut bp_boot_config) -> bp_result {
    from_c!(config: Out);
    call(|| {
        config.place()?.put(bp_boot_config::defaults());
        Ok(())
    })
}

/// Makes a boot client in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`. The storage must stay
/// where it is, and the two buffers in `config` are the client's as long as it is used. Nothing has to be undone
/// afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_init(
    boot: *mut bp_boot,
    bytes: usize,
    version: u32,
    config: *const bp_boot_config,
    now: bp_instant,
) -> bp_result {
    from_c!(boot: Out, config: In);
    call(|| {
        let room = boot.room::<Boot>(bytes, version)?;
        let config_span = config.span(1);
        let config = config.get()?;
        let texts = [field_span(&config.configuration), field_span(&config.manifest)];
        apart(&[boot.span(1), texts[0], texts[1]], &[config_span])?;
        room.put(Boot::new(config, now.into())?);
        Ok(())
    })
}

/// Takes one received datagram, whoever it is from. After the end: `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_handle_datagram(
    boot: *mut bp_boot,
    now: bp_instant,
    path: *const bp_path,
    data: *const u8,
    length: usize,
    event: *mut bp_boot_event,
) -> bp_result {
    from_c!(boot: Out, path: In, data: In, event: Out);
    let mut boot = boot;
    call(|| {
        apart(&[boot.span(1), event.span(1)], &[path.span(1), data.span(length)])?;
        let (path, data, place) = (*path.get()?, data.slice(length)?, event.place()?);
        place.put(boot.stored::<Boot>()?.running()?.handle_datagram(now.into(), path.into(), data));
        Ok(())
    })
}

/// Tells the client that time has passed: call it when `bp_boot_poll_timeout` is reached. After the end: `BP_FINISHED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_handle_timeout(
    boot: *mut bp_boot,
    now: bp_instant,
    event: *mut bp_boot_event,
) -> bp_result {
    from_c!(boot: Out, event: Out);
    let mut boot = boot;
    call(|| {
        apart(&[boot.span(1), event.span(1)], &[])?;
        let place = event.place()?;
        place.put(boot.stored::<Boot>()?.running()?.handle_timeout(now.into()));
        Ok(())
    })
}

/// Writes the next datagram to send into `buffer` (`BP_BOOT_MAX_TRANSMIT` bytes are always enough): call it until
/// `transmit->data` has no bytes. With `BP_BUFFER_TOO_SMALL`, `transmit->data.length` says what it takes, and nothing
/// else has changed but what is in `buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_poll_transmit(
    boot: *mut bp_boot,
    now: bp_instant,
    buffer: *mut u8,
    capacity: usize,
    transmit: *mut bp_transmit,
) -> bp_result {
    from_c!(boot: Out, buffer: Out, transmit: Out);
    let (mut boot, mut buffer) = (boot, buffer);
    call(|| {
        apart(&[boot.span(1), buffer.span(capacity), transmit.span(1)], &[])?;
        let (buffer, place) = (buffer.slice(capacity)?, transmit.place()?);
        let boot: &mut Boot = boot.stored()?;
        self::transmit(boot.client.poll_transmit(now.into(), buffer), place)
    })
}

/// When `bp_boot_handle_timeout` wants to be called, or `BP_NEVER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_poll_timeout(boot: *const bp_boot, at: *mut bp_instant) -> bp_result {
    from_c!(boot: In, at: Out);
    ask(boot, at, |boot| Ok(deadline(boot.client.poll_timeout())))
}

/// Chooses the entry at `index`, on `BP_BOOT_CHOOSE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_choose(
    boot: *mut bp_boot,
    now: bp_instant,
    index: u32,
    event: *mut bp_boot_event,
) -> bp_result {
    from_c!(boot: Out, event: Out);
    let mut boot = boot;
    call(|| {
        apart(&[boot.span(1), event.span(1)], &[])?;
        let place = event.place()?;
        place.put(boot.stored::<Boot>()?.running()?.choose(now.into(), codes::index(index)));
        Ok(())
    })
}

/// Stops the clock of `BP_BOOT_CHOOSE`: somebody pressed a key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_hold_choice(boot: *mut bp_boot) -> bp_result {
    from_c!(boot: Out);
    let mut boot = boot;
    call(|| {
        boot.stored::<Boot>()?.running()?.client.hold_choice();
        Ok(())
    })
}

/// The entry at `index` of the configuration, from 0, while there is one; `BP_NOTHING_THERE` behind the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_entry(boot: *const bp_boot, index: u32, entry: *mut bp_entry) -> bp_result {
    from_c!(boot: In, entry: Out);
    ask(boot, entry, |boot| self::entry(boot.texts.configuration(), codes::index(index)))
}

/// Takes the next bytes of the file that `BP_BOOT_VERIFY` asked for, from first to last, in pieces of any size. Nothing
/// is told until the last one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_verify_bytes(
    boot: *mut bp_boot,
    now: bp_instant,
    data: *const u8,
    length: usize,
    event: *mut bp_boot_event,
) -> bp_result {
    from_c!(boot: Out, data: In, event: Out);
    let mut boot = boot;
    call(|| {
        apart(&[boot.span(1), event.span(1)], &[data.span(length)])?;
        let (data, place) = (data.slice(length)?, event.place()?);
        place.put(boot.stored::<Boot>()?.running()?.verify_bytes(now.into(), data));
        Ok(())
    })
}

/// The lease, from `BP_BOOT_CONFIGURED` on; `BP_NOTHING_THERE` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_lease(boot: *const bp_boot, lease: *mut bp_lease) -> bp_result {
    from_c!(boot: In, lease: Out);
    ask(boot, lease, |boot| Ok(boot.client.lease().ok_or(Misuse::Nothing)?.into()))
}

/// Says what the ARP probe found that `BP_BOOT_PROBE_ADDRESS` asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_probe_result(
    boot: *mut bp_boot,
    now: bp_instant,
    in_use: bp_flag,
) -> bp_result {
    from_c!(boot: Out);
    let mut boot = boot;
    call(|| {
        boot.stored::<Boot>()?.running()?.client.probe_result(now.into(), in_use.is_set());
        Ok(())
    })
}

/// The line at `index` of the menu of boot servers, from 0; `BP_NOTHING_THERE` behind the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_server_line(
    boot: *const bp_boot,
    index: u32,
    line: *mut bp_dhcp_menu_line,
) -> bp_result {
    from_c!(boot: In, line: Out);
    ask(boot, line, |boot| Ok(menu_line(boot.client.dhcp().menu(), index)?))
}

/// Chooses a line of the menu of boot servers by its type; `BP_NOTHING_THERE` if there is no such line now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_choose_server(
    boot: *mut bp_boot,
    now: bp_instant,
    server_type: u16,
) -> bp_result {
    from_c!(boot: Out);
    let mut boot = boot;
    call(|| {
        let boot = boot.stored::<Boot>()?.running()?;
        has_line(boot.client.dhcp().menu(), server_type)?;
        boot.client.choose_server(now.into(), server_type);
        Ok(())
    })
}

/// Says whether the switch port passes no traffic yet: while it does not, DHCP's time does not count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_link_blocked(
    boot: *mut bp_boot,
    now: bp_instant,
    blocked: bp_flag,
) -> bp_result {
    from_c!(boot: Out);
    let mut boot = boot;
    call(|| {
        boot.stored::<Boot>()?.running()?.client.link_blocked(now.into(), blocked.is_set());
        Ok(())
    })
}

/// Gives the address back, on the way to something else than what was loaded. A RELEASE waits to be sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_release(boot: *mut bp_boot, now: bp_instant) -> bp_result {
    from_c!(boot: Out);
    let mut boot = boot;
    call(|| {
        boot.stored::<Boot>()?.client.release(now.into());
        Ok(())
    })
}

/// Where in the boot we are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_step(boot: *const bp_boot, step: *mut bp_step) -> bp_result {
    from_c!(boot: In, step: Out);
    ask(boot, step, |boot| Ok(boot.client.step().into()))
}

/// The name of the present or last file, inside the storage until the next call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_file_name(boot: *const bp_boot, name: *mut bp_bytes) -> bp_result {
    from_c!(boot: In, name: Out);
    ask(boot, name, |boot| Ok(bp_bytes::lend(boot.client.file_name())))
}

/// Why the boot failed; `BP_NOTHING_THERE` while it has not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_failure(boot: *const bp_boot, failure: *mut bp_failure) -> bp_result {
    from_c!(boot: In, failure: Out);
    ask(boot, failure, |boot| Ok(boot.client.failure().ok_or(Misuse::Nothing)?.into()))
}

/// Writes why the boot failed, as one line that ends in a NUL: step, peer, number, what happened, what to do. `length`
/// is told without the NUL; what does not fit is left out. `BP_NOTHING_THERE` while it has not failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_failure_text(
    boot: *const bp_boot,
    text: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> bp_result {
    from_c!(boot: In, text: Out, length: Out);
    call(|| {
        apart(&[text.span(capacity), length.span(1)], &[boot.span(1)])?;
        let failure = boot.stored::<Boot>()?.client.failure().ok_or(Misuse::Nothing)?;
        write_text(failure, text, capacity, &length)
    })
}

/// What to start and how, from `BP_BOOT_READY` on; `BP_NOTHING_THERE` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_plan(boot: *const bp_boot, plan: *mut bp_plan) -> bp_result {
    from_c!(boot: In, plan: Out);
    ask(boot, plan, |boot| Ok((&boot.client.plan().ok_or(Misuse::Nothing)?).into()))
}

/// Writes the kernel's command line, without a NUL, and tells its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_command_line(
    boot: *const bp_boot,
    text: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> bp_result {
    from_c!(boot: In, text: Out, length: Out);
    call(|| {
        apart(&[text.span(capacity), length.span(1)], &[boot.span(1)])?;
        let boot: &Boot = boot.stored()?;
        boot.client.plan().ok_or(Misuse::Nothing)?;
        let mut line = [0; 4096];
        let line = boot.client.command_line(boot.texts.configuration(), &mut line)?;
        copy_out(line, text, capacity, &length)
    })
}

/// Fills the parameter page of an x86 kernel (`BP_ZERO_PAGE_BYTES`) from the first bytes of the kernel's file, 1024 or
/// more, and the memory map that the kernel shall believe, at most `BP_BOOT_REGIONS` regions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bp_boot_zero_page(
    boot: *const bp_boot,
    page: *mut u8,
    capacity: usize,
    head: *const u8,
    length: usize,
    memory: *const bp_region,
    regions: usize,
) -> bp_result {
    from_c!(boot: In, page: Out, head: In, memory: In);
    let mut page = page;
    call(|| {
        apart(&[page.span(capacity)], &[boot.span(1), head.span(length), memory.span(regions)])?;
        let page = page.slice(capacity)?.first_chunk_mut::<ZERO_PAGE_BYTES>();
        let page = page.ok_or(Misuse::BufferTooSmall { needed: BP_ZERO_PAGE_BYTES })?;
        let plan = boot.stored::<Boot>()?.client.plan().ok_or(Misuse::Nothing)?;
        let given = memory.slice(regions)?;
        let mut list = [Region { start: 0, length: 0, usable: false }; BP_BOOT_REGIONS];
        let list = list.get_mut(..given.len()).ok_or(Misuse::TooLong { length: regions })?;
        for (to, from) in list.iter_mut().zip(given) {
            *to = from.into();
        }
        Ok(write_zero_page(page, head.slice(length)?, &plan.layout, &MemoryMap::new(list))?)
    })
}

/// Writes what `answer` says about the client to `to`.
fn ask<T>(boot: In<bp_boot>, to: Out<T>, answer: impl FnOnce(&Boot) -> Result<T, Wrong>) -> bp_result {
    call(|| {
        apart(&[to.span(1)], &[boot.span(1)])?;
        let place = to.place()?;
        place.put(answer(boot.stored()?)?);
        Ok(())
    })
}
