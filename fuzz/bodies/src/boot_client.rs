//! The whole boot client under the laws, from anywhere in a good boot on.

use std::sync::LazyLock;

use bootproto_core::{Instant, Machine, UdpPath};
use testkit::laws::{Op, Subject, check_from};

use crate::shared::boot::common::Booter;
use crate::shared::boot::conversation::{TALK, WHOLE, beginning, booter};
use crate::{Seed, shared};

/// A client in the middle of a boot, its clock, and how many datagrams it has got.
struct Snapshot {
    client: Booter,
    now: Instant,
    datagrams: usize,
}

/// One for each operation of a whole boot.
static SNAPSHOTS: LazyLock<Vec<Snapshot>> = LazyLock::new(|| {
    let mut client = booter(shared::boot::common::config());
    let (mut now, mut datagrams) = (Instant::default(), 0);
    let mut buffer = vec![0; Booter::MAX_TRANSMIT];
    let mut snapshots = vec![Snapshot { client: client.clone(), now, datagrams }];
    for op in WHOLE.iter() {
        match op {
            Op::Datagram { path, bytes } => {
                let event = client.handle_datagram(now, *path, bytes);
                client.react(now, &event);
                datagrams += 1;
            }
            Op::Timeout => {
                now = client.poll_timeout().map_or(now, |at| at.max(now));
                if let Some(event) = client.handle_timeout(now) {
                    client.react(now, &event);
                }
            }
            _ => while matches!(client.poll_transmit(now, &mut buffer), Ok(Some(_))) {},
        }
        snapshots.push(Snapshot { client: client.clone(), now, datagrams });
    }
    assert!(client.0.plan().is_some(), "the boot does not come to its end");
    snapshots
});

/// The datagrams of the boot around this one, the next first, and where they come from.
fn around(datagrams: usize) -> (Vec<Vec<u8>>, Vec<UdpPath>) {
    let (all, all_paths) = &*TALK;
    let start = datagrams.min(all.len().saturating_sub(1));
    let before = start.saturating_sub(4)..start;
    let places: Vec<usize> = (start..all.len()).take(24).chain(before).collect();
    let mut paths: Vec<UdpPath> = places.iter().map(|place| all_paths[*place]).collect();
    paths.dedup();
    paths.extend(beginning().1.into_iter().rev().take(2));
    (places.iter().map(|place| all[*place].clone()).collect(), paths)
}

/// Two bytes say where in the boot, the rest is a script.
pub fn run(data: &[u8]) {
    let Some(([high, low], script)) = data.split_first_chunk() else { return };
    let place = usize::from(u16::from_be_bytes([*high, *low])) % SNAPSHOTS.len();
    let Snapshot { client, now, datagrams } = &SNAPSHOTS[place];
    let (seeds, paths) = around(*datagrams);
    let ops = shared::script(script, &seeds, &paths);
    check_from(client.clone(), *now, &ops).unwrap_or_else(|broken| panic!("{broken}"));
}

/// A good boot from a dozen places on, then silence; and at each place all datagrams harmed.
pub fn seeds() -> Vec<Seed> {
    let step = (SNAPSHOTS.len() / 12).max(1);
    let places = (0..SNAPSHOTS.len()).step_by(step);
    places
        .flat_map(|place| {
            let [.., high, low] = place.to_be_bytes();
            let good = [vec![high, low, 12], [11, 0, 0, 0, 15, 255, 0, 0].repeat(6)].concat();
            let harm = (0..8_u8).flat_map(|which| [3 + 32 * which, which, 0, 17 * which]);
            let harmed = [high, low, 0].into_iter().chain(harm).collect::<Vec<u8>>();
            [
                Seed::new(format!("from-{place}-then-silence"), good),
                Seed::new(format!("from-{place}-harmed"), harmed),
            ]
        })
        .collect()
}
