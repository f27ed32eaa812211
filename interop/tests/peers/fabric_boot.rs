//! `netboot boot --fabric`: our whole client over InfiniBand, from dnsmasq on Linux's `ib0`, and what it boots.

use interop::fabric::node::{Node, Parts};
use interop::fabric::seed::Seed;
use interop::fabric::server::{self, Offers};
use interop::fabric::switch::Switch;
use interop::namespace::Namespace;
use interop::payload::{self, Tree};
use interop::process::run;
use interop::runner::Case;
use interop::{Outcome, ensure, peers, runner};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[Case {
    name: "boot over InfiniBand, Linux's opensm, ib_ipoib and dnsmasq: kernel, initrd, and a root over NFS on ib0",
    peers: &[
        &peers::LINUX_ALL,
        &peers::BUSYBOX,
        &peers::OPENSM_INSIDE,
        &peers::DNSMASQ,
        &peers::TSHARK,
        &peers::QEMU,
        &peers::SEABIOS,
    ],
    heavy: true,
    run: from_nothing_to_a_root,
}];

/// The port that boots: first as our client, then as Linux's card.
const GUID: [u8; 8] = [0x00, 0x11, 0x75, 0, 0, 0, 0, 0x02];
const LIMIT: Duration = Duration::from_secs(180);

/// The whole case that this project was begun for: a node on a fabric gets LID, group, lease, kernel and initrd, and the
/// Linux that starts with them finds its way back to the same server by the command line alone.
fn from_nothing_to_a_root() -> Outcome {
    let inside = Namespace::new("fabric")?;
    let tree = Tree::new()?;
    let seed = Seed::new()?;
    let switch = Switch::start(&tree.beside("fabric"), &tree.beside("fabric.pcap"))?;
    let server = server::start(&inside, &tree, switch.address(), Offers::Root(&seed))?;
    let log = || server.node.screen.log();

    let booted = boot(&inside, switch.address(), &tree).map_err(|error| format!("{error}\n{}", log()))?;
    let last = booted.last().ok_or("nothing was told")?;
    ensure!(last["event"] == "ready", "{booted:#?}\n{}", log());
    let text = last.to_string();
    for bytes in [&seed.kernel, &seed.initrd] {
        let digest = payload::digest(bytes);
        ensure!(text.contains(&digest), "{digest} is not in {last:#}");
    }
    // Every step of the way up is told in step 2, in order.
    let told: Vec<&str> = booted
        .iter()
        .filter(|event| event["step"] == "configure")
        .filter_map(|event| event["event"].as_str())
        .filter(|event| {
            ["link", "lid", "group", "offered", "configured", "neighbour", "path"].contains(event)
        })
        .collect();
    let mut order = told.clone();
    order.dedup();
    let place = |name: &str| order.iter().position(|event| *event == name);
    let names = ["link", "lid", "group", "offered", "configured", "neighbour", "path"];
    let places: Option<Vec<usize>> = names.iter().map(|name| place(name)).collect();
    ensure!(places.is_some_and(|places| places.is_sorted()), "{told:?}");
    // By RFC 4390: dnsmasq keys the lease on what it was told.
    ensure!(log().contains("DHCPACK(ib0)"), "{}", log());
    let line = last["command_line"].as_str().unwrap_or_default();
    for word in [
        "::ib0:none",
        "BOOTIF=20-00-11-75-00-00-00-00-02",
        "rd.net.dhcp.client-id=ff:00:00:00:02:00:03:00:20",
    ] {
        ensure!(line.contains(word), "{word} is not in {line}");
    }

    let lid = booted.iter().find(|event| event["event"] == "lid").and_then(|event| event["lid"].as_u64());
    dissected(&tree.beside("fabric.pcap"), lid.ok_or("no LID was told")?)?;

    // The machine that starts what came.
    let parts = Parts {
        guid: GUID,
        fabric: switch.address(),
        memory: 512,
        kernel: tree.beside("came").join("vmlinuz"),
        initrd: tree.beside("came").join("initrd.img"),
        command_line: line.to_owned(),
    };
    let mut node = Node::switch_on(&inside, &parts)?;
    node.screen.wait_for("ROOT: FINISHED", LIMIT).map_err(|error| format!("{error}\n{}", log()))?;
    let screen = node.screen.log();
    for text in ["port 00:11:75:00:00:00:00:02 is ib0", "ROOT: 10.50.0.1:/ / nfs4", &server.payload] {
        ensure!(screen.contains(text), "{text:?} is not in {screen}");
    }
    Ok(())
}

/// Boots, keeps the files beside the tree, and gives all that was told.
fn boot(inside: &Namespace, fabric: &Path, tree: &Tree) -> Outcome<Vec<Value>> {
    let came = tree.beside("came");
    std::fs::create_dir_all(&came)?;
    let guid: Vec<String> = GUID.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = Command::new(runner::netboot()?);
    command.args(["boot", "--json", "--timeout", "120", "--guid", &guid.join(":")]);
    command.arg("--fabric").arg(fabric).arg("--save").arg(&came);
    let finished = run(inside, command, LIMIT)?;
    let events: Result<Vec<Value>, _> = finished.output.lines().map(serde_json::from_str).collect();
    ensure!(finished.status.success(), "{finished:?}");
    Ok(events?)
}

/// Wireshark's dissector on everything that our port sent: nothing malformed, and the fields that were meant.
fn dissected(capture: &Path, lid: u64) -> Outcome {
    let fields = [
        "_ws.malformed",
        "_ws.col.Info",
        "arp.hw.type",
        "arp.hw.size",
        "dhcp.hw.type",
        "dhcp.hw.len",
        "dhcp.flags.bc",
    ];
    let mut tshark = peers::TSHARK.command()?;
    tshark.args(["-n", "-T", "fields", "-E", "separator=|", "-Y", &format!("infiniband.lrh.slid == {lid}")]);
    fields.iter().for_each(|field| {
        tshark.args(["-e", field]);
    });
    let output = tshark.arg("-r").arg(capture).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    // The switch still writes the file, and its last packet may not be all there yet.
    ensure!(
        output.status.success() || error.contains("cut short in the middle of a packet"),
        "tshark: {error}"
    );
    // A length that contradicts the LRH is only in the text of the line.
    if let Some(line) = said.lines().find(|line| !line.starts_with('|') || line.contains("Malformed")) {
        return Err(format!("tshark: {line}").into());
    }
    let some = |what: &str, holds: fn(&str) -> bool| {
        let found = said.lines().any(holds);
        if found { Ok(()) } else { Err(format!("tshark sees no {what} from LID {lid}:\n{said}")) }
    };
    some("ARP of InfiniBand", |line| line.ends_with("|32|20|||"))?;
    some("DHCP by RFC 4390", |line| line.contains("DHCP Discover") && line.ends_with("|0x20|0|1"))?;
    some("question for a path", |line| line.contains("PathRecord"))?;
    some("TFTP request", |line| line.contains("Read Request"))?;
    Ok(())
}
