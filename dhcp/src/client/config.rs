//! What a caller sets.

use core::net::Ipv4Addr;
use core::time::Duration;

use heapless::Vec;

use super::ConfigError;
use crate::{ClientId, HardwareAddress, IpoibDialect, Text};

/// How many dialects may follow the first.
const MAX_DIALECTS: usize = 4;

/// What a client says it is, and how patient it is. [`Config::new`] is a PXE client on Ethernet's ports; every knob
/// has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) seed: u64,
    pub(super) hardware: HardwareAddress,
    pub(super) client_id: ClientId,
    pub(super) arch: u16,
    pub(super) undi: (u8, u8),
    pub(super) uuid: Option<[u8; 16]>,
    pub(super) vendor_class: VendorClass,
    pub(super) user_class: Text<64>,
    pub(super) host_name: Text<64>,
    pub(super) client_port: u16,
    pub(super) server_port: u16,
    pub(super) pxe_port: u16,
    pub(super) broadcast: bool,
    pub(super) dialects: Dialects,
    pub(super) requested: Option<Ipv4Addr>,
    pub(super) inform: Option<Ipv4Addr>,
    pub(super) proxy_wait: Duration,
    pub(super) always_wait_for_proxy: bool,
    pub(super) boot_required: bool,
    pub(super) probe: bool,
    pub(super) renew: bool,
    pub(super) attempts: u8,
    pub(super) parameters: Vec<u8, 16>,
    pub(super) error: Option<ConfigError>,
}

/// The dialects of a machine on InfiniBand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialects {
    port_guid: [u8; 8],
    /// The present one.
    pub(super) present: Option<IpoibDialect>,
    /// Those to try after it.
    later: Vec<IpoibDialect, MAX_DIALECTS>,
    /// How often each but the last asks.
    discovers: u8,
}

/// What option 60 says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VendorClass {
    /// `PXEClient:Arch:xxxxx:UNDI:yyyzzz`: boot by PXE. Answers without a boot file are a failure.
    Pxe,
    /// `HTTPClient:Arch:xxxxx:UNDI:yyyzzz`: boot by HTTP (UEFI section 24.7). No proxy on port 4011, no menus.
    Http,
    /// Some other text; one that begins with `PXEClient` boots by PXE. Otherwise a boot file is taken if there is one.
    Text(Text<64>),
    /// No option 60. A boot file is taken if there is one.
    None,
}

impl Config {
    /// A PXE client with this hardware address.
    ///
    /// `seed` must differ at every boot (RDRAND, `EFI_RNG_PROTOCOL`, timer jitter mixed with the hardware address):
    /// transaction ids and the spread of retransmissions come from it.
    #[must_use]
    pub const fn new(seed: u64, hardware: HardwareAddress) -> Self {
        Self {
            seed,
            hardware,
            client_id: ClientId::Hardware,
            arch: 0,
            undi: (2, 1),
            uuid: None,
            vendor_class: VendorClass::Pxe,
            user_class: Text::EMPTY,
            host_name: Text::EMPTY,
            client_port: 68,
            server_port: 67,
            pxe_port: 4011,
            broadcast: false,
            dialects: Dialects { port_guid: [0; 8], present: None, later: Vec::new(), discovers: 2 },
            requested: None,
            inform: None,
            proxy_wait: Duration::from_secs(2),
            always_wait_for_proxy: false,
            boot_required: false,
            probe: false,
            renew: true,
            attempts: 4,
            parameters: Vec::new(),
            error: None,
        }
    }

    /// A PXE client over InfiniBand as RFC 4390 wants it: hardware type 32, no hardware address, the BROADCAST flag,
    /// and a client identifier by RFC 4361 made of a link-layer DUID with the port's GUID.
    #[must_use]
    #[cfg(feature = "infiniband")]
    pub fn ipoib(seed: u64, port_guid: [u8; 8]) -> Self {
        Self::ipoib_dialects(seed, port_guid, &[IpoibDialect::Rfc4390])
    }

    /// A PXE client over InfiniBand as iPXE and `FlexBoot` present it: an Ethernet-like address of six bytes of the
    /// port's GUID, and the BROADCAST flag. For servers that are configured for those.
    ///
    /// The bytes are those that Mellanox's convention makes a MAC address of: 0, 1, 2, 5, 6 and 7.
    #[must_use]
    #[cfg(feature = "infiniband")]
    pub fn ipoib_ipxe(seed: u64, port_guid: [u8; 8]) -> Self {
        Self::ipoib_dialects(seed, port_guid, &[IpoibDialect::Ipxe])
    }

