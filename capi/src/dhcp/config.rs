//! What a DHCP client is told.

use core::time::Duration;

use bootproto_dhcp::client::{Config, VendorClass};
use bootproto_dhcp::{ClientId, HardwareAddress, IpoibDialect, Text};

use crate::misuse::{Misuse, Wrong};
use crate::raw::bytes_of;
use crate::types::{BP_NO, bp_bytes, bp_flag, bp_ipv4};

/// What option 60 says.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_vendor_class(pub u8);

/// `PXEClient:Arch:xxxxx:UNDI:yyyzzz`: boot by PXE.
pub const BP_VENDOR_CLASS_PXE: bp_vendor_class = bp_vendor_class(0);
/// `HTTPClient:...`: boot by HTTP.
pub const BP_VENDOR_CLASS_HTTP: bp_vendor_class = bp_vendor_class(1);
/// No option 60: an address is all that is sought.
pub const BP_VENDOR_CLASS_NONE: bp_vendor_class = bp_vendor_class(2);
/// The text `vendor_class_text`.
pub const BP_VENDOR_CLASS_TEXT: bp_vendor_class = bp_vendor_class(3);

/// How a machine presents itself.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_identity(pub u8);

/// By its hardware address.
pub const BP_IDENTITY_HARDWARE: bp_identity = bp_identity(0);
/// Over InfiniBand, by the port's GUID as RFC 4390 says.
pub const BP_IDENTITY_RFC4390: bp_identity = bp_identity(1);
/// Over InfiniBand, as iPXE does.
pub const BP_IDENTITY_IPXE: bp_identity = bp_identity(2);
/// Over InfiniBand, in every way that is known, one after the other.
pub const BP_IDENTITY_ALL: bp_identity = bp_identity(3);

/// What a DHCP client is told. `bp_dhcp_config_begin` gives every field its default. Texts are copied.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_dhcp_config {
    /// Set by `bp_dhcp_config_begin`.
    pub size: u32,
    /// The architecture (option 93): 0 BIOS, 7 UEFI x64, 11 UEFI arm64. Default 0.
    pub arch: u16,
    /// The type of the hardware address: 1 Ethernet. Default 1.
    pub hardware_type: u8,
    /// Its length, at most 16. Default 6.
    pub hardware_length: u8,
    /// The hardware address. No default.
    pub hardware: [u8; 16],
    /// Chance: different at every boot and on every machine. No default.
    pub seed: u64,
    /// How this machine presents itself. Default: by its hardware address.
    pub identity: bp_identity,
    /// What option 60 says. Default: PXE.
    pub vendor_class: bp_vendor_class,
    /// The version of the network device interface (option 94). Default 2.1.
    pub undi_major: u8,
    /// See `undi_major`.
    pub undi_minor: u8,
    /// Whether `uuid` is the machine's. Default no.
    pub has_uuid: bp_flag,
    /// Whether answers must be broadcast. Default no.
    pub broadcast: bp_flag,
    /// Whether you probe a new address by ARP, see `BP_DHCP_PROBE_ADDRESS`. Default no.
    pub probe_address: bp_flag,
    /// Whether an answer without a boot file is a failure whatever option 60 says. Default no.
    pub boot_required: bp_flag,
    /// Whether to wait for a ProxyDHCP server even where the DHCP server names something to boot. Default no.
    pub always_wait_for_proxy: bp_flag,
    /// Whether not to renew the lease. Default no.
    pub no_renewal: bp_flag,
    /// How often to ask before giving up. Default 4, which takes a minute.
    pub attempts: u8,
    /// 0.
    pub reserved: u8,
    /// How long to wait for a ProxyDHCP server, in milliseconds. Default 2000.
    pub proxy_wait_millis: u32,
    /// The GUID of the port, for the identities over InfiniBand.
    pub port_guid: [u8; 8],
    /// The machine's UUID as it goes on the wire (option 97): the SMBIOS form.
    pub uuid: [u8; 16],
    /// Our port. Default 68.
    pub client_port: u16,
    /// The servers'. Default 67.
    pub server_port: u16,
    /// The boot servers'. Default 4011.
    pub pxe_port: u16,
    /// 0.
    pub reserved_2: u16,
    /// Ask for this address first. Default: none.
    pub requested: bp_ipv4,
    /// We have this address, and only want to know the rest (INFORM). Default: none.
    pub inform: bp_ipv4,
    /// Option 60 for `BP_VENDOR_CLASS_TEXT`, at most 64 bytes.
    pub vendor_class_text: bp_bytes,
    /// The user class (option 77), at most 64 bytes.
    pub user_class: bp_bytes,
    /// Our name (option 12), at most 64 bytes.
    pub host_name: bp_bytes,
    /// The client identifier (option 61), 2 to 135 bytes. Default: the identity's own.
    pub client_id: bp_bytes,
}

