//! What a caller sets, and what it can get wrong.

use core::time::Duration;

use bootproto_dhcp::{Text, client as dhcp};

use super::FileKind;
use crate::linux::Region;

/// How many regions of memory a client keeps.
pub(super) const MAX_REGIONS: usize = 16;
/// What happens to the boot file that DHCP names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Load {
    /// It is fetched. If it is itself a kernel, it is what boots (direct mode).
    #[default]
    Fetch,
    /// It is not: we are that file.
    Skip,
    /// It is the image itself, and there is no configuration: it is fetched, whatever it is, and the boot is
    /// [`Ready`](super::Event::Ready) with it as the plan's only file, an [`Nbp`](FileKind::Nbp). For machines that
    /// start one program, such as microcontrollers. [`Caps::nbp`] says how much room there is, and the caller where.
    Image,
}

/// Whether files are checked against the list of digests (`SHA256SUMS`) beside the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ManifestPolicy {
    /// No list is asked for.
    Off,
    /// Where there is a list, what it names must fit; what it doesn't name passes.
    #[default]
    IfPresent,
    /// There must be a list, and it must name every file that boots. The configuration and what it includes need not be
    /// named; where they are, they must fit.
    Required,
}

/// The most bytes that a file of each kind may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// The boot file. Default 16 MiB; it doesn't bound a kernel in direct mode.
    pub nbp: u64,
    /// Each configuration text. Default 64 KiB.
    pub configuration: u64,
    /// The manifest. Default 64 KiB.
    pub manifest: u64,
    /// The kernel. Default 512 MiB.
    pub kernel: u64,
    /// Each initrd. Default 4 GiB.
    pub initrd: u64,
    /// The device tree. Default 2 MiB, which is what arm64's boot protocol allows.
    pub device_tree: u64,
}

impl Caps {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        nbp: 16 << 20,
        configuration: 64 << 10,
        manifest: 64 << 10,
        kernel: 512 << 20,
        initrd: 4 << 30,
        device_tree: 2 << 20,
    };

    pub(super) const fn of(&self, kind: FileKind) -> u64 {
        match kind {
            FileKind::Nbp => self.nbp,
            FileKind::Configuration => self.configuration,
            FileKind::Manifest => self.manifest,
            FileKind::Kernel => self.kernel,
            FileKind::Initrd(_) => self.initrd,
            FileKind::DeviceTree => self.device_tree,
        }
    }
}

impl Default for Caps {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How a boot is to go. [`Config::new`] takes what has no default; every other knob has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) seed: u64,
    pub(super) dhcp: dhcp::Config,
    pub(super) knobs: Knobs,
    error: Option<ConfigError>,
}

/// What the client keeps of its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Knobs {
    pub(super) load: Load,
    pub(super) manifest: ManifestPolicy,
    pub(super) caps: Caps,
    pub(super) memory: heapless::Vec<Region, MAX_REGIONS>,
    pub(super) transfer_port: u16,
    pub(super) link_mtu: Option<u16>,
    pub(super) p_key: u16,
    pub(super) interface: Text<15>,
    pub(super) block_size: Option<u16>,
    pub(super) window_size: u16,
    pub(super) receive_buffer: Option<u32>,
    pub(super) give_up: Option<Duration>,
    pub(super) minimum_rate: Option<(u32, Duration)>,
    pub(super) tries: u8,
    pub(super) always_ask: bool,
    pub(super) chaining: bool,
}

impl Config {
    /// A boot with this DHCP configuration.
    ///
    /// `seed` must differ at every boot; the ports of the transfers come from it. The DHCP configuration has a seed of
    /// its own.
    #[must_use]
    pub const fn new(seed: u64, dhcp: dhcp::Config) -> Self {
        Self {
            seed,
            dhcp,
            knobs: Knobs {
                load: Load::Fetch,
                manifest: ManifestPolicy::IfPresent,
                caps: Caps::DEFAULT,
                memory: heapless::Vec::new(),
                transfer_port: 69,
                link_mtu: None,
                p_key: 0xffff,
                interface: Text::EMPTY,
                block_size: None,
                window_size: 16,
                receive_buffer: None,
                give_up: None,
                minimum_rate: None,
                tries: 1,
                always_ask: false,
                chaining: false,
            },
            error: None,
        }
    }

    /// What happens to the boot file. Default: it is fetched.
    #[must_use]
    pub const fn with_load(mut self, load: Load) -> Self {
        self.knobs.load = load;
        self
    }

    /// Whether files are checked against `SHA256SUMS`. Default: where it is there.
    #[must_use]
    pub const fn with_manifest(mut self, policy: ManifestPolicy) -> Self {
        self.knobs.manifest = policy;
        self
    }

    /// The most bytes that each kind of file may have.
    #[must_use]
    pub const fn with_caps(mut self, caps: Caps) -> Self {
        self.knobs.caps = caps;
        self
    }

    /// The port on which transfers are asked for. Default 69, TFTP's.
    #[must_use]
    pub const fn with_transfer_port(mut self, port: u16) -> Self {
        self.knobs.transfer_port = port;
        self
    }

    /// The bytes of IP in one packet of the link, which no MTU of a server's raises: 2044 over IPoIB. Default: the
    /// lease's MTU (option 26), or Ethernet's 1500.
    #[must_use]
    pub const fn with_link_mtu(mut self, bytes: u16) -> Self {
        self.knobs.link_mtu = Some(bytes);
        self
    }

