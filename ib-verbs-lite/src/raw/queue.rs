//! What the transport keeps: queue pairs, groups, slots, completions, events.

use crate::verbs::{Completion, Cq, PortEvent, QpConfig, Received};
use crate::{Gid, Lid, Qpn};

/// A queue pair that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Qp {
    pub(super) qpn: Qpn,
    pub(super) config: QpConfig,
    /// How many receives may still be taken.
    pub(super) posted: u16,
}

/// A group that a queue pair listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attachment {
    pub(super) qpn: Qpn,
    pub(super) group: Gid,
    pub(super) lid: Lid,
}

/// A message that waits for its completion queue to be polled.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) owner: Option<(Cq, Qpn)>,
    /// Which of several was first.
    pub(super) order: u64,
    pub(super) received: Received,
    pub(super) data: [u8; 4096],
}

impl Slot {
    pub(super) const EMPTY: Self = Self {
        owner: None,
        order: 0,
        received: Received {
            length: 0,
            source_lid: Lid(0),
            destination_lid: Lid(0),
            source_qpn: Qpn::SMI,
            sl: crate::ServiceLevel::new(0),
            p_key: crate::PKey(0),
            p_key_index: 0,
            grh: None,
            immediate: None,
        },
        data: [0; 4096],
    };
}

/// First in, first out, in a fixed room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fifo<T, const N: usize>([Option<T>; N]);

impl<T: Copy, const N: usize> Fifo<T, N> {
    pub(super) const fn new() -> Self {
        Self([None; N])
    }

    /// Whether there was room.
    pub(super) fn push(&mut self, value: T) -> bool {
        match self.0.iter_mut().find(|place| place.is_none()) {
            Some(place) => {
                *place = Some(value);
                true
            }
            None => false,
        }
    }

    pub(super) const fn is_full(&self) -> bool {
        matches!(self.0.last(), None | Some(Some(_)))
    }

    /// Takes the first that `wanted` says yes to.
    pub(super) fn take(&mut self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let index = self.0.iter().position(|place| place.as_ref().is_some_and(&wanted))?;
        let rest = self.0.get_mut(index..)?;
        let taken = rest.first_mut()?.take();
        rest.rotate_left(1);
        taken
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        while self.take(|value| !keep(value)).is_some() {}
    }
}

/// A completion and where it belongs.
pub(super) type Done = (Cq, Completion);
/// Things that happened to the port.
pub(super) type Events = Fifo<PortEvent, 16>;

#[cfg(test)]
mod tests {
    use super::Fifo;

    #[test]
    fn the_order_survives_taking_from_the_middle() {
        let mut fifo: Fifo<u8, 4> = Fifo::new();
        for value in [1, 2, 3, 4] {
            assert!(fifo.push(value));
        }
        assert!(fifo.is_full());
        assert!(!fifo.push(5));
        assert_eq!(fifo.take(|value| value % 2 == 0), Some(2));
        assert!(fifo.push(5));
        fifo.retain(|value| *value != 3);
        assert_eq!(
            [fifo.take(|_| true), fifo.take(|_| true), fifo.take(|_| true), fifo.take(|_| true)],
            [Some(1), Some(4), Some(5), None]
        );
    }
}