impl bp_dhcp_config {
    pub(crate) fn defaults() -> Self {
        Self {
            size: crate::codes::size_word::<Self>(),
            arch: 0,
            hardware_type: HardwareAddress::ETHERNET,
            hardware_length: 6,
            hardware: [0; 16],
            seed: 0,
            identity: BP_IDENTITY_HARDWARE,
            vendor_class: BP_VENDOR_CLASS_PXE,
            undi_major: 2,
            undi_minor: 1,
            has_uuid: BP_NO,
            broadcast: BP_NO,
            probe_address: BP_NO,
            boot_required: BP_NO,
            always_wait_for_proxy: BP_NO,
            no_renewal: BP_NO,
            attempts: 4,
            reserved: 0,
            proxy_wait_millis: 2_000,
            port_guid: [0; 8],
            uuid: [0; 16],
            client_port: 68,
            server_port: 67,
            pxe_port: 4011,
            reserved_2: 0,
            requested: bp_ipv4::default(),
            inform: bp_ipv4::default(),
            vendor_class_text: bp_bytes::NONE,
            user_class: bp_bytes::NONE,
            host_name: bp_bytes::NONE,
            client_id: bp_bytes::NONE,
        }
    }

    pub(crate) fn read(&self) -> Result<Config, Wrong> {
        if self.size != crate::codes::size_word::<Self>() {
            return Err(Misuse::NotBegun.into());
        }
        let mut config = self
            .identified()?
            .with_arch(self.arch)
            .with_undi_version(self.undi_major, self.undi_minor)
            .with_ports(self.client_port, self.server_port, self.pxe_port)
            .with_probe_address(self.probe_address.is_set())
            .with_boot_required(self.boot_required.is_set())
            .with_always_wait_for_proxy(self.always_wait_for_proxy.is_set())
            .with_renew(!self.no_renewal.is_set())
            .with_attempts(self.attempts)
            .with_proxy_wait(Duration::from_millis(self.proxy_wait_millis.into()))
            .with_user_class(bytes_of(&self.user_class)?)
            .with_hostname(bytes_of(&self.host_name)?)
            .with_vendor_class(self.class()?);
        if self.broadcast.is_set() {
            config = config.with_broadcast(true);
        }
        if self.has_uuid.is_set() {
            config = config.with_uuid(self.uuid);
        }
        if self.client_id.length > 0 {
            let client_id = ClientId::raw(bytes_of(&self.client_id)?).ok_or(Misuse::BadValue)?;
            config = config.with_client_id(client_id);
        }
        if let Some(address) = self.requested.given() {
            config = config.with_requested_address(address);
        }
        if let Some(address) = self.inform.given() {
            config = config.with_inform(address);
        }
        Ok(config)
    }

    fn identified(&self) -> Result<Config, Misuse> {
        let over_infiniband = |dialects| Config::ipoib_dialects(self.seed, self.port_guid, dialects);
        match self.identity {
            BP_IDENTITY_HARDWARE => {
                let hardware = self.hardware.get(..usize::from(self.hardware_length));
                let hardware = hardware.and_then(|bytes| HardwareAddress::new(self.hardware_type, bytes));
                Ok(Config::new(self.seed, hardware.ok_or(Misuse::BadValue)?))
            }
            BP_IDENTITY_RFC4390 => Ok(over_infiniband(&[IpoibDialect::Rfc4390])),
            BP_IDENTITY_IPXE => Ok(over_infiniband(&[IpoibDialect::Ipxe])),
            BP_IDENTITY_ALL => Ok(over_infiniband(&IpoibDialect::ALL)),
            _ => Err(Misuse::BadValue),
        }
    }

    fn class(&self) -> Result<VendorClass, Misuse> {
        match self.vendor_class {
            BP_VENDOR_CLASS_PXE => Ok(VendorClass::Pxe),
            BP_VENDOR_CLASS_HTTP => Ok(VendorClass::Http),
            BP_VENDOR_CLASS_NONE => Ok(VendorClass::None),
            BP_VENDOR_CLASS_TEXT => {
                Text::new(bytes_of(&self.vendor_class_text)?).map(VendorClass::Text).ok_or(Misuse::BadValue)
            }
            _ => Err(Misuse::BadValue),
        }
    }
}