    /// The partition that the boot goes over (with its membership bit), and what Linux will call the port's interface,
    /// at most 15 bytes; for the kernel's command line, see [`InfinibandFacts`](crate::config::InfinibandFacts).
    /// Default: the default partition, and an interface of unknown name.
    #[must_use]
    pub fn with_infiniband(mut self, p_key: u16, interface: &[u8]) -> Self {
        self.knobs.p_key = p_key;
        match Text::new(interface) {
            Some(interface) => self.knobs.interface = interface,
            None => self.error = Some(ConfigError::InterfaceTooLong { length: interface.len() }),
        }
        self
    }

    /// The bytes of file in one datagram. Default: what fits the lease's MTU (option 26) and that of the link
    /// ([`with_link_mtu`](Self::with_link_mtu)) without fragmentation: 1468 on Ethernet, 2012 over IPoIB. The kernel's are never larger than 2048.
    #[must_use]
    pub const fn with_block_size(mut self, bytes: u16) -> Self {
        self.knobs.block_size = Some(bytes);
        self
    }

    /// How many datagrams may be under way. Default 16.
    #[must_use]
    pub const fn with_window_size(mut self, blocks: u16) -> Self {
        self.knobs.window_size = blocks;
        self
    }

    /// How many bytes of datagrams the stack below can hold before we look. Default: unknown, large.
    #[must_use]
    pub const fn with_receive_buffer(mut self, bytes: u32) -> Self {
        self.knobs.receive_buffer = Some(bytes);
        self
    }

    /// How long a server may be silent before a transfer fails. Default: the protocol's.
    #[must_use]
    pub const fn with_give_up(mut self, silence: Duration) -> Self {
        self.knobs.give_up = Some(silence);
        self
    }

    /// The least bytes that must come in every `period` (at most an hour), or the transfer fails. Default: the
    /// protocol's, for TFTP 64 KiB in 5 minutes. 0 bytes ask for nothing; then a hostile server can hold the boot for
    /// ever.
    #[must_use]
    pub const fn with_minimum_rate(mut self, bytes: u32, period: Duration) -> Self {
        self.knobs.minimum_rate = Some((bytes, period));
        self
    }

    /// How many more times a transfer is tried after it failed. Default 1. What the server refuses for good (no such
    /// file) is not tried again.
    #[must_use]
    pub const fn with_tries(mut self, more: u8) -> Self {
        self.knobs.tries = more;
        self
    }

    /// Whether [`Event::Choose`](super::Event::Choose) comes even for a configuration that asks nobody (`PROMPT 0`
    /// and no menu): for a caller who knows which entry it wants. Default: no.
    #[must_use]
    pub const fn with_always_ask(mut self, ask: bool) -> Self {
        self.knobs.always_ask = ask;
        self
    }

    /// Whether the caller can start a network boot program. Then entries with PXE or BOOT, and those whose KERNEL is one
    /// by its ending (`.0`, `.bin`) and by its first bytes no Linux kernel, end with a [`Plan`](super::Plan) without a
    /// kernel whose only file is an [`Nbp`](super::FileKind::Nbp). Default: no, and such an entry is a failure.
    #[must_use]
    pub const fn with_chaining(mut self, chaining: bool) -> Self {
        self.knobs.chaining = chaining;
        self
    }

    /// The memory that may be used, at most 16 regions; give the same kind of list as
    /// [`MemoryMap`](crate::linux::MemoryMap) takes. Default: none, and then nothing is placed: `address` is `None` in
    /// every event, and the caller decides where files go.
    #[must_use]
    pub fn with_memory(mut self, regions: &[Region]) -> Self {
        match heapless::Vec::from_slice(regions) {
            Ok(memory) => self.knobs.memory = memory,
            Err(_) => self.error = Some(ConfigError::TooManyRegions { regions: regions.len() }),
        }
        self
    }

    pub(super) const fn check(&self) -> Result<(), ConfigError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.knobs.transfer_port == 0 {
            return Err(ConfigError::PortZero);
        }
        if self.knobs.window_size == 0 {
            return Err(ConfigError::BadWindowSize);
        }
        if matches!((self.knobs.load, self.knobs.manifest), (Load::Image, ManifestPolicy::Required)) {
            return Err(ConfigError::NothingListed);
        }
        match self.knobs.block_size {
            Some(bytes) if bytes < 8 || bytes > 65464 => Err(ConfigError::BadBlockSize { bytes }),
            _ => Ok(()),
        }
    }
}

bootproto_core::numbered! {
    /// The caller's mistake at construction.
    pub enum ConfigError {
        /// The DHCP configuration is at fault.
        Dhcp { /** How. */ error: bootproto_dhcp::client::ConfigError } = 3301, "the DHCP configuration is wrong: {error}", "Correct the DHCP configuration.";
        /// The transfer port is 0.
        PortZero = 3302, "the transfer port is 0", "Give another port; TFTP's is 69.";
        /// The window is empty.
        BadWindowSize = 3303, "the window size is 0", "16 suits most networks.";
        /// No block has this size (RFC 2348).
        BadBlockSize { /** The size. */ bytes: u16 } = 3304, "the block size {bytes} is outside 8 to 65464", "1468 suits Ethernet.";
        /// The memory map has too many regions.
        TooManyRegions { /** How many. */ regions: usize } = 3305, "the memory map has {regions} regions, 16 are kept", "Give the largest regions of usable memory.";
        /// An interface name that Linux can't have.
        InterfaceTooLong { /** Its length in bytes. */ length: usize } = 3306, "the interface's name has {length} bytes, Linux takes 15", "Give the name that Linux will show, such as ib0.";
        /// A manifest is required of an image that comes alone.
        NothingListed = 3307, "a manifest is required, but an image comes without one", "Check the image's signature after it is there, or boot by a configuration.";
    }
}
