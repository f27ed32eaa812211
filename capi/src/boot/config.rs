//! What a boot client is told.

use core::time::Duration;

use bootproto::client::{Caps, Config, Load, ManifestPolicy};
use bootproto::linux::Region;

use crate::dhcp::bp_dhcp_config;
use crate::misuse::{Misuse, Wrong};
use crate::raw::field;
use crate::types::{BP_NO, bp_buffer, bp_bytes, bp_flag};

/// How many regions of memory a boot client keeps.
pub const BP_BOOT_REGIONS: usize = 16;

/// What happens to the boot file that DHCP names.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_load(pub u8);

/// It is fetched. If it is itself a kernel, it is what boots.
pub const BP_LOAD_FETCH: bp_load = bp_load(0);
/// It is not: we are that file.
pub const BP_LOAD_SKIP: bp_load = bp_load(1);
/// It is the image itself: it is fetched, whatever it is, and nothing else is asked for.
pub const BP_LOAD_IMAGE: bp_load = bp_load(2);

/// Whether files are checked against `SHA256SUMS` beside the configuration.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_manifest(pub u8);

/// Where there is one, what it names must fit.
pub const BP_MANIFEST_IF_PRESENT: bp_manifest = bp_manifest(0);
/// No.
pub const BP_MANIFEST_OFF: bp_manifest = bp_manifest(1);
/// There must be one, and it must name every file that boots.
pub const BP_MANIFEST_REQUIRED: bp_manifest = bp_manifest(2);

/// A stretch of memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_region {
    /// The first address.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
    /// Whether it is free to use. What no region names is not.
    pub usable: bp_flag,
    /// 0.
    pub reserved: [u8; 7],
}

/// What a boot client is told. `bp_boot_config_begin` gives every field its default.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_boot_config {
    /// Set by `bp_boot_config_begin`.
    pub size: u32,
    /// What happens to the boot file. Default: it is fetched.
    pub load: bp_load,
    /// Whether files are checked against a list of digests. Default: where it is there.
    pub manifest_policy: bp_manifest,
    /// Whether `BP_BOOT_CHOOSE` comes even for a configuration that asks nobody. Default no.
    pub always_ask: bp_flag,
    /// Whether you can start network boot programs, too. Default no.
    pub chaining: bp_flag,
    /// Chance for the transfers: another than the seed in `dhcp`. No default.
    pub seed: u64,
    /// What the DHCP client is told.
    pub dhcp: bp_dhcp_config,
    /// The memory that may be used, at most `BP_BOOT_REGIONS`; copied. Default: none, and then nothing is placed.
    pub memory: *const bp_region,
    /// How many regions.
    pub regions: usize,
    /// Where the configuration's text is kept: yours to give, and the client's as long as it is used. 64 KiB are plenty,
    /// 4 KiB do for most. No default.
    pub configuration: bp_buffer,
    /// Where the list of digests is kept, under the same terms.
    pub manifest: bp_buffer,
    /// The port on which transfers are asked for. Default 69.
    pub transfer_port: u16,
    /// The bytes of file in one datagram. Default 0: what fits the MTU.
    pub block_size: u16,
    /// How many datagrams may be under way. Default 16.
    pub window_size: u16,
    /// The bytes of IP in a packet of the link. Default 0: the lease's MTU, or 1500.
    pub link_mtu: u16,
    /// How many bytes of datagrams the stack below holds. Default 0: many.
    pub receive_buffer: u32,
    /// How long a server may be silent, in milliseconds. Default 0: 30 s.
    pub give_up_millis: u32,
    /// How many more times a transfer is tried. Default 1.
    pub tries: u8,
    /// 0.
    pub reserved: u8,
    /// The partition key, over InfiniBand. Default 0xffff.
    pub p_key: u16,
    /// 0.
    pub reserved_2: u32,
    /// What Linux will call the interface, over InfiniBand: at most 15 bytes. Default: unknown.
    pub interface: bp_bytes,
    /// The most bytes of a boot file. Default 16 MiB.
    pub cap_nbp: u64,
    /// The most bytes of a kernel. Default 512 MiB.
    pub cap_kernel: u64,
    /// The most bytes of an initrd. Default 4 GiB.
    pub cap_initrd: u64,
}

