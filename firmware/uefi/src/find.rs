//! Which network card, and what the firmware knows already if it loaded us from there.

use crate::options::Options;
use crate::trouble::Trouble;
use alloc::boxed::Box;
use alloc::vec::Vec;
use uefi::Handle;
use uefi::boot::{self, OpenProtocolAttributes, OpenProtocolParams, ScopedProtocol, SearchType};
use uefi::proto::device_path::DevicePath;
use uefi::proto::loaded_image::LoadedImage;
use uefi::proto::network::pxe::{BaseCode, Packet};
use uefi::proto::network::snp::SimpleNetwork;
use uefi::proto::{Protocol, ProtocolPointer};

/// A packet as the firmware keeps it.
type Kept = Box<[u8; 1472]>;

/// The DHCP of the firmware that loaded us.
#[derive(Debug)]
pub(crate) struct Cached {
    /// The DHCP server's acknowledgement.
    pub(crate) ack: Kept,
    /// The proxy's offer.
    pub(crate) proxy: Option<Kept>,
    /// The boot server's acknowledgement.
    pub(crate) boot_server: Option<Kept>,
}

/// Where we come from: the card, and what the firmware's PXE client was told.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The handle of the card that gives frames.
    pub(crate) card: Option<Handle>,
    /// The handle of the firmware's PXE client over the same card.
    pub(crate) base_code: Option<Handle>,
    /// What is known already.
    pub(crate) cached: Option<Cached>,
    /// Whether the firmware loaded us over this card.
    pub(crate) from_network: bool,
}

impl Cached {
    /// Whom the acknowledgement is for: `chaddr`, RFC 2131 section 2.
    pub(crate) fn hardware_address(&self) -> [u8; 6] {
        self.ack.get(28..34).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }
}

/// What is set from outside.
pub(crate) fn options() -> Options {
    Options::read(look::<LoadedImage>(boot::image_handle()).as_deref())
}

/// Opens a protocol beside whoever else uses it.
pub(crate) fn look<P: ProtocolPointer + ?Sized + Protocol>(handle: Handle) -> Option<ScopedProtocol<P>> {
    let params = OpenProtocolParams { handle, agent: boot::image_handle(), controller: None };
    // SAFETY: what is opened so is read at once, before anything is called that could take the protocol away.
    unsafe { boot::open_protocol::<P>(params, OpenProtocolAttributes::GetProtocol) }.ok()
}

/// Finds the card.
pub(crate) fn origin() -> Result<Origin, Trouble> {
    let device = look::<LoadedImage>(boot::image_handle()).and_then(|image| image.device());
    let cached = device.and_then(look::<BaseCode>).and_then(|base_code| cached(&base_code));
    let path = device.and_then(path).unwrap_or_default();
    let mut cards = cards();
    if cards.is_empty() {
        connect_everything();
        cards = self::cards();
    }
    // The card itself has a shorter path than what the firmware's own stack has made above it.
    cards.sort_unstable_by_key(|(_, card)| card.len());
    let ours = cards.iter().find(|(_, card)| !card.is_empty() && path.starts_with(card));
    let from_network = ours.is_some() || cached.is_some();
    let with_link = || cards.iter().find(|(card, _)| has_link(*card));
    let card = ours.or_else(with_link).or(cards.first());
    let base_code = base_code(device, card.map(|(_, path)| &path[..]));
    let card = card.map(|(card, _)| *card);
    if card.is_none() && base_code.is_none() {
        return Err(Trouble::NoCard);
    }
    Ok(Origin { card, base_code, cached, from_network })
}

/// The PXE client that loaded us, or the first one over the card.
fn base_code(device: Option<Handle>, card: Option<&[u8]>) -> Option<Handle> {
    if let Some(device) = device.filter(|device| look::<BaseCode>(*device).is_some()) {
        return Some(device);
    }
    let mut handles = boot::find_handles::<BaseCode>().unwrap_or_default().into_iter();
    // EDK2 has one for IPv6 as well; only what the path says tells them apart.
    handles.find(|handle| {
        let path = path(*handle).unwrap_or_default();
        !is_ipv6(*handle) && card.is_none_or(|card| path.starts_with(card))
    })
}

/// Whether there is a node for IPv6 in the device path: type 3, sub-type 13 (UEFI 2.10 section 10.3.4.13).
fn is_ipv6(handle: Handle) -> bool {
    look::<DevicePath>(handle).is_some_and(|path| {
        path.node_iter().any(|node| (node.full_type().0.0, node.full_type().1.0) == (3, 13))
    })
}

/// What the firmware's PXE client keeps, if that is how we came here.
pub(crate) fn cached(base_code: &BaseCode) -> Option<Cached> {
    let mode = base_code.mode();
    if !mode.started() || mode.using_ipv6() || !mode.dhcp_ack_received() {
        return None;
    }
    let keep = |packet: &Packet| -> Kept { Box::new(*packet.as_ref()) };
    Some(Cached {
        ack: keep(mode.dhcp_ack()),
        proxy: mode.proxy_offer_received().then(|| keep(mode.proxy_offer())),
        boot_server: mode.pxe_reply_received().then(|| keep(mode.pxe_reply())),
    })
}

/// A device path without its end.
fn path(handle: Handle) -> Option<Vec<u8>> {
    let path = look::<DevicePath>(handle)?;
    let nodes = path.node_iter().flat_map(|node| {
        let (kind, data) = (node.full_type(), node.data());
        let length = node.length().to_le_bytes();
        [kind.0.0, kind.1.0, length[0], length[1]].into_iter().chain(data.iter().copied())
    });
    Some(nodes.collect())
}

fn cards() -> Vec<(Handle, Vec<u8>)> {
    let handles = boot::find_handles::<SimpleNetwork>().unwrap_or_default();
    handles.into_iter().map(|handle| (handle, path(handle).unwrap_or_default())).collect()
}

fn has_link(card: Handle) -> bool {
    look::<SimpleNetwork>(card).is_some_and(|card| {
        let mode = card.mode();
        !bool::from(mode.media_present_supported) || bool::from(mode.media_present)
    })
}

/// Firmware that boots from a disk may have left the network alone.
fn connect_everything() {
    let Ok(handles) = boot::locate_handle_buffer(SearchType::AllHandles) else { return };
    for handle in handles.iter() {
        let _ = boot::connect_controller(*handle, &[], None, true);
    }
}
