//! An InfiniBand fabric with Linux's own drivers, subnet manager and IPoIB at the far end.

use interop::fabric::{server, switch::Switch};
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};

pub(crate) const CASES: &[Case] = &[Case {
    name: "fabric: Linux's ib_qib, opensm and ib_ipoib on the emulated card bring switch, port and ib0 up",
    peers: &[&peers::LINUX_ALL, &peers::BUSYBOX, &peers::OPENSM_INSIDE, &peers::QEMU, &peers::SEABIOS],
    heavy: true,
    run: comes_up,
}];

fn comes_up() -> Outcome {
    let inside = Namespace::new("fabric")?;
    let tree = Tree::new()?;
    let switch = Switch::start(&tree.beside("fabric"), &tree.beside("fabric.pcap"))?;
    let server = server::start(&inside, &tree, switch.address())?;
    let log = server.screen.log();
    ensure!(log.contains("opensm made the port ACTIVE"), "{log}");
    Ok(())
}