    /// A PXE client over InfiniBand that presents itself in the first of `dialects`, and where nobody answers that, in
    /// the next; at most five. An empty list means RFC 4390's.
    #[must_use]
    #[cfg(feature = "infiniband")]
    pub fn ipoib_dialects(seed: u64, port_guid: [u8; 8], dialects: &[IpoibDialect]) -> Self {
        let (first, later) = dialects.split_first().unwrap_or((&IpoibDialect::Rfc4390, &[]));
        let nobody = HardwareAddress::empty(HardwareAddress::INFINIBAND);
        let mut config = Self::new(seed, nobody).with_broadcast(true);
        config.dialects.port_guid = port_guid;
        match Vec::from_slice(later) {
            Ok(later) => config.dialects.later = later,
            Err(_) => config.fault(ConfigError::TooManyDialects { dialects: dialects.len() }),
        }
        config.present_as(*first);
        config
    }

    /// How many DISCOVERs each dialect but the last sends before the next has its turn, 1 to 255. Default 2, which is
    /// about 12 seconds; the last one asks as often as [`with_attempts`](Self::with_attempts) says.
    #[must_use]
    pub const fn with_discovers_per_dialect(mut self, discovers: u8) -> Self {
        self.dialects.discovers = if discovers == 0 { 1 } else { discovers };
        self
    }

    /// Speaks the next dialect; `None` if there is none.
    pub(super) fn next_dialect(&mut self) -> Option<IpoibDialect> {
        let next = self.dialects.later.first().copied().filter(|_| cfg!(feature = "infiniband"))?;
        self.dialects.later.remove(0);
        self.present_as(next);
        Some(next)
    }

    fn present_as(&mut self, dialect: IpoibDialect) {
        let identity = dialect.identity(self.dialects.port_guid);
        (self.hardware, self.client_id) = (identity.hardware, identity.client_id);
        self.dialects.present = Some(dialect);
    }

    /// How many DISCOVERs are sent before something else is tried.
    pub(super) fn discovers(&self) -> u8 {
        if self.dialects.later.is_empty() { self.attempts } else { self.dialects.discovers }
    }

    /// The architecture (option 93, RFC 4578 and the IANA registry): 0 BIOS, 7 UEFI x64, 11 UEFI arm64.
    #[must_use]
    pub const fn with_arch(mut self, arch: u16) -> Self {
        self.arch = arch;
        self
    }

    /// The version of the network device interface (option 94). Default 2.1.
    #[must_use]
    pub const fn with_undi_version(mut self, major: u8, minor: u8) -> Self {
        self.undi = (major, minor);
        self
    }

    /// The machine's UUID as it goes on the wire (option 97): the SMBIOS form, first three fields little-endian.
    #[must_use]
    pub const fn with_uuid(mut self, uuid: [u8; 16]) -> Self {
        self.uuid = Some(uuid);
        self
    }

    /// The client identifier (option 61). Default: hardware type and address.
    #[must_use]
    pub const fn with_client_id(mut self, client_id: ClientId) -> Self {
        self.client_id = client_id;
        self
    }

    /// The vendor class (option 60). Default: PXE.
    #[must_use]
    pub const fn with_vendor_class(mut self, vendor_class: VendorClass) -> Self {
        self.vendor_class = vendor_class;
        self
    }

    /// The user class (option 77), at most 64 bytes, sent as it is. iPXE's bare text and RFC 3004's counted texts are
    /// both common.
    #[must_use]
    pub fn with_user_class(mut self, user_class: &[u8]) -> Self {
        self.user_class = self.text(77, user_class);
        self
    }

    /// The client's name (option 12), at most 64 bytes.
    #[must_use]
    pub fn with_hostname(mut self, host_name: &[u8]) -> Self {
        self.host_name = self.text(12, host_name);
        self
    }

    /// The ports: ours (68), the server's (67), the boot servers' (4011).
    #[must_use]
    pub const fn with_ports(mut self, client: u16, server: u16, pxe: u16) -> Self {
        (self.client_port, self.server_port, self.pxe_port) = (client, server, pxe);
        self
    }

    /// Whether answers must be broadcast, for a stack that takes no unicast before it has an address. Default: no.
    #[must_use]
    pub const fn with_broadcast(mut self, broadcast: bool) -> Self {
        self.broadcast = broadcast;
        self
    }

