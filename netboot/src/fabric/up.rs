//! From a cable to an interface that is up, or to why it is not.

use std::time::Duration;

use bootproto_core::Numbered;
use bootproto_ib_verbs_lite::port::Event;
use bootproto_ib_verbs_lite::verbs::PortState;
use std::os::fd::AsFd;

use super::Wire;
use crate::boot::News;
use crate::drive::{Stop, wait};
use crate::{Error, Trouble};

/// How long the group rests before anything is sent to it: a subnet manager (opensm) answers a join first and writes the
/// switches' multicast tables afterwards, and a DISCOVER in between would be lost, at the price of four seconds.
const SETTLE: Duration = Duration::from_millis(300);

impl Wire {
    /// Waits until the subnet manager has made the port active and the SA has let it into the broadcast group; `tell`
    /// hears of every step.
    ///
    /// # Errors
    /// It takes longer than `patience`: with what is missing. `stop`.
    pub fn bring_up(
        &mut self,
        patience: Duration,
        stop: &Stop,
        tell: &mut dyn FnMut(News),
    ) -> Result<(), Error> {
        let mut end = self.clock.now().saturating_add(patience);
        let mut settled = None;
        loop {
            let now = self.clock.now();
            self.service(now).map_err(|error| Error::network("the fabric", &error))?;
            self.news.drain(..).for_each(&mut *tell);
            if self.port.is_up(0) {
                let at = *settled.get_or_insert(now.saturating_add(SETTLE));
                if now >= at {
                    return Ok(());
                }
                end = end.max(at);
            }
            if now >= end || !self.hca.port().is_plugged() {
                return Err(self.missing());
            }
            let next = settled.map_or(end, |at| at.min(end));
            let wake = self.port.poll_timeout(&*self.hca).map_or(next, |at| at.min(next));
            let fds = [self.hca.port().as_fd(), stop.as_fd()];
            if wait(fds.into_iter(), Some(wake.saturating_since(now)))? && stop.is_stopped() {
                return Err(Error::failure(&Trouble::Interrupted, "waiting for the fabric"));
            }
        }
    }

    /// The link as it is now; the port may not have looked since the cable was pulled.
    fn link(&self) -> PortState {
        if self.hca.port().is_plugged() { self.port.state() } else { PortState::DOWN }
    }

    /// What keeps the interface from being up.
    pub(super) fn missing(&self) -> Error {
        let what = "the fabric";
        match (self.link(), self.trouble) {
            (PortState::DOWN, _) => Error::failure(&Trouble::NoLink, what),
            (PortState::INIT | PortState::ARMED, _) => Error::failure(&Trouble::NoSubnetManager, what),
            (_, Some(Event::Refused { group, failure })) => {
                Error::failure(&failure, format!("{what}, group {group}"))
            }
            (_, Some(Event::NoPartition { p_key, .. })) => {
                Error::failure(&Trouble::NoPartition { p_key: p_key.0 }, what)
            }
            (_, Some(Event::Failed { failure, .. })) => Error::failure(&failure, what),
            (_, Some(Event::Verbs(error))) => Error::failure(&error, what),
            _ => Error::failure(&Trouble::NoGroup, what),
        }
    }

    /// The same, in short, for a failure of the protocols above.
    pub(crate) fn lost(&self) -> Option<(&'static bootproto_core::Entry, String)> {
        let trouble = match self.link() {
            PortState::ACTIVE => return None,
            PortState::DOWN => Trouble::NoLink,
            _ => Trouble::NoSubnetManager,
        };
        Some((trouble.entry(), trouble.to_string()))
    }
}
