//! An InfiniBand fabric with Linux's own drivers, subnet manager and IPoIB at the far end.

use bootproto_ib_verbs_lite::mad::AttributeId;
use bootproto_ib_verbs_lite::{Guid, sa, sma};
use interop::fabric::node::{Node, Parts};
use interop::fabric::port::Port;
use interop::fabric::seed::Seed;
use interop::fabric::server::{self, Offers};
use interop::fabric::switch::Switch;
use interop::ibsim;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::runner::Case;
use interop::{Outcome, ensure, peers};
use std::path::Path;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "fabric: opensm on Linux's ib_qib brings our port up through a switch, and answers in long tables (RMPP)",
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

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn comes_up() -> Outcome {
    let inside = Namespace::new("fabric")?;
    let tree = Tree::new()?;
    let switch = Switch::start(&tree.beside("fabric"), &tree.beside("fabric.pcap"))?;
    let server = server::start(&inside, &tree, switch.address(), Offers::Fabric)?;
    let done = agents(switch.address());
    done.map_err(|error| format!("{error}\n{}", server.node.screen.log()).into())
}

/// Our agents and our SA client on the fabric, one port with no hardware at all.
fn agents(fabric: &Path) -> Outcome {
    let guid = Guid(0x0002_c903_0000_0020);
    let config = sma::Config::new(1, guid, guid).with_description(b"bootproto");
    let mut port = Port::plug(fabric, ibsim::Node::new(config, guid)?)?;
    port.serve_until(LIMIT, |node| node.is_active())?;
    let now = port.agents.now();
    port.agents.sa.ask(now, sa::Question::Table { attribute: AttributeId::NODE_RECORD })?;
    let last = |node: &mut ibsim::Node| node.answers.iter().any(|answer| answer.contains("complete: true"));
    port.serve_until(LIMIT, last)?;
    // Three nodes have records of 108 bytes, and a segment has room for 200.
    let answers = &port.agents.answers;
    ensure!(
        answers.len() == 2 && answers.iter().all(|answer| answer.contains("distance: 112")),
        "{answers:?}"
    );
    for name in ["rig switch", "bootproto"] {
        let bytes: Vec<_> = name.bytes().map(|byte| byte.to_string()).collect();
        ensure!(answers.concat().contains(&bytes.join(", ")), "{name} is not in {answers:?}");
    }
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