    /// Ask for this address first, without DISCOVER (INIT-REBOOT). ProxyDHCP servers answer only DISCOVER, so what to
    /// boot must be in the server's answer.
    #[must_use]
    pub const fn with_requested_address(mut self, address: Ipv4Addr) -> Self {
        self.requested = Some(address);
        self
    }

    /// We already have this address and only want to know the rest (INFORM).
    #[must_use]
    pub const fn with_inform(mut self, address: Ipv4Addr) -> Self {
        self.inform = Some(address);
        self
    }

    /// How long to wait for a ProxyDHCP server after the first address offer, where that one names nothing to boot.
    /// Default 2 s.
    #[must_use]
    pub const fn with_proxy_wait(mut self, wait: Duration) -> Self {
        self.proxy_wait = wait;
        self
    }

    /// Wait for a ProxyDHCP server even if an address offer names something to boot. Default: no.
    #[must_use]
    pub const fn with_always_wait_for_proxy(mut self, wait: bool) -> Self {
        self.always_wait_for_proxy = wait;
        self
    }

    /// Whether the caller probes a new address by ARP: see [`Event::ProbeAddress`](super::Event::ProbeAddress).
    /// Default: no.
    #[must_use]
    pub const fn with_probe_address(mut self, probe: bool) -> Self {
        self.probe = probe;
        self
    }

    /// Whether to renew the lease at T1 and T2. Default: yes. The end of the lease is told either way.
    #[must_use]
    pub const fn with_renew(mut self, renew: bool) -> Self {
        self.renew = renew;
        self
    }

    /// How often to ask before giving up, 1 to 255. Default 4: after 4 + 8 + 16 + 32 seconds, as PXE ROMs do.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u8) -> Self {
        self.attempts = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// More options to ask for (option 55), at most 16.
    #[must_use]
    pub fn with_parameters(mut self, codes: &[u8]) -> Self {
        match Vec::from_slice(codes) {
            Ok(parameters) => self.parameters = parameters,
            Err(_) => self.fault(ConfigError::TooManyParameters),
        }
        self
    }

    /// The hardware address.
    #[must_use]
    pub const fn hardware(&self) -> HardwareAddress {
        self.hardware
    }

    /// The client identifier (option 61).
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The GUID of the port and the present dialect, for a client over InfiniBand.
    #[must_use]
    pub fn infiniband(&self) -> Option<([u8; 8], IpoibDialect)> {
        let present = self.dialects.present.filter(|_| cfg!(feature = "infiniband"));
        present.map(|dialect| (self.dialects.port_guid, dialect))
    }

    /// The machine's UUID as it goes on the wire, if one was given.
    #[must_use]
    pub const fn uuid(&self) -> Option<[u8; 16]> {
        self.uuid
    }

    /// `text`, or nothing and a fault if it is too long.
    fn text(&mut self, option: u8, text: &[u8]) -> Text<64> {
        Text::new(text).unwrap_or_else(|| {
            self.fault(ConfigError::TextTooLong { option, length: text.len() });
            Text::EMPTY
        })
    }

    /// Keeps the first fault for the client's constructor.
    const fn fault(&mut self, error: ConfigError) {
        if self.error.is_none() {
            self.error = Some(error);
        }
    }

    /// Answers without a boot file are a failure whatever the vendor class says. Default: only for PXE and HTTP.
    #[must_use]
    pub const fn with_boot_required(mut self, required: bool) -> Self {
        self.boot_required = required;
        self
    }

    /// Whether an answer without anything to boot is a failure.
    pub(super) fn seeks_boot(&self) -> bool {
        self.boot_required || self.speaks_pxe() || self.vendor_class == VendorClass::Http
    }

    /// Whether proxies, menus and boot servers matter.
    pub(super) fn speaks_pxe(&self) -> bool {
        match &self.vendor_class {
            VendorClass::Pxe => true,
            VendorClass::Text(text) => text.starts_with(b"PXEClient"),
            VendorClass::Http | VendorClass::None => false,
        }
    }

    /// The first fault.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.client_port == 0 || self.server_port == 0 || self.pxe_port == 0 {
            return Err(ConfigError::PortZero);
        }
        let nameless = self.hardware.bytes().is_empty();
        if nameless && matches!(self.client_id, ClientId::None | ClientId::Hardware) {
            return Err(ConfigError::NoIdentity);
        }
        match self.requested.or(self.inform) {
            Some(address) if !super::lease::is_possible(address) => {
                Err(ConfigError::BadRequestedAddress { address })
            }
            _ => Ok(()),
        }
    }
}
