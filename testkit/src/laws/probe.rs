//! Checks that need no script: each looks at clones of a machine and leaves the machine alone.

use core::time::Duration;

use bootproto_core::{Instant, Transmit};

use super::{Class, Subject};

/// A packet with the path it was sent on.
pub(super) type Packet<M> = (<M as bootproto_core::Machine>::Path, Vec<u8>);

/// What one drain yields.
pub(super) type Packets<M> = Vec<Packet<M>>;

/// One input, to be given to several clones.
pub(super) enum Input<'a, P> {
    /// A datagram arrives.
    Datagram(P, &'a [u8]),
    /// The time is told.
    Timeout,
}

impl<P: Copy> Input<'_, P> {
    /// Gives the input to `machine`; `judge` sees the machine and the event's class before the caller reacts.
    pub(super) fn give<M: Subject<Path = P>>(
        &self,
        machine: &mut M,
        now: Instant,
        judge: impl FnOnce(&M, Option<Class>) -> Result<(), String>,
    ) -> Result<Option<Class>, String> {
        match self {
            Input::Datagram(path, bytes) => {
                let event = machine.handle_datagram(now, *path, bytes);
                let class = M::class(&event);
                judge(machine, Some(class))?;
                machine.react(now, &event);
                Ok(Some(class))
            }
            Input::Timeout => {
                let event = machine.handle_timeout(now);
                let class = event.as_ref().map(M::class);
                judge(machine, class)?;
                if let Some(event) = &event {
                    machine.react(now, event);
                }
                Ok(class)
            }
        }
    }
}

/// Whatever `ok` isn't is a broken law.
pub(super) fn ensure(ok: bool, law: &str, text: impl FnOnce() -> String) -> Result<(), String> {
    if ok { Ok(()) } else { Err(format!("{law}: {}", text())) }
}

/// L4, L6, L11: what `machine` would send now, asked for in every awkward way.
pub(super) fn drain<M: Subject>(machine: &M, now: Instant) -> Result<Packets<M>, String> {
    let mut machine = machine.clone();
    let mut packets = Vec::new();
    while let Some(packet) = poll_awkwardly(&mut machine, now)? {
        packets.push(packet);
        ensure(packets.len() <= machine.burst(), "L4", || {
            format!("a drain yields more than {} packets", machine.burst())
        })?;
    }
    let before = machine.clone();
    let mut buffer = vec![0xa5; M::MAX_TRANSMIT];
    let again = matches!(machine.poll_transmit(now, &mut buffer), Ok(None));
    ensure(again, "L4", || "poll_transmit answered None, and the next call does not".into())?;
    ensure(machine == before, "L4", || "poll_transmit answers None and changes the state".into())?;
    Ok(packets)
}

/// One packet, asked for with no buffer, with one byte too few, and then with exactly what it needs.
fn poll_awkwardly<M: Subject>(machine: &mut M, now: Instant) -> Result<Option<Packet<M>>, String> {
    let before = machine.clone();
    let needed = match machine.poll_transmit(now, &mut []) {
        Ok(None) => {
            ensure(*machine == before, "L4", || "poll_transmit answers None and changes the state".into())?;
            return Ok(None);
        }
        Ok(Some(Transmit { path, bytes })) => {
            let bytes = bytes.to_vec();
            return judge_packet::<M>(&bytes).map(|()| Some((path, bytes)));
        }
        Err(error) => error.needed,
    };
    ensure(*machine == before, "L6", || "BufferTooSmall, and the state is another".into())?;
    ensure(needed > 0, "L6", || "BufferTooSmall asks for nothing".into())?;
    ensure(needed <= M::MAX_TRANSMIT, "L11", || {
        format!("{needed} bytes are to be sent, MAX_TRANSMIT is {}", M::MAX_TRANSMIT)
    })?;
    let mut buffer = vec![0xa5; needed];
    match machine.poll_transmit(now, &mut buffer[..needed - 1]) {
        Err(error) if error.needed == needed => {}
        other => {
            return Err(format!("L6: one byte less than the {needed} asked for gives {}", describe(&other)));
        }
    }
    ensure(*machine == before, "L6", || "BufferTooSmall, and the state is another".into())?;
    match machine.poll_transmit(now, &mut buffer) {
        Ok(Some(Transmit { path, bytes })) if bytes.len() == needed => {
            let bytes = bytes.to_vec();
            judge_packet::<M>(&bytes).map(|()| Some((path, bytes)))
        }
        other => Err(format!("L6: a buffer of the {needed} bytes asked for gives {}", describe(&other))),
    }
}

