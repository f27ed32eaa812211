//! What a boot client tells.

use bootproto::client::{Client, Event, FileKind};

use crate::misuse::bp_result;
use crate::types::{BP_NO, BP_NOWHERE, BP_UNKNOWN, bp_bytes, bp_flag, bp_ipv4};

/// What a file is for.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_file(pub u8);

/// No file.
pub const BP_FILE_NONE: bp_file = bp_file(0);
/// The boot file that DHCP names, where it is not itself a kernel; or the program that an entry chains to.
pub const BP_FILE_NBP: bp_file = bp_file(1);
/// A configuration text, which the client keeps itself.
pub const BP_FILE_CONFIGURATION: bp_file = bp_file(2);
/// The list of digests, which the client keeps itself.
pub const BP_FILE_MANIFEST: bp_file = bp_file(3);
/// The kernel.
pub const BP_FILE_KERNEL: bp_file = bp_file(4);
/// An initial RAM disk; `index` says which.
pub const BP_FILE_INITRD: bp_file = bp_file(5);
/// A flattened device tree.
pub const BP_FILE_DEVICE_TREE: bp_file = bp_file(6);

/// What a call to a boot client tells.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_boot_event_kind(pub u32);

/// Nothing to act on.
pub const BP_BOOT_NOTHING: bp_boot_event_kind = bp_boot_event_kind(0);
/// The datagram or frame changed nothing, for the reason `code`.
pub const BP_BOOT_IGNORED: bp_boot_event_kind = bp_boot_event_kind(1);
/// `server` offers `own_address` (0.0.0.0: it is a proxy). For the log.
pub const BP_BOOT_OFFERED: bp_boot_event_kind = bp_boot_event_kind(2);
/// Nobody answered as we presented ourselves; the next way is tried. For the log.
pub const BP_BOOT_DIALECT: bp_boot_event_kind = bp_boot_event_kind(3);
/// See by ARP whether somebody uses `own_address`, then call `bp_boot_probe_result`.
pub const BP_BOOT_PROBE_ADDRESS: bp_boot_event_kind = bp_boot_event_kind(4);
/// There is a lease, see `bp_boot_lease`: configure the stack now.
pub const BP_BOOT_CONFIGURED: bp_boot_event_kind = bp_boot_event_kind(5);
/// `server` refuses the address, with its words in `data`. Drop the address if there was one; the client starts over.
pub const BP_BOOT_REFUSED: bp_boot_event_kind = bp_boot_event_kind(6);
/// The network offers a menu of boot servers, see `bp_boot_server_line`; answer with `bp_boot_choose_server`.
pub const BP_BOOT_SERVER_MENU: bp_boot_event_kind = bp_boot_event_kind(7);
/// The lease was renewed.
pub const BP_BOOT_RENEWED: bp_boot_event_kind = bp_boot_event_kind(8);
/// The lease is over before the boot had begun: drop the address. The client starts over.
pub const BP_BOOT_EXPIRED: bp_boot_event_kind = bp_boot_event_kind(9);
/// A file begins, of `size` bytes as far as that is known, to lie at `address` if there is a memory map. Fill
/// `pad_length` bytes at `pad_address` with zeros, then store `data`, its first bytes, at its beginning.
pub const BP_BOOT_OPEN: bp_boot_event_kind = bp_boot_event_kind(10);
/// Store `data` at `offset` of the file, whose first byte lies at `address`. No byte comes twice.
pub const BP_BOOT_DATA: bp_boot_event_kind = bp_boot_event_kind(11);
/// The file is complete and has `size` bytes.
pub const BP_BOOT_RECEIVED: bp_boot_event_kind = bp_boot_event_kind(12);
/// The server has no such file, and the boot goes on with the next name or without it.
pub const BP_BOOT_NOT_FOUND: bp_boot_event_kind = bp_boot_event_kind(13);
/// The file begins anew: forget what was stored of it.
pub const BP_BOOT_RETRYING: bp_boot_event_kind = bp_boot_event_kind(14);
/// An entry is to be chosen, see `bp_boot_entry`: `index` is the default. After `timeout_micros` it is taken; 0 is never.
/// Answer with `bp_boot_choose`; `bp_boot_hold_choice` stops the clock.
pub const BP_BOOT_CHOOSE: bp_boot_event_kind = bp_boot_event_kind(15);
/// Hand the `size` bytes of the file, as they lie in memory at `address`, to `bp_boot_verify_bytes`.
pub const BP_BOOT_VERIFY: bp_boot_event_kind = bp_boot_event_kind(16);
/// The file is the one that the list names.
pub const BP_BOOT_VERIFIED: bp_boot_event_kind = bp_boot_event_kind(17);
/// Boot from the local disk. The client has finished.
pub const BP_BOOT_LOCAL_BOOT: bp_boot_event_kind = bp_boot_event_kind(18);
/// Everything is in memory and checked, see `bp_boot_plan` and `bp_boot_command_line`. The client has finished.
pub const BP_BOOT_READY: bp_boot_event_kind = bp_boot_event_kind(19);
/// The boot has failed, for the reason `code`, see `bp_boot_failure_text`; `data` is what the server said, not to be
/// trusted as text. The client has finished.
pub const BP_BOOT_FAILED: bp_boot_event_kind = bp_boot_event_kind(20);

