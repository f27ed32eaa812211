//! A network boot client as one sans-IO machine.
//!
//! What belongs here: the parts that sit above DHCP and TFTP, from the configuration file to where the kernel lies in
//! memory. What does not: packets of either protocol, and I/O of any kind.
//!
//! [`Client`] takes a machine without an address to a kernel, its initrds and its command line in memory, checked and
//! ready to start. Its parts are usable alone: [`config`] reads `pxelinux.cfg`, [`linux`] reads kernels and places
//! them, [`verify`] checks digests, [`transfer`] is the layer that a file protocol joins, [`trace`] keeps the last
//! packets for whoever looks for a fault.
//!
//! # The driver loop
//! This is a whole driver. Only `network` is not shown: it sends datagrams, waits for one until a deadline, and has a
//! clock. (Here it holds a DHCP server and a TFTP server in memory; yours is a UDP stack.)
//!
//! ```
//! use bootproto::client::{Client, Config, Event, Texts};
//! use bootproto::linux::Region;
//! use bootproto_core::{Instant, Machine};
//! use bootproto_dhcp::{HardwareAddress, client as dhcp};
//!
//! // From different chance at every boot: two machines that are switched on together must not do the same.
//! let (seed, another_seed) = (0x5eed, 0xbee);
//! let dhcp = dhcp::Config::new(seed, HardwareAddress::ethernet([0x52, 0x54, 0, 1, 2, 3]));
//! let low = Region { start: 0x1000, length: 0x9_e000, usable: true };
//! let high = Region { start: 0x10_0000, length: 64 << 20, usable: true };
//! let config = Config::new(another_seed, dhcp).with_memory(&[low, high]);
//!
//! # let mut network = lab::Network::new();
//! # let mut memory = vec![0; 65 << 20];
//! let mut now = Instant::from_millis(0);
//! let mut client = Client::new(config, now)?;
//! let (mut configuration, mut manifest) = ([0; 4096], [0; 4096]);
//! let mut texts = Texts::new(&mut configuration, &mut manifest);
//! let mut buffer = [0; Client::MAX_TRANSMIT];
//! let mut arrived;
//! let mut event = Event::Nothing;
//! while !client.is_finished() {
//!     // Act on the event; where the client asks for something, its answer may be the next event.
//!     texts.take(&client, &event);
//!     event = match event {
//!         Event::Configured => Event::Nothing, // configure the stack with client.lease()
//!         Event::Open { address: Some(address), .. } => {
//!             if let Some(pad) = client.pad() {
//!                 memory[pad.start as usize..pad.end as usize].fill(0);
//!             }
//!             memory[address as usize..][..client.head().len()].copy_from_slice(client.head());
//!             Event::Nothing
//!         }
//!         Event::Data { address: Some(address), offset, bytes, .. } => {
//!             memory[(address + offset) as usize..][..bytes.len()].copy_from_slice(bytes);
//!             Event::Nothing
//!         }
//!         Event::NeedText | Event::ChoiceTimedOut => texts.answer(&mut client, now),
//!         // Show a menu made of bootproto::config::Menu; this one takes the first entry.
//!         Event::Choose { .. } => client.choose(now, texts.configuration(), 0),
//!         Event::Verify { address: Some(address), size, .. } => {
//!             client.verify_bytes(now, &memory[address as usize..][..size as usize])
//!         }
//!         Event::Failed { failure, .. } => return Err(failure.into()),
//!         _ => Event::Nothing,
//!     };
//!     if event != Event::Nothing {
//!         continue;
//!     }
//!     // Send everything, then wait for a datagram or the deadline, and hand over exactly one of them.
//!     while let Some(datagram) = client.poll_transmit(now, &mut buffer)? {
//!         network.send(now, datagram.path, datagram.bytes);
//!     }
//!     (now, arrived) = network.wait(now, client.poll_timeout());
//!     event = match &arrived {
//!         Some((path, bytes)) => client.handle_datagram(now, *path, bytes),
//!         None => client.handle_timeout(now).unwrap_or(Event::Nothing),
//!     };
//! }
//!
//! let plan = client.plan().expect("a kernel to start");
//! let mut line = [0; 2048];
//! let line = client.command_line(texts.configuration(), &mut line)?;
//! assert_eq!(line, b"BOOT_IMAGE=vmlinuz root=/dev/nfs initrd=initrd.img");
//! let [kernel, initrd] = plan.files() else { panic!("{plan:?}") };
//! assert!(kernel.is_verified && initrd.is_verified);
//! assert_eq!(&memory[initrd.address.unwrap() as usize..][..6], b"070701");
//! // From here it is the boot protocol: plan.run, plan.initrds, linux::write_zero_page.
//! #
//! # mod lab {
//! #     use bootproto::verify::Digest;
//! #     use bootproto_core::{Instant, Machine, UdpPath};
//! #     use bootproto_dhcp::server::{self, Binding, Server};
//! #     use bootproto_tftp::server::{Config, Send, refuse};
//! #     use bootproto_tftp::wire::{ErrorCode, Request};
//! #     use std::collections::{HashMap, VecDeque};
//! #
//! #     pub struct Network {
//! #         dhcp: Server<[Binding; 4]>,
//! #         files: HashMap<&'static [u8], &'static [u8]>,
//! #         transfers: Vec<Send<&'static [u8]>>,
//! #         arriving: VecDeque<(UdpPath, Vec<u8>)>,
//! #     }
//! #
//! #     impl Network {
//! #         pub fn new() -> Self {
//! #             let config = server::Config::new([10, 0, 0, 1].into())
//! #                 .with_pool([10, 0, 0, 100].into(), [10, 0, 0, 103].into(), [255, 255, 255, 0].into())
//! #                 .with_boot_file(None, b"pxelinux.0");
//! #             let mut kernel = vec![0; 100_000];
//! #             for (at, bytes) in [
//! #                 (0x1f1, &[4][..]), (0x1fe, &[0x55, 0xaa, 0xeb, 0x6a]), (0x202, b"HdrS\x0f\x02\0\0"),
//! #                 (0x211, &[1]), (0x214, &[0, 0, 0x10, 0]), (0x22c, &[0xff, 0xff, 0xff, 0x7f]),
//! #                 (0x230, &[0, 0, 0x20, 0, 1, 21, 1, 0, 0xff, 7]), (0x258, &[0, 0, 0, 1]), (0x260, &[0, 0, 4, 0]),
//! #             ] {
//! #                 kernel[at..at + bytes.len()].copy_from_slice(bytes);
//! #             }
//! #             let initrd: &[u8] = &b"070701 and so on".repeat(5000);
//! #             let sums = format!("{}  ../vmlinuz\n{}  ../initrd.img\n", Digest::of(&kernel), Digest::of(initrd));
//! #             let text = b"PROMPT 1\nLABEL lab\nKERNEL vmlinuz\nINITRD initrd.img\nAPPEND root=/dev/nfs\n";
//! #             let mut files: HashMap<&'static [u8], &'static [u8]> = HashMap::new();
//! #             files.insert(b"pxelinux.0", b"a boot program");
//! #             files.insert(b"pxelinux.cfg/default", text);
//! #             files.insert(b"pxelinux.cfg/SHA256SUMS", sums.into_bytes().leak());
//! #             files.insert(b"vmlinuz", kernel.leak());
//! #             files.insert(b"initrd.img", initrd.to_vec().leak());
//! #             let dhcp = Server::new(config, [Binding::FREE; 4]).unwrap();
//! #             Self { dhcp, files, transfers: Vec::new(), arriving: VecDeque::new() }
//! #         }
//! #
//! #         pub fn send(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) {
//! #             let mut path = path.reversed();
//! #             let mut buffer = [0; 2048];
//! #             if path.local.port() == 67 {
//! #                 self.dhcp.handle_datagram(now, path, bytes);
//! #             } else if path.local.port() == 69 {
//! #                 path.local.set_port(40_000);
//! #                 let request = Request::parse(bytes).unwrap();
//! #                 match self.files.get(request.file) {
//! #                     Some(file) => self.transfers.push(Send::new(Config::new(1), path, &request, *file).unwrap()),
//! #                     None => {
//! #                         let no = refuse(path, ErrorCode::NOT_FOUND, b"no such file", &mut buffer).unwrap();
//! #                         self.arriving.push_back((no.path.reversed(), no.bytes.to_vec()));
//! #                     }
//! #                 }
//! #             } else if let Some(transfer) =
//! #                 self.transfers.iter_mut().find(|transfer| transfer.path().remote == path.remote)
//! #             {
//! #                 transfer.handle_datagram(now, path, bytes);
//! #             }
//! #             while let Ok(Some(sent)) = self.dhcp.poll_transmit(now, &mut buffer) {
//! #                 self.arriving.push_back((sent.path.reversed(), sent.bytes.to_vec()));
//! #             }
//! #             for transfer in &mut self.transfers {
//! #                 while let Ok(Some(sent)) = transfer.poll_transmit(now, &mut buffer) {
//! #                     self.arriving.push_back((sent.path.reversed(), sent.bytes.to_vec()));
//! #                 }
//! #             }
//! #         }
//! #
//! #         pub fn wait(
//! #             &mut self,
//! #             now: Instant,
//! #             deadline: Option<Instant>,
//! #         ) -> (Instant, Option<(UdpPath, Vec<u8>)>) {
//! #             // A client with something to do does it first.
//! #             if let Some(deadline) = deadline.filter(|at| at.as_micros() <= now.as_micros() + 1) {
//! #                 return (deadline.max(now), None);
//! #             }
//! #             match self.arriving.pop_front() {
//! #                 Some(datagram) => (now, Some(datagram)),
//! #                 None => (deadline.expect("the client waits for something").max(now), None),
//! #             }
//! #         }
//! #     }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Threats
//! | from | what | against it |
//! |---|---|---|
//! | any host | garbage, strangers' and late datagrams | ignored with a numbered reason, state as before |
//! | a DHCP server | refusals without end, wrong lengths | a bounded number of tries, then a failure of step configure |
//! | a file server | a file larger than announced, than its cap or than its place | a failure before the byte is delivered |
//! | a file server | includes in a circle, a kernel with a broken header | a failure with step and number |
//! | a file server, the path to it, memory | other bytes than those meant | digests of what lies in memory; the list itself is as trustworthy as its way here |
#![no_std]

pub mod adapters;
pub mod client;
pub mod config;
mod failure;
pub mod linux;
#[cfg(feature = "smoltcp-ethernet")]
pub mod net;
mod step;
pub mod trace;
pub mod transfer;
pub mod verify;

pub use client::Client;
pub use failure::{Cause, Failure, Fault, LastPacket};
pub use step::Step;
