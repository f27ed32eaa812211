//! Machines that boot at once: each our client on a link of testkit's with both of our servers at its other end, all
//! of them in one process and in slices of the same time.

// The servers that bootproto's own tests have.
#[path = "../../../bootproto/tests/servers/mod.rs"]
mod servers;

use bootproto::client::{Client, Config, Event, Texts};
use bootproto::linux::Region;
use bootproto_core::Instant;
use bootproto_dhcp::{HardwareAddress, client as dhcp, server};
use servers::Host;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;
use testkit::laws::{Class, Subject};
use testkit::world::{Ended, Link, World};

/// The files that every machine fetches, once in memory.
pub type Files = Rc<BTreeMap<String, Rc<[u8]>>>;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);
const LOW: Region = Region { start: 0x1000, length: 0x9_e000, usable: true };
const HIGH: Region = Region { start: 0x10_0000, length: 64 << 20, usable: true };
const CONFIGURATION: &[u8] =
    b"DEFAULT lab\nLABEL lab\n  LINUX vmlinuz\n  INITRD initrd.img\n  APPEND root=/dev/nfs quiet\n";

/// Room for a configuration text, and for a manifest.
const TEXT: usize = 4096;

testkit::wrap!(pub struct Booter(Client));

impl Subject for Booter {
    fn class(event: &Event<'_>) -> Class {
        match event {
            Event::Ready | Event::Failed { .. } => Class::Terminal,
            Event::Ignored(why) if why.is_duplicate() => Class::Duplicate,
            Event::Ignored(_) => Class::Ignored,
            _ => Class::Other,
        }
    }

    fn parses(_: &[u8]) -> bool {
        // The tests of each crate look at that.
        true
    }

    fn burst(&self) -> usize {
        6
    }
}

/// A boot program, a configuration, a kernel of `size` bytes and an initrd as large.
#[must_use]
pub fn files(size: usize) -> Files {
    let filling = |length: usize| (0..length).map(|at| (at % 251) as u8).collect::<Vec<_>>();
    let files = [
        ("lab/pxelinux.0", filling(4096)),
        ("lab/pxelinux.cfg/default", CONFIGURATION.to_vec()),
        ("lab/vmlinuz", bzimage(size)),
        ("lab/initrd.img", filling(size)),
    ];
    Rc::new(files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.into())).collect())
}

/// One machine, its link and its servers.
pub struct Station {
    world: World<Booter>,
    texts: Texts<'static>,
    bytes: u64,
}

/// What is there to begin with: a client, and the room that its caller gives it.
#[must_use]
pub fn client(number: u32) -> (Client, Texts<'static>) {
    let [.., a, b, c] = number.to_be_bytes();
    let hardware = HardwareAddress::ethernet([0x52, 0x54, 0, a, b, c]);
    let config = Config::new(number.into(), dhcp::Config::new(number.into(), hardware));
    let client = Client::new(config.with_memory(&[LOW, HIGH]), Instant::default()).expect("sound");
    // Leaked, for they are lent for as long as the process lives.
    (client, Texts::new(vec![0; TEXT].leak(), vec![0; TEXT].leak()))
}

impl Station {
    /// The machine of this number, switched on.
    #[must_use]
    pub fn new(number: u32, files: &Files) -> Self {
        let (client, texts) = client(number);
        let config = server::Config::new(SERVER).with_pool(CLIENT, CLIENT, MASK);
        let config = config.with_boot_file(None, b"lab/pxelinux.0");
        let host: Host<1> = Host::new(SERVER, config, Rc::clone(files));
        let world = World::new(Booter(client), Link::perfect(), number.into())
            .without_records()
            .with_address(CLIENT)
            .with_peer(host);
        Self { world, texts, bytes: 0 }
    }

    /// Lets time pass; true when the boot is over.
    ///
    /// # Panics
    /// The machine breaks a law, or the boot fails.
    pub fn pass(&mut self, span: Duration) -> bool {
        let Self { world, texts, bytes } = self;
        let ended = world.run(span, |booter, now, event| on(&mut booter.0, texts, bytes, now, event));
        let over = ended.expect("no law is broken") != Ended::Limit;
        // What the client tells in answer to its caller's words, the world does not see.
        assert!(!over || world.machine.0.plan().is_some(), "it has not booted");
        over
    }

    /// Packets sent so far, in both directions.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.world.sent()
    }

    /// Looks at what came of the boot.
    ///
    /// # Panics
    /// It is not the kernel and the initrd of the server.
    pub fn check(&self, files: &Files) {
        let plan = self.world.machine.0.plan().expect("a kernel to start");
        let sizes: Vec<_> = plan.files().iter().map(|file| file.size as usize).collect();
        let (kernel, initrd) = (files["lab/vmlinuz"].len(), files["lab/initrd.img"].len());
        assert_eq!(sizes, [kernel, initrd]);
        assert_eq!(self.bytes as usize, kernel + initrd, "each byte came once");
    }
}

fn on(client: &mut Client, texts: &mut Texts<'static>, bytes: &mut u64, now: Instant, event: &Event<'_>) {
    texts.take(client, event);
    let next = match *event {
        Event::Open { address: Some(_), .. } => {
            *bytes += client.head().len() as u64;
            Event::Nothing
        }
        Event::Data { address: Some(_), bytes: came, .. } => {
            *bytes += came.len() as u64;
            Event::Nothing
        }
        Event::NeedText | Event::ChoiceTimedOut => texts.answer(client, now),
        Event::ProbeAddress(_) => {
            client.probe_result(now, false);
            Event::Nothing
        }
        Event::Failed { failure, .. } => panic!("{failure}"),
        _ => Event::Nothing,
    };
    if next != Event::Nothing {
        on(client, texts, bytes, now, &next);
    }
}

/// A bzImage of boot protocol 2.15 (the kernel's `Documentation/arch/x86/boot.rst`): four setup sectors and `body` bytes.
fn bzimage(body: usize) -> Vec<u8> {
    let body = body.next_multiple_of(16);
    let mut image = vec![0; 5 * 512 + body];
    let long = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[4]);
    put(0x1f4, &long(body / 16));
    put(0x1fe, &[0x55, 0xaa, 0xeb, 0x6a]);
    put(0x202, b"HdrS");
    put(0x206, &0x020f_u16.to_le_bytes());
    put(0x211, &[1]);
    put(0x214, &0x10_0000_u32.to_le_bytes());
    put(0x22c, &0x7fff_ffff_u32.to_le_bytes());
    put(0x230, &0x20_0000_u32.to_le_bytes());
    put(0x234, &[1, 21, 1]);
    put(0x238, &2047_u32.to_le_bytes());
    put(0x258, &0x100_0000_u64.to_le_bytes());
    put(0x260, &long((body + 0x1000).next_multiple_of(4096)));
    image
}

#[cfg(test)]
mod tests {
    use super::{Station, files};
    use std::time::Duration;

    #[test]
    fn three_machines_boot() {
        let files = files(20_000);
        let mut stations: Vec<_> = (0..3).map(|number| Station::new(number, &files)).collect();
        for station in &mut stations {
            let booted = (0..1000).any(|_| station.pass(Duration::from_millis(20)));
            assert!(booted, "a boot takes seconds");
        }
        stations.iter().for_each(|station| station.check(&files));
        assert!(stations.iter().all(|station| station.packets() > 40));
    }
}
