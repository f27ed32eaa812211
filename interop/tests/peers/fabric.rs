//! An InfiniBand fabric with Linux's own drivers, subnet manager and IPoIB at the far end.

use interop::fabric::node::{Node, Parts};
use interop::fabric::seed::Seed;
use interop::fabric::server::{self, Offers};
use interop::fabric::switch::Switch;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "fabric: Linux's ib_qib, opensm and ib_ipoib on the emulated card bring switch, port and ib0 up",
        peers: &[&peers::LINUX_ALL, &peers::BUSYBOX, &peers::OPENSM_INSIDE, &peers::QEMU, &peers::SEABIOS],
        heavy: true,
        run: comes_up,
    },
    Case {
        name: "fabric: a second machine brings ib0 up by its command line and mounts its root by NFS",
        peers: &[
            &peers::LINUX_ALL,
            &peers::BUSYBOX,
            &peers::OPENSM_INSIDE,
            &peers::DNSMASQ,
            &peers::QEMU,
            &peers::SEABIOS,
        ],
        heavy: true,
        run: mounts_its_root,
    },
];

fn comes_up() -> Outcome {
    let inside = Namespace::new("fabric")?;
    let tree = Tree::new()?;
    let switch = Switch::start(&tree.beside("fabric"), &tree.beside("fabric.pcap"))?;
    let server = server::start(&inside, &tree, switch.address(), Offers::Fabric)?;
    let log = server.node.screen.log();
    ensure!(log.contains("opensm made the port ACTIVE"), "{log}");
    Ok(())
}

/// A command line such as the boot client makes it.
const COMMAND_LINE: &str = "console=ttyS0 quiet panic=-1 root=/dev/nfs nfsroot=10.50.0.1:/,vers=4.2,ro \
    ip=10.50.0.101:10.50.0.1::255.255.255.0::ib0:none BOOTIF=20-00-11-75-00-00-00-00-02";

fn mounts_its_root() -> Outcome {
    let inside = Namespace::new("fabric")?;
    let tree = Tree::new()?;
    let seed = Seed::new()?;
    let switch = Switch::start(&tree.beside("fabric"), &tree.beside("fabric.pcap"))?;
    let server = server::start(&inside, &tree, switch.address(), Offers::Root(&seed))?;
    std::fs::write(tree.beside("kernel"), &seed.kernel)?;
    std::fs::write(tree.beside("initrd"), &seed.initrd)?;
    let parts = Parts {
        guid: [0, 0x11, 0x75, 0, 0, 0, 0, 2],
        fabric: switch.address(),
        memory: 512,
        kernel: tree.beside("kernel"),
        initrd: tree.beside("initrd"),
        command_line: COMMAND_LINE.to_owned(),
    };
    let mut node = Node::switch_on(&inside, &parts)?;
    node.screen
        .wait_for("ROOT: FINISHED", Duration::from_secs(180))
        .map_err(|error| format!("{error}\n{}", server.node.screen.log()))?;
    let screen = node.screen.log();
    for text in ["port 00:11:75:00:00:00:00:02 is ib0", "ROOT: 10.50.0.1:/ / nfs4", &server.payload] {
        ensure!(screen.contains(text), "{text:?} is not in {screen}");
    }
    Ok(())
}
