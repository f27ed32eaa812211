//! The far end: a machine with Linux's InfiniBand, the subnet manager, and what a boot needs on `ib0`.

use super::node::{Node, Parts};
use crate::guest::{self, Guest};
use crate::namespace::Namespace;
use crate::payload::Tree;
use crate::{Outcome, peers};
use std::path::Path;
use std::time::Duration;

/// Its card's GUID: QLogic's prefix.
pub const GUID: [u8; 8] = [0x00, 0x11, 0x75, 0x00, 0x00, 0x7e, 0x5e, 0x01];

/// Its address on `ib0`.
pub const ADDRESS: &str = "10.50.0.1";

/// The subnet manager and `ib0`, step by step. The serial line says how far it has come.
const SCRIPT: &str = r#"
await() { n=0; while ! eval "$1"; do n=$((n+1)); [ $n -gt 900 ] && { echo "RIG: never: $1"; tail -20 /tmp/opensm.log; dmesg | tail -20; poweroff -f; }; sleep 0.1; done; }
say() { echo "RIG: $1 ($(cut -d' ' -f1 /proc/uptime) s)"; }
port=/sys/class/infiniband/qib0/ports/1
await 'grep -qv DOWN $port/state'
say "link up"
echo 'Default=0x7fff,ipoib:ALL=full;' > /tmp/partitions.conf
OSM_TMP_DIR=/tmp OSM_CACHE_DIR=/tmp opensm -P /tmp/partitions.conf -f /tmp/opensm.log -d 2 -D 3 > /tmp/opensm.out 2>&1 &
await 'grep -q ACTIVE $port/state'
say "opensm made the port ACTIVE, LID $(cat $port/lid)"
ip link set ib0 up
ip addr add 10.50.0.1/24 dev ib0
await '[ "$(cat /sys/class/net/ib0/carrier)" = 1 ]'
say "ib0 is up"
"#;

/// Switches it on and waits until `ib0` is up.
///
/// # Errors
/// A package is missing, or it doesn't come up; with its serial line.
pub fn start(inside: &Namespace, tree: &Tree, fabric: &Path) -> Outcome<Node> {
    let mut guest = Guest::new()?;
    for (module, parameters) in [("ib_umad", ""), ("ib_qib", "ibmtu=4"), ("ib_ipoib", "")] {
        guest.module(module, parameters)?;
    }
    guest.program(&peers::OPENSM_INSIDE)?;
    let initrd = tree.beside("server.cpio");
    std::fs::write(&initrd, guest.finish(&format!("{SCRIPT}\nsleep 100000\n"))?)?;
    let parts = Parts {
        guid: GUID,
        fabric,
        memory: 512,
        kernel: guest::kernel()?,
        initrd,
        command_line: "console=ttyS0 quiet panic=-1".to_owned(),
    };
    let mut node = Node::switch_on(inside, &parts)?;
    node.screen.wait_for("RIG: ib0 is up", Duration::from_secs(120))?;
    Ok(node)
}
