//! The rig itself: a broken cable has to be broken.

use interop::namespace::Namespace;
use interop::relay::{Faults, Relay};
use interop::runner::Case;
use interop::{Outcome, ensure};
use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[Case {
    name: "rig: the relay loses, duplicates and reorders what crosses it",
    peers: &[],
    heavy: false,
    run: the_relay_is_faulty,
}];

fn the_relay_is_faulty() -> Outcome {
    let (a, b) = (Namespace::new("a")?, Namespace::new("b")?);
    let faults =
        Faults { seed: 7, loss: 50, duplication: 50, reordering: 50, delay: Duration::from_micros(100) };
    let relay = Relay::between((&a, "10.78.0.1/24"), (&b, "10.78.0.2/24"), faults)?;
    let from = a.enter(|| UdpSocket::bind("10.78.0.1:0"))?;
    let to = b.enter(|| UdpSocket::bind("10.78.0.2:5000"))?;
    to.set_read_timeout(Some(Duration::from_millis(300)))?;
    // Read while they come: a thousand small datagrams are more than a socket holds.
    let reader = std::thread::spawn(move || {
        let (mut came, mut buffer) = (Vec::new(), [0; 4]);
        while to.recv(&mut buffer).is_ok() {
            came.push(u32::from_be_bytes(buffer));
        }
        came
    });
    for number in 0..1000_u32 {
        from.send_to(&number.to_be_bytes(), "10.78.0.2:5000")?;
        std::thread::sleep(Duration::from_micros(200));
    }
    let came = reader.join().map_err(|_| "the reader failed")?;
    let different: BTreeSet<u32> = came.iter().copied().collect();
    ensure!((900..990).contains(&different.len()), "{} of 1000 arrived", different.len());
    ensure!(came.len() > different.len(), "nothing came twice");
    ensure!(came.windows(2).any(|pair| pair[0] > pair[1]), "nothing came out of order");
    let counts = relay.counts();
    ensure!(counts.lost > 10 && counts.duplicated > 10 && counts.reordered > 10, "{counts:?}");
    Ok(())
}
