//! What the network does to packets.

use core::time::Duration;

use bootproto_core::Rng;

/// A link's misbehaviour. Chances are per mille, and independent of each other and of the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Packets of a thousand that vanish.
    pub loss: u16,
    /// Packets of a thousand that arrive twice.
    pub duplication: u16,
    /// Packets of a thousand that are held back for `hold`, so that later ones overtake them.
    pub reordering: u16,
    /// How long a packet that is held back waits.
    pub hold: Duration,
    /// How long every packet takes.
    pub delay: Duration,
    /// How much longer it may take, evenly spread.
    pub jitter: Duration,
    /// The longest IPv4 packet; longer ones vanish, there are no fragments.
    pub mtu: usize,
    /// Bytes per second, each direction; 0 is without limit.
    pub rate: u64,
}

impl Link {
    /// A millisecond of delay, Ethernet's MTU, and nothing goes wrong.
    pub const fn perfect() -> Self {
        Self {
            loss: 0,
            duplication: 0,
            reordering: 0,
            hold: Duration::from_millis(20),
            delay: Duration::from_millis(1),
            jitter: Duration::ZERO,
            mtu: 1500,
            rate: 0,
        }
    }

    /// As [`Link::perfect`], and `loss` packets of a thousand vanish.
    pub const fn lossy(loss: u16) -> Self {
        Self { loss, ..Self::perfect() }
    }

    /// Loses, doubles and overtakes: a twentieth of all packets each, with jitter.
    pub const fn awful() -> Self {
        Self {
            loss: 50,
            duplication: 50,
            reordering: 50,
            jitter: Duration::from_millis(5),
            ..Self::perfect()
        }
    }

    /// When the copies of a packet of `length` bytes arrive, after it left; nothing when it is lost.
    pub(super) fn journeys(&self, rng: &mut Rng, length: usize) -> Vec<Duration> {
        let mut chance = |per_mille: u16| rng.below(1000) < u64::from(per_mille);
        // Every packet draws the same number of times, so that one changed chance leaves the others' luck alone.
        let (lost, twice, held) = (chance(self.loss), chance(self.duplication), chance(self.reordering));
        let span = u64::try_from(self.jitter.as_micros()).unwrap_or(u64::MAX).saturating_add(1);
        let jitters = [rng.below(span), rng.below(span)].map(Duration::from_micros);
        if lost || length > self.mtu {
            return Vec::new();
        }
        let hold = if held { self.hold } else { Duration::ZERO };
        jitters.iter().take(1 + usize::from(twice)).map(|jitter| self.delay + *jitter + hold).collect()
    }

    /// How long the link is busy with a packet of `length` bytes.
    pub(super) fn busy(&self, length: usize) -> Duration {
        let micros = (length as u64 * 1_000_000).checked_div(self.rate);
        Duration::from_micros(micros.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Link;
    use bootproto_core::Rng;
    use core::time::Duration;

    fn arrivals(link: Link) -> Vec<usize> {
        let mut rng = Rng::new(7);
        (0..10_000).map(|_| link.journeys(&mut rng, 100).len()).collect()
    }

    #[test]
    fn chances_are_about_what_they_say() {
        assert!(arrivals(Link::perfect()).iter().all(|copies| *copies == 1));
        let lost = arrivals(Link::lossy(100)).iter().filter(|copies| **copies == 0).count();
        assert!((900..1100).contains(&lost), "{lost}");
        let twice = arrivals(Link::awful()).iter().filter(|copies| **copies == 2).count();
        assert!((400..560).contains(&twice), "{twice}");
    }

    #[test]
    fn a_long_packet_vanishes_and_a_slow_link_takes_time() {
        assert_eq!(Link::perfect().journeys(&mut Rng::new(1), 1501), []);
        assert_eq!(Link::perfect().journeys(&mut Rng::new(1), 1500).len(), 1);
        let slow = Link { rate: 1_000_000, ..Link::perfect() };
        assert_eq!(slow.busy(1500), Duration::from_micros(1500));
        assert_eq!(Link::perfect().busy(1500), Duration::ZERO);
    }
}
