//! L12: with a silent peer a machine ends.

use core::time::Duration;

use bootproto_core::Instant;

use super::probe::Input;
use super::{Class, START, Subject};

/// No machine needs more timeouts than this to give up.
const STEPS: usize = 100_000;

/// Runs `machine` against nobody: it has to reach a terminal event within `limit`. Answers how long it took.
///
/// # Errors
/// What the machine did instead of ending.
pub fn check_silent_peer<M: Subject>(machine: M, limit: Duration) -> Result<Duration, String> {
    check_silent_peer_from(machine, START, limit)
}

/// As [`check_silent_peer`], for a machine in the middle of an exchange, whose caller's clock stands at `now`.
///
/// # Errors
/// As [`check_silent_peer`].
pub fn check_silent_peer_from<M: Subject>(
    mut machine: M,
    now: Instant,
    limit: Duration,
) -> Result<Duration, String> {
    let (start, mut now) = (now, now);
    for _ in 0..STEPS {
        drain(&mut machine, now)?;
        let Some(deadline) = machine.poll_timeout() else {
            return Err(format!("L12: without an answer the machine waits for ever: {machine:?}"));
        };
        now = now.max(deadline);
        let waited = now.saturating_since(start);
        if waited > limit {
            return Err(format!(
                "L12: after {waited:?}, more than {limit:?}, the machine still waits: {machine:?}"
            ));
        }
        let class = Input::<M::Path>::Timeout.give(&mut machine, now, |_, _| Ok(()))?;
        if class == Some(Class::Terminal) {
            return Ok(waited);
        }
    }
    Err(format!("L12: {STEPS} timeouts, and the machine still waits: {machine:?}"))
}

fn drain<M: Subject>(machine: &mut M, now: Instant) -> Result<(), String> {
    let mut buffer = vec![0xa5; M::MAX_TRANSMIT];
    for _ in 0..=machine.burst() {
        match machine.poll_transmit(now, &mut buffer) {
            Ok(None) => return Ok(()),
            Ok(Some(_)) => {}
            Err(error) => return Err(format!("L6: {error}, and it has MAX_TRANSMIT")),
        }
    }
    Err(format!("L4: a drain yields more than {} packets", machine.burst()))
}
