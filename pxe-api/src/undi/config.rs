//! How a UNDI is found, and how it shall be left.

use super::failure::ConfigError;
use crate::SegmentOffset;
use crate::blocks::{MacAddress, McastAddresses, PacketFilter};
use crate::call::AREA_SIZE;
use crate::layout::Layout;
use bootproto_core::{copy_into, num};
use core::time::Duration;

/// In which state the driver is when it is handed to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attach {
    /// Loaded from a ROM a moment ago: everything is to be done. There is no base code.
    Loaded {
        /// PCI bus, device and function.
        pci: u16,
        /// Where the BIOS's `$PnP` is.
        plug_and_play: SegmentOffset,
    },
    /// `START_UNDI` was done, nothing else.
    Started,
    /// As a boot program finds it: the base code has it up and open. The cached packets are asked for, and it is
    /// closed once, for some ROMs take an address or a filter only then.
    BootProgram,
}

/// What shall stay in memory at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keep {
    /// Nothing: the operating system comes next.
    Nothing,
    /// The driver, ready for another `UNDI_STARTUP`.
    Undi,
    /// Everything as it was found: another boot program comes next, or control goes back to the ROM.
    Everything,
}

/// How frames are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receive {
    /// By interrupt where the ROM claims one and no quirk speaks against it, else by asking.
    Automatic,
    /// By asking.
    Polled,
    /// By interrupt, whatever the quirks.
    Interrupt,
}

/// The settings of a [`Client`](super::Client).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) area: SegmentOffset,
    pub(super) attach: Attach,
    pub(super) receive: Receive,
    pub(super) filter: PacketFilter,
    pub(super) groups: McastAddresses,
    pub(super) station: Option<MacAddress>,
    pub(super) device: Option<(u16, u16)>,
    pub(super) pci_express: bool,
    pub(super) isr_start: bool,
    pub(super) whole_frames: bool,
    pub(super) cached: bool,
    pub(super) tries: u8,
    pub(super) interval: Duration,
    pub(super) watchdog: Duration,
    pub(super) quota: u16,
    pub(super) max_frame: u16,
}

impl Config {
    /// A UNDI in state `attach`, with the parameter area of [`AREA_SIZE`] bytes at `area` in base
    /// memory.
    ///
    /// # Errors
    /// [`ConfigError::AreaWraps`] if the area wraps its segment.
    pub fn new(attach: Attach, area: SegmentOffset) -> Result<Self, ConfigError> {
        area.range(num::u16_from_usize_saturating(AREA_SIZE)).ok_or(ConfigError::AreaWraps)?;
        Ok(Self {
            area,
            attach,
            receive: Receive::Automatic,
            filter: PacketFilter::DIRECTED | PacketFilter::BROADCAST,
            groups: McastAddresses::zeroed(),
            station: None,
            device: None,
            pci_express: false,
            isr_start: true,
            whole_frames: false,
            cached: attach == Attach::BootProgram,
            tries: 10,
            interval: Duration::from_millis(200),
            watchdog: Duration::from_millis(50),
            quota: 32,
            max_frame: 1536,
        })
    }

    /// How frames are noticed; by default [`Receive::Automatic`].
    #[must_use]
    pub const fn with_receive(mut self, receive: Receive) -> Self {
        self.receive = receive;
        self
    }

    /// Which frames to let through; by default our own and broadcasts. To get every multicast group a ROM has
    /// nothing but promiscuous mode.
    #[must_use]
    pub const fn with_filter(mut self, filter: PacketFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Multicast groups to listen to, by hardware address.
    ///
    /// # Errors
    /// [`ConfigError::TooManyGroups`] for more than 8, [`ConfigError::AddressTooLong`] for more than 16 bytes.
    pub fn with_groups(mut self, groups: &[&[u8]]) -> Result<Self, ConfigError> {
        self.groups = list(groups)?;
        Ok(self)
    }

    /// The hardware address to use instead of the adapter's own; the ROM may refuse.
    ///
    /// # Errors
    /// [`ConfigError::AddressTooLong`] for more than 16 bytes.
    pub fn with_station(mut self, address: &[u8]) -> Result<Self, ConfigError> {
        self.station = Some(padded(address)?);
        Ok(self)
    }

    /// The PCI vendor and device, where the caller knows them better than the ROM: quirks go by them.
    #[must_use]
    pub const fn with_device(mut self, vendor: u16, device: u16) -> Self {
        self.device = Some((vendor, device));
        self
    }

    /// The adapter is on PCI Express (its configuration space has that capability): its line interrupts are not to
    /// be relied on, so it is polled.
    #[must_use]
    pub const fn with_pci_express(mut self, pci_express: bool) -> Self {
        self.pci_express = pci_express;
        self
    }

    /// Whether asking starts with "was it yours?"; by default it does, as the specification has it. Without, a round
    /// costs one call less; iPXE's ROM, for one, does not need it.
    #[must_use]
    pub const fn with_isr_start(mut self, isr_start: bool) -> Self {
        self.isr_start = isr_start;
        self
    }

    /// Send IPv4, ARP and RARP with their media header like everything else. By default the header of these is left
    /// to the ROM, for some always put one.
    #[must_use]
    pub const fn with_whole_frames(mut self, whole_frames: bool) -> Self {
        self.whole_frames = whole_frames;
        self
    }

    /// Whether to ask for the packets of the ROM's DHCP exchange; by default a boot program does.
    #[must_use]
    pub const fn with_cached_info(mut self, cached: bool) -> Self {
        self.cached = cached;
        self
    }

    /// How often `UNDI_INITIALIZE` is tried, and how long to wait between; by default 10 times, 200 ms apart, for
    /// the link may only be coming up.
    #[must_use]
    pub const fn with_initialize(mut self, tries: u8, interval: Duration) -> Self {
        self.tries = tries;
        self.interval = interval;
        self
    }

    /// How long nothing may happen before the ROM is asked although it did not interrupt, or said that nothing was
    /// its own; by default 50 ms.
    #[must_use]
    pub const fn with_watchdog(mut self, watchdog: Duration) -> Self {
        self.watchdog = watchdog;
        self
    }

    /// How many frames a round gives at most; by default 32.
    #[must_use]
    pub const fn with_quota(mut self, quota: u16) -> Self {
        self.quota = if quota == 0 { 1 } else { quota };
        self
    }

    /// The longest frame to take, header included; by default 1536 bytes.
    ///
    /// # Errors
    /// [`ConfigError::LimitTooSmall`] below 60 bytes.
    pub const fn with_max_frame(mut self, max_frame: u16) -> Result<Self, ConfigError> {
        if max_frame < super::MINIMUM_FRAME {
            return Err(ConfigError::LimitTooSmall);
        }
        self.max_frame = max_frame;
        Ok(self)
    }
}

/// The list of multicast groups as a call holds it.
pub(super) fn list(groups: &[&[u8]]) -> Result<McastAddresses, ConfigError> {
    let mut all = McastAddresses::zeroed();
    if groups.len() > all.addresses.len() {
        return Err(ConfigError::TooManyGroups);
    }
    all.count.set(num::u16_from_usize_saturating(groups.len()));
    for (place, group) in all.addresses.iter_mut().zip(groups) {
        *place = padded(group)?;
    }
    Ok(all)
}

pub(super) fn padded(address: &[u8]) -> Result<MacAddress, ConfigError> {
    let mut whole = [0; 16];
    if address.len() > whole.len() {
        return Err(ConfigError::AddressTooLong { length: address.len() });
    }
    copy_into(&mut whole, address);
    Ok(whole)
}
