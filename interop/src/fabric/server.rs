//! The far end: a machine with Linux's InfiniBand, the subnet manager, and what a boot needs on `ib0`.

use super::node::{Node, Parts};
use super::seed::{self, Seed};
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

/// How long it may take to come up, on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// The subnet manager and `ib0`, step by step. The serial line says how far it has come.
const FABRIC: &str = r#"
await() { n=0; while ! eval "$1"; do n=$((n+1)); [ $n -gt 1500 ] && { echo "RIG: never: $1"; tail -20 /tmp/opensm.log; dmesg | tail -20; poweroff -f; }; sleep 0.1; done; }
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

/// DHCP by RFC 4390, and TFTP. There is no ping before an offer, which would take three seconds.
const BOOT: &str = r#"
dnsmasq --keep-in-foreground --port=0 --interface=ib0 --bind-interfaces --user=root --no-ping --log-dhcp --log-facility=- --conf-file=/dev/null --pid-file=/tmp/dnsmasq.pid --dhcp-leasefile=/tmp/leases --dhcp-authoritative --dhcp-range=10.50.0.100,10.50.0.110,255.255.255.0,1h --dhcp-boot=pxelinux.0 --enable-tftp --tftp-root=/tftp 2>&1 &
await 'grep -q ":0045 " /proc/net/udp'
"#;

/// Linux's own NFS server. What `exportfs` and `rpc.mountd` would tell the kernel about an export is written to where
/// they would write it (nfsd(7)): the clients' addresses, the export with its flags, the handle of its root.
const NFS: &str = r#"
mkdir /export; mount -t tmpfs export /export; cp -a /root.nfs/. /export
mount -t nfsd nfsd /proc/fs/nfsd
write() { echo "$1" > $2 || say "can't write '$1' to $2"; }
rpc=/proc/net/rpc; forever=2147483647
for n in 100 101 102 103 104 105 106 107 108 109 110; do write "nfsd 10.50.0.$n $forever boot" $rpc/auth.unix.ip/channel; done
# Flags: read-only, from any port, no subtree check, named by a number (which is 0).
write "boot /export $forever 9219 65534 65534 0" $rpc/nfsd.export/channel
write 'boot 1 \x00000000 2147483647 /export' $rpc/nfsd.fh/channel
write "-3 +4 +4.1 +4.2" /proc/fs/nfsd/versions
# Nobody has locks from before: the least time that they are waited for.
write 10 /proc/fs/nfsd/nfsv4leasetime
write 10 /proc/fs/nfsd/nfsv4gracetime
write "tcp 2049" /proc/fs/nfsd/portlist
write 4 /proc/fs/nfsd/threads
"#;

/// What the machine offers.
#[derive(Debug, Clone, Copy)]
pub enum Offers<'s> {
    /// Only the fabric.
    Fabric,
    /// A boot, by DHCP and TFTP.
    Boot(&'s Seed),
    /// A boot, and the root of what boots, by NFS.
    Root(&'s Seed),
}

/// The machine.
#[derive(Debug)]
pub struct Server {
    /// It.
    pub node: Node,
    /// The digest of the payload in the root that it exports, or nothing.
    pub payload: String,
}

/// Switches it on and waits until all that it offers is there.
///
/// # Errors
/// A package is missing, or it doesn't come up; with its serial line.
pub fn start(inside: &Namespace, tree: &Tree, fabric: &Path, offers: Offers<'_>) -> Outcome<Server> {
    let mut guest = Guest::new()?;
    for (module, parameters) in [("ib_umad", ""), ("ib_qib", "ibmtu=4"), ("ib_ipoib", "")] {
        guest.module(module, parameters)?;
    }
    guest.program(&peers::OPENSM_INSIDE)?;
    let mut script = FABRIC.to_owned();
    let mut payload = String::new();
    if let Offers::Boot(seed) | Offers::Root(seed) = offers {
        guest.program(&peers::DNSMASQ)?;
        seed.serve(&mut guest);
        script += BOOT;
    }
    if let Offers::Root(_) = offers {
        guest.module("nfsd", "")?;
        payload = seed::root(&mut guest)?;
        script += NFS;
    }
    let initrd = tree.beside("server.cpio");
    std::fs::write(&initrd, guest.finish(&format!("{script}\necho RIG: READY\nsleep 1000000\n"))?)?;
    let parts = Parts {
        guid: GUID,
        fabric,
        memory: 512,
        kernel: guest::kernel()?,
        initrd,
        command_line: "console=ttyS0 quiet panic=-1".to_owned(),
    };
    let mut node = Node::switch_on(inside, &parts)?;
    node.screen.wait_for("RIG: READY", LIMIT)?;
    Ok(Server { node, payload })
}