/// What a call to a boot client tells. Fields that the kind does not name are 0, addresses `BP_NOWHERE`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_boot_event {
    /// Which of `BP_BOOT_`.
    pub kind: bp_boot_event_kind,
    /// Why.
    pub code: bp_result,
    /// What the file is for.
    pub file: bp_file,
    /// Whether the offer names something to boot.
    pub has_boot: bp_flag,
    /// 0.
    pub reserved: [u8; 2],
    /// Which initrd, or which entry; `UINT32_MAX` for none.
    pub index: u32,
    /// Where the file's first byte lies, or `BP_NOWHERE`.
    pub address: u64,
    /// Where in the file the bytes belong.
    pub offset: u64,
    /// The size of the file in bytes, or `BP_UNKNOWN`.
    pub size: u64,
    /// Where zeros belong.
    pub pad_address: u64,
    /// How many.
    pub pad_length: u64,
    /// When the default entry is taken, in microseconds from now.
    pub timeout_micros: u64,
    /// Bytes: inside the datagram that was handed over, for `BP_BOOT_OPEN` inside the storage until the next call.
    pub data: bp_bytes,
    /// Who speaks.
    pub server: bp_ipv4,
    /// Which address.
    pub own_address: bp_ipv4,
}

impl Default for bp_boot_event {
    fn default() -> Self {
        Self {
            kind: BP_BOOT_NOTHING,
            code: bp_result(0),
            file: BP_FILE_NONE,
            has_boot: BP_NO,
            reserved: [0; 2],
            index: u32::MAX,
            address: BP_NOWHERE,
            offset: 0,
            size: 0,
            pad_address: BP_NOWHERE,
            pad_length: 0,
            timeout_micros: 0,
            data: bp_bytes::NONE,
            server: bp_ipv4::default(),
            own_address: bp_ipv4::default(),
        }
    }
}

impl bp_boot_event {
    /// An event as C reads it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what the client answers itself says nothing")]
    pub(super) fn tell(client: &Client, event: &Event<'_>) -> Self {
        let mut told = Self::default();
        told.kind = match *event {
            Event::Ignored(why) => {
                told.code = why.code().into();
                BP_BOOT_IGNORED
            }
            Event::Offered(offer) => {
                (told.server, told.own_address) = (offer.server.into(), offer.address.into());
                told.has_boot = offer.has_boot.into();
                BP_BOOT_OFFERED
            }
            Event::Dialect(_) => BP_BOOT_DIALECT,
            Event::ProbeAddress(address) => {
                told.own_address = address.into();
                BP_BOOT_PROBE_ADDRESS
            }
            Event::Configured => BP_BOOT_CONFIGURED,
            Event::Refused { server, message } => {
                (told.server, told.data) = (server.into(), bp_bytes::lend(message));
                BP_BOOT_REFUSED
            }
            Event::DhcpMenu => BP_BOOT_SERVER_MENU,
            Event::Renewed => BP_BOOT_RENEWED,
            Event::Expired => BP_BOOT_EXPIRED,
            Event::Choose { default, timeout } => {
                told.index = default.and_then(|index| u32::try_from(index).ok()).unwrap_or(u32::MAX);
                let micros = timeout.map_or(0, |span| span.as_micros());
                told.timeout_micros = u64::try_from(micros).unwrap_or(u64::MAX);
                BP_BOOT_CHOOSE
            }
            Event::LocalBoot { .. } => BP_BOOT_LOCAL_BOOT,
            Event::Ready => BP_BOOT_READY,
            Event::Failed { failure, message } => {
                (told.code, told.data) = (failure.code().into(), bp_bytes::lend(message));
                BP_BOOT_FAILED
            }
            _ => told.tell_of_file(client, event),
        };
        told
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not about a file")]
    fn tell_of_file(&mut self, client: &Client, event: &Event<'_>) -> bp_boot_event_kind {
        match *event {
            Event::Open { kind, size, address } => {
                self.set(kind, address, size);
                self.data = bp_bytes::lend(client.head());
                if let Some(pad) = client.pad() {
                    (self.pad_address, self.pad_length) = (pad.start, pad.length());
                }
                BP_BOOT_OPEN
            }
            Event::Data { kind, address, offset, bytes } => {
                self.set(kind, address, Some(0));
                (self.offset, self.data) = (offset, bp_bytes::lend(bytes));
                BP_BOOT_DATA
            }
            Event::Received { kind, size } => {
                self.set(kind, None, Some(size));
                BP_BOOT_RECEIVED
            }
            Event::NotFound { kind } => {
                self.set(kind, None, Some(0));
                BP_BOOT_NOT_FOUND
            }
            Event::Retrying { kind, .. } => {
                self.set(kind, None, Some(0));
                BP_BOOT_RETRYING
            }
            Event::Verify { kind, address, size } => {
                self.set(kind, address, Some(size));
                BP_BOOT_VERIFY
            }
            Event::Verified { kind, .. } => {
                self.set(kind, None, Some(0));
                BP_BOOT_VERIFIED
            }
            _ => BP_BOOT_NOTHING,
        }
    }

    fn set(&mut self, kind: FileKind, address: Option<u64>, size: Option<u64>) {
        (self.file, self.index) = file(kind);
        (self.address, self.size) = (address.unwrap_or(BP_NOWHERE), size.unwrap_or(BP_UNKNOWN));
    }
}

/// What a file is for, and which.
pub(super) fn file(kind: FileKind) -> (bp_file, u32) {
    match kind {
        FileKind::Nbp => (BP_FILE_NBP, u32::MAX),
        FileKind::Configuration => (BP_FILE_CONFIGURATION, u32::MAX),
        FileKind::Manifest => (BP_FILE_MANIFEST, u32::MAX),
        FileKind::Kernel => (BP_FILE_KERNEL, u32::MAX),
        FileKind::Initrd(index) => (BP_FILE_INITRD, index.into()),
        FileKind::DeviceTree => (BP_FILE_DEVICE_TREE, u32::MAX),
        _ => (BP_FILE_NONE, u32::MAX),
    }
}