/// What a poll answered, in words.
fn describe<P>(answer: &Result<Option<Transmit<'_, P>>, bootproto_core::BufferTooSmall>) -> String {
    match answer {
        Ok(None) => "None".into(),
        Ok(Some(transmit)) => format!("{} bytes", transmit.bytes.len()),
        Err(error) => error.to_string(),
    }
}

/// L11 for one packet.
pub(super) fn judge_packet<M: Subject>(bytes: &[u8]) -> Result<(), String> {
    ensure(bytes.len() <= M::MAX_TRANSMIT, "L11", || {
        format!("{} bytes are sent, MAX_TRANSMIT is {}", bytes.len(), M::MAX_TRANSMIT)
    })?;
    ensure(M::parses(bytes), "L11", || format!("what is sent does not parse: {bytes:02x?}"))
}

/// L2: before the deadline `handle_timeout` changes nothing and tells nothing.
pub(super) fn spurious<M: Subject>(machine: &M, now: Instant) -> Result<(), String> {
    let deadline = machine.poll_timeout();
    if deadline.is_some_and(|deadline| deadline <= now) {
        return Ok(());
    }
    let before = deadline.map_or(u64::MAX / 2, |deadline| deadline.as_micros() - 1);
    for instant in [now, Instant::from_micros(before)] {
        let mut clone = machine.clone();
        let told = clone.handle_timeout(instant).is_some();
        ensure(!told, "L2", || {
            format!("handle_timeout at {instant:?}, deadline {deadline:?}, has an event")
        })?;
        ensure(clone == *machine, "L2", || {
            format!("handle_timeout at {instant:?}, deadline {deadline:?}, changes the state to {clone:?}")
        })?;
    }
    Ok(())
}

/// L3: a due `handle_timeout` moves the deadline or has something to send.
pub(super) fn due<M: Subject>(machine: &M, now: Instant) -> Result<(), String> {
    let Some(deadline) = machine.poll_timeout() else {
        return Ok(());
    };
    if deadline.as_micros() > u64::MAX / 4 {
        return Ok(());
    }
    for late in [Duration::ZERO, Duration::from_secs(3600)] {
        let instant = deadline.max(now).saturating_add(late);
        let mut clone = machine.clone();
        Input::<M::Path>::Timeout.give(&mut clone, instant, |_, _| Ok(()))?;
        let moved = clone.poll_timeout().is_none_or(|next| next > instant);
        ensure(moved || !drain(&clone, instant)?.is_empty(), "L3", || {
            format!(
                "handle_timeout at {instant:?} leaves the deadline at {:?} and nothing to send: a driver would spin",
                clone.poll_timeout()
            )
        })?;
    }
    Ok(())
}

/// L3, the other half: pending output means a deadline that has passed.
pub(super) fn wakes<M: Subject>(machine: &M, now: Instant, pending: &Packets<M>) -> Result<(), String> {
    let due = machine.poll_timeout().is_some_and(|deadline| deadline <= now);
    ensure(pending.is_empty() || due, "L3", || {
        format!("output is pending, and the deadline is {:?}, not a passed one", machine.poll_timeout())
    })
}

/// L7: `input` at an instant `back` before `now` counts as `input` at `now`. With no `back` this is L8.
pub(super) fn back<M: Subject>(
    machine: &M,
    input: &Input<'_, M::Path>,
    now: Instant,
    back: Duration,
) -> Result<(), String> {
    let earlier = Instant::from_micros(
        now.as_micros().saturating_sub(Instant::default().saturating_add(back).as_micros()),
    );
    let (mut at_now, mut at_earlier) = (machine.clone(), machine.clone());
    let class = input.give(&mut at_now, now, |_, _| Ok(()))?;
    let class_earlier = input.give(&mut at_earlier, earlier, |_, _| Ok(()))?;
    let same = class == class_earlier
        && at_now == at_earlier
        && at_now.poll_timeout() == at_earlier.poll_timeout()
        && drain(&at_now, now)? == drain(&at_earlier, earlier)?;
    if back.is_zero() {
        return ensure(same, "L8", || "two clones get the same input and go different ways".into());
    }
    ensure(same, "L7", || {
        format!("at {earlier:?}, {back:?} before one already seen, the machine goes another way")
    })
}