impl bp_boot_config {
    pub(crate) fn defaults() -> Self {
        Self {
            size: crate::codes::size_word::<Self>(),
            load: BP_LOAD_FETCH,
            manifest_policy: BP_MANIFEST_IF_PRESENT,
            always_ask: BP_NO,
            chaining: BP_NO,
            seed: 0,
            dhcp: bp_dhcp_config::defaults(),
            memory: core::ptr::null(),
            regions: 0,
            configuration: bp_buffer::default(),
            manifest: bp_buffer::default(),
            transfer_port: 69,
            block_size: 0,
            window_size: 16,
            link_mtu: 0,
            receive_buffer: 0,
            give_up_millis: 0,
            tries: 1,
            reserved: 0,
            p_key: 0xffff,
            reserved_2: 0,
            interface: bp_bytes::NONE,
            cap_nbp: Caps::DEFAULT.nbp,
            cap_kernel: Caps::DEFAULT.kernel,
            cap_initrd: Caps::DEFAULT.initrd,
        }
    }

    pub(crate) fn read(&self) -> Result<Config, Wrong> {
        if self.size != crate::codes::size_word::<Self>() {
            return Err(Misuse::NotBegun.into());
        }
        let caps = Caps {
            nbp: self.cap_nbp,
            kernel: self.cap_kernel,
            initrd: self.cap_initrd,
            configuration: Caps::DEFAULT.configuration,
            manifest: Caps::DEFAULT.manifest,
            device_tree: Caps::DEFAULT.device_tree,
        };
        let mut config = Config::new(self.seed, self.dhcp.read()?)
            .with_load(match self.load {
                BP_LOAD_FETCH => Load::Fetch,
                BP_LOAD_SKIP => Load::Skip,
                BP_LOAD_IMAGE => Load::Image,
                _ => return Err(Misuse::BadValue.into()),
            })
            .with_manifest(match self.manifest_policy {
                BP_MANIFEST_IF_PRESENT => ManifestPolicy::IfPresent,
                BP_MANIFEST_OFF => ManifestPolicy::Off,
                BP_MANIFEST_REQUIRED => ManifestPolicy::Required,
                _ => return Err(Misuse::BadValue.into()),
            })
            .with_always_ask(self.always_ask.is_set())
            .with_chaining(self.chaining.is_set())
            .with_caps(caps)
            .with_transfer_port(self.transfer_port)
            .with_window_size(self.window_size)
            .with_tries(self.tries)
            .with_infiniband(self.p_key, crate::raw::bytes_of(&self.interface)?);
        if self.block_size != 0 {
            config = config.with_block_size(self.block_size);
        }
        if self.link_mtu != 0 {
            config = config.with_link_mtu(self.link_mtu);
        }
        if self.receive_buffer != 0 {
            config = config.with_receive_buffer(self.receive_buffer);
        }
        if self.give_up_millis != 0 {
            config = config.with_give_up(Duration::from_millis(self.give_up_millis.into()));
        }
        self.with_memory(config)
    }

    fn with_memory(&self, config: Config) -> Result<Config, Wrong> {
        let regions = field(&self.memory, self.regions)?;
        let mut list = [Region { start: 0, length: 0, usable: false }; BP_BOOT_REGIONS];
        let Some(list) = list.get_mut(..regions.len()) else {
            return Err(bootproto::client::ConfigError::TooManyRegions { regions: regions.len() }.into());
        };
        for (to, from) in list.iter_mut().zip(regions) {
            *to = from.into();
        }
        Ok(config.with_memory(list))
    }
}

impl From<&bp_region> for Region {
    fn from(region: &bp_region) -> Self {
        Self { start: region.start, length: region.length, usable: region.usable.is_set() }
    }
}
