//! InfiniBand's agents and clients under the laws; and any MADs and IPoIB frames, which cost one answer at most.

use bootproto_ib_verbs_lite::fuzzing;
use bootproto_ib_verbs_lite::mad::MAD_LENGTH;

use crate::shared::ib::speakers::{client, paths, performance, requests, subnet, subnet_with_a_key};
use crate::{Seed, seed, shared};

/// The first byte says which machine, the rest is a script, or MADs, or frames.
pub fn run(data: &[u8]) {
    let Some((kind, script)) = data.split_first() else { return };
    match kind % 7 {
        0 => {
            let (machine, seeds) = requests();
            shared::obey(machine, script, &seeds, &paths());
        }
        1 => {
            let (machine, seeds) = subnet();
            shared::obey(machine, script, &seeds, &paths());
        }
        2 => {
            let (machine, seeds) = subnet_with_a_key();
            shared::obey(machine, script, &seeds, &paths());
        }
        3 => {
            let (machine, seeds) = performance();
            shared::obey(machine, script, &seeds, &paths());
        }
        4 => {
            let (machine, seeds) = client();
            shared::obey(machine, script, &seeds, &paths());
        }
        5 => fuzzing::agents(script),
        _ => fuzzing::ipoib(script),
    }
}

/// Every machine's conversation, the MADs that bring a port up, and an ARP question over IPoIB.
pub fn seeds() -> Vec<Seed> {
    let machines = [
        ("requests", requests().1.len()),
        ("subnet", subnet().1.len()),
        ("subnet-with-a-key", subnet_with_a_key().1.len()),
        ("performance", performance().1.len()),
        ("client", client().1.len()),
    ];
    let mut seeds: Vec<Seed> = machines
        .into_iter()
        .zip(0_u8..)
        .flat_map(|((name, count), kind)| seed::scripts(kind, name, count))
        .collect();
    let mads = subnet().1.into_iter().take(8).chain(client().1.into_iter().take(4));
    let mads = mads.flat_map(|mut mad| {
        mad.resize(MAD_LENGTH, 0);
        mad
    });
    seeds.push(Seed::new("mads-of-a-manager", [5].into_iter().chain(mads).collect::<Vec<u8>>()));
    // RFC 4391: four bytes, then ARP with hardware addresses of 20 bytes; who has 10.0.0.1?
    let mut arp = vec![8, 6, 0, 0, 0, 32, 8, 0, 20, 4, 0, 1];
    for (tail, address) in [(2_u8, 2_u8), (0, 1)] {
        arp.extend([0, 0, 0, 0x49, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, tail]);
        arp.extend([10, 0, 0, address]);
    }
    let length = u8::try_from(arp.len()).unwrap_or(u8::MAX);
    seeds.push(Seed::new("arp-over-ipoib", [vec![6, length], arp].concat()));
    seeds
}
