//! Our SA client on a simulated fabric with the real opensm.

use interop::ibsim::Port;
use interop::ibsim::programs::Place;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};

pub(crate) const CASES: &[Case] = &[Case {
    name: "InfiniBand SA client, opensm on ibsim: smoke",
    peers: &[&peers::OPENSM_INSIDE, &peers::IBSIM, &peers::IBDIAGS],
    heavy: false,
    run: smoke,
}];

/// Two nodes and a switch. opensm lives on the first.
const NETWORK: &str = "Switch 4 \"Switch1\"\n[1] \"Manager\"[1]\n[2] \"Node\"[1]\n\n\
    Hca 1 \"Manager\"\n[1] \"Switch1\"[1]\n\nHca 1 \"Node\"\n[1] \"Switch1\"[2]\n";

fn smoke() -> Outcome {
    let place = Place::new()?;
    let _ibsim = place.ibsim(NETWORK)?;
    let _opensm = place.opensm("Manager", &[])?;
    let port = Port::attach(&place.namespace, "Node")?;
    let (lid, state) = port.lid_and_state()?;
    ensure!(lid == 3 && state == 4, "lid {lid} state {state}");
    let out = place.diagnose("Node", "saquery", &["-g"])?.success()?;
    ensure!(out.output.contains("ff12:401b:ffff::ffff:ffff"), "{}", out.text());
    Ok(())
}
