//! The loop around the boot client: frames in, frames out, the image to where it belongs, lines to the console.

use crate::lan9118::{Lan9118, RECEIVE_FIFO};
use crate::time::Clock;
use crate::uart::Uart;
use bootproto::client::{Caps, Client, Config, ConfigError, Event, Load};
use bootproto::net::{Stack, Storage};
use bootproto::{Failure, Step};
use bootproto_core::text::Shown;
use bootproto_core::{Instant, Machine as _, copy_into};
use bootproto_dhcp::client::{self as dhcp, VendorClass};
use bootproto_dhcp::{HardwareAddress, Text};
use core::fmt::{Arguments, Write as _};

/// What we say to be (option 60), so that a DHCP server can have a boot file for boards of this kind.
const BOARD: &[u8] = b"mps2-an385";

/// How the boot is to go: DHCP names the image, and nothing but the image is fetched.
fn config(address: [u8; 6], seed: u64, room: usize) -> Config {
    let class = Text::new(BOARD).map_or(VendorClass::None, VendorClass::Text);
    let dhcp = dhcp::Config::new(seed, HardwareAddress::ethernet(address)).with_vendor_class(class);
    Config::new(seed.rotate_left(32), dhcp)
        .with_load(Load::Image)
        .with_caps(Caps { nbp: room as u64, ..Caps::DEFAULT })
        .with_receive_buffer(RECEIVE_FIFO)
}

/// What the loop has to do after an event.
enum Next {
    GoOn,
    Configure,
    Unconfigure,
}

/// The caller's side of the boot client.
struct Caller<'i> {
    console: Uart,
    room: &'i mut [u8],
    /// When the image began to come.
    begun: Instant,
}

/// Boots. The image, a part of `room`; or `None`, and the console says why.
///
/// # Errors
/// The configuration can't be, which is this program's own mistake.
pub(crate) fn boot<'i>(
    card: &mut Lan9118,
    clock: &Clock,
    console: Uart,
    seed: u64,
    room: &'i mut [u8],
) -> Result<Option<&'i [u8]>, ConfigError> {
    let (address, now) = (card.address(), clock.now());
    let mut client = Client::new(config(address, seed, room.len()), now)?;
    let mut storage = Storage::default();
    let mut stack = Stack::new(card, address, seed, now, &mut storage);
    let mut buffer = [0; Client::MAX_TRANSMIT];
    let mut caller = Caller { console, room, begun: now };
    loop {
        // Everything that waits leaves first; what does not leave, the client sends again in its time.
        let now = clock.now();
        while let Ok(Some(datagram)) = client.poll_transmit(now, &mut buffer) {
            if let Err(reason) = stack.send(datagram.path, datagram.bytes) {
                caller.say(client.step(), format_args!("not sent: {reason}"));
            }
        }
        stack.transmit(card, now);
        if client.is_finished() {
            let size = client.plan().and_then(|plan| Some(plan.files().first()?.size as usize));
            return Ok(size.and_then(|size| caller.room.get(..size)));
        }
        // Then either time or a frame; where there is neither, the processor rests.
        let mut next = Next::GoOn;
        if client.poll_timeout().is_some_and(|at| at <= now) {
            let event = client.handle_timeout(now).unwrap_or(Event::Nothing);
            next = caller.take(&client, event, now);
        } else if !stack.receive(card, now, |path, payload| {
            let event = client.handle_datagram(now, path, payload);
            next = caller.take(&client, event, now);
        }) {
            clock.rest();
        }
        match next {
            Next::GoOn => {}
            Next::Configure => client.lease().into_iter().for_each(|lease| stack.configure_from(lease)),
            Next::Unconfigure => stack.unconfigure(),
        }
    }
}

impl Caller<'_> {
    /// Acts on an event; the bytes of the image are copied here, once, from the frame to their place.
    fn take(&mut self, client: &Client, event: Event<'_>, now: Instant) -> Next {
        match event {
            Event::Configured => {
                self.configured(client);
                return Next::Configure;
            }
            Event::Renewed => return Next::Configure,
            Event::Refused { .. } | Event::Expired => return Next::Unconfigure,
            Event::Open { .. } => self.opened(client, now),
            Event::Data { offset, bytes, .. } => self.store(offset, bytes),
            Event::Received { size, .. } => self.received(client, size, now),
            Event::Failed { failure, message } => self.failed(client, &failure, message),
            _ => {}
        }
        Next::GoOn
    }

    fn opened(&mut self, client: &Client, now: Instant) {
        self.begun = now;
        self.store(0, client.head());
        let (name, place) = (Shown(client.file_name()), self.room.as_ptr());
        let Some(server) = client.peer() else { return };
        self.say(client.step(), format_args!("{name} from {} to {place:p}", server.ip()));
    }

    /// What lies behind the room's end, `Caps::nbp` has kept from coming.
    fn store(&mut self, offset: u64, bytes: &[u8]) {
        let place = self.room.get_mut(offset as usize..).unwrap_or_default();
        copy_into(place, bytes);
    }

    fn configured(&mut self, client: &Client) {
        let Some(lease) = client.lease() else { return };
        self.say(Step::Configure, format_args!("address {}", lease.address));
    }

    fn received(&mut self, client: &Client, size: u64, now: Instant) {
        let micros = now.as_micros().saturating_sub(self.begun.as_micros()).max(1);
        let (millis, rate) = (micros / 1000, size.saturating_mul(1000) / micros);
        let terms = client.terms().unwrap_or_default();
        let (block, window) = (terms.block_size, terms.window_size);
        let again = client.statistics().retransmissions;
        let name = Shown(client.file_name());
        self.say(
            client.step(),
            format_args!(
                "{name}, {size} bytes in {millis} ms, {rate} kB/s, blksize {block} windowsize {window}, \
                 {again} retransmissions"
            ),
        );
    }

    fn failed(&mut self, client: &Client, failure: &Failure, message: &[u8]) {
        let _ = write!(self.console, "{failure}");
        if !client.file_name().is_empty() {
            let _ = write!(self.console, " The file: {}.", Shown(client.file_name()));
        }
        if !message.is_empty() {
            let _ = write!(self.console, " The server says: {}", Shown(message));
        }
        let _ = writeln!(self.console);
    }

    /// A serial line that takes nothing is no reason not to boot.
    fn say(&mut self, step: Step, text: Arguments<'_>) {
        let _ = writeln!(self.console, "{step}: {text}");
    }
}
