//! The ROM's UNDI as a `smoltcp` device: the machine of `bootproto-pxe-api`, and the memory that its calls need.

use crate::clock::Clock;
use crate::memory::{Low, Room, real, word};
use crate::real::{self, Registers};
use bootproto_pxe_api::blocks::{
    Block, FILE_API_MAGIC, FileApiCheck, PacketFilter, PacketType, StartUndi, UndiGetNicType, UndiOpen,
};
use bootproto_pxe_api::entry::{Clues, Entry, Int1a, Memory as _, NotFound, find};
use bootproto_pxe_api::fetch::{self, Fetch};
use bootproto_pxe_api::undi::{
    Attach, Cached, Client, Config, Effect, Event, Failure, Fragment, Frame, Keep, MINIMUM_FRAME, Receive,
    Signal,
};
use bootproto_pxe_api::{AREA_SIZE, Call, Exit, Layout as _, Opcode, SegmentOffset};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time;

/// The longest frame.
const FRAME: usize = 1536;
/// Frames that one round of calls takes from the ROM at most.
const QUEUE: usize = 16;
/// A DHCP packet as the ROM keeps it (`BOOTPLAYER` with 1024 bytes of options) is 1260 bytes.
const PACKET: usize = 1536;

/// The bytes of `UNDI_ISR`'s block.
const ISR: usize = 16;
/// What it is asked.
const START: u8 = 1;
const GET_NEXT: u8 = 3;

static AREA: Room<AREA_SIZE> = Room::new();
static SENDING: Room<FRAME> = Room::new();
static RECEIVED: Room<{ FRAME * QUEUE }> = Room::new();
static CACHED: Room<{ PACKET * 3 }> = Room::new();

/// Finds the ROM that started us.
pub(crate) fn stack() -> Result<Entry, NotFound> {
    let entered = real::entry();
    let told = real::interrupt(0x1a, Registers { eax: 0x5650, ..Registers::default() });
    let es_bx = SegmentOffset::new(told.es, told.ebx as u16);
    let int1a = Int1a { ax: told.ax(), carry: told.carry(), es_bx };
    let clues = Clues {
        stack: Some(entered.stack()),
        pxenv: Some(entered.es_bx()),
        int1a: Some(int1a),
        free_kilobytes: Some(word(0x413)),
    };
    find(&Low, &clues)
}

/// How the driver is used.
fn config(area: &[u8], is_ipxe: bool) -> Option<Config> {
    let config = Config::new(Attach::BootProgram, real(area)).ok()?;
    // There is no handler for the adapter's interrupt: it is asked, as often as there is nothing else to do.
    // iPXE's ROM answers PROCESS without START: one call less for every round.
    Some(config.with_receive(Receive::Polled).with_quota(QUEUE as u16).with_isr_start(!is_ipxe))
}

/// The network card.
pub(crate) struct Undi {
    port: Port,
    queue: Queue,
    is_ipxe: bool,
}

/// The driver, and the memory that its calls need.
struct Port {
    client: Client,
    clock: Clock,
    point: SegmentOffset,
    area: &'static mut [u8],
    sending: &'static mut [u8],
    taken: Taken,
}

/// The answers to `UNDI_ISR` that were got in one go, and how many of them the machine has heard.
#[derive(Debug, Default)]
struct Taken {
    heard: u16,
    slots: u16,
    /// The one behind the last slot.
    last: Option<(u16, [u8; ISR])>,
}

/// Frames that came and wait.
struct Queue {
    bytes: &'static mut [u8],
    lengths: [usize; QUEUE],
    /// The one that comes next, and how many there are.
    next: usize,
    count: usize,
    /// How much of the last one is there.
    partial: usize,
}

/// The packets of the ROM's own DHCP.
pub(crate) struct Packets {
    bytes: &'static mut [u8],
    lengths: [usize; 3],
}

impl Undi {
    /// Brings the driver up, and takes the ROM's packets along.
    ///
    /// # Errors
    /// The driver's failure; `None` if this is not the first time.
    pub(crate) fn open(entry: &Entry, clock: Clock) -> Result<(Self, Packets), Option<Failure>> {
        let area = AREA.take();
        let client = Client::new(config(area, false).ok_or(None)?);
        let mut port = Port {
            client,
            clock,
            point: entry.point,
            area,
            sending: SENDING.take(),
            taken: Taken::default(),
        };
        let is_ipxe = port.is_ipxe();
        port.client = Client::new(config(port.area, is_ipxe).ok_or(None)?);
        let mut packets = Packets { bytes: CACHED.take(), lengths: [0; 3] };
        loop {
            match port.step() {
                Event::Cached(cached) => packets.keep(cached),
                Event::Opened => break,
                Event::Failed(failure) => return Err(Some(failure)),
                _ => {}
            }
        }
        let queue = Queue { bytes: RECEIVED.take(), lengths: [0; QUEUE], next: 0, count: 0, partial: 0 };
        Ok((Self { port, queue, is_ipxe }, packets))
    }

    /// The adapter's address, if it is Ethernet's.
    pub(crate) fn address(&self) -> Option<[u8; 6]> {
        let information = self.port.client.information()?;
        if information.hardware_type == 1 { information.address().try_into().ok() } else { None }
    }

    /// Whether the card can't take several datagrams at once.
    pub(crate) fn is_lockstep(&self) -> bool {
        self.port.client.quirks().any(|quirk| quirk.effect == Effect::Lockstep)
    }

    /// Whether the ROM is iPXE's.
    pub(crate) fn is_ipxe(&self) -> bool {
        self.is_ipxe
    }

    /// Makes a call that does nothing, to see how long it takes.
    pub(crate) fn idle_call(&mut self) {
        self.port.is_ipxe();
    }

    /// Leaves the card to the ROM's own stack, as it was when we were started: up and open.
    ///
    /// iPXE's stack gets no frame as long as UNDI is open, and is without a network once UNDI is closed. Its START_UNDI,
    /// while UNDI is open, ends the first and leaves the card open. No other ROM is asked for that.
    pub(crate) fn lend(&mut self) {
        self.close(Keep::Everything);
        let mut open = UndiOpen::zeroed();
        open.pkt_filter.set((PacketFilter::DIRECTED | PacketFilter::BROADCAST).0);
        self.port.ask(&open);
        if self.is_ipxe
            && let Some(nic) = self.port.ask(&UndiGetNicType::zeroed())
        {
            let mut start = StartUndi::zeroed();
            start.ax = nic.pci.bus_dev_func;
            start.bx.set(0xffff);
            start.dx.set(0xffff);
            self.port.ask(&start);
        }
    }

    /// Takes the card back from the ROM's own stack.
    ///
    /// # Errors
    /// The driver's failure.
    pub(crate) fn take_back(&mut self) -> Result<(), Failure> {
        let Some(config) = config(self.port.area, self.is_ipxe) else { return Ok(()) };
        self.port.client = Client::new(config.with_cached_info(false));
        self.port.taken = Taken::default();
        (self.queue.next, self.queue.count, self.queue.partial) = (0, 0, 0);
        loop {
            match self.port.step() {
                Event::Opened => return Ok(()),
                Event::Failed(failure) => return Err(failure),
                _ => {}
            }
        }
    }

    /// Has the ROM fetch a file, while the card is lent; `heard` is told what comes, and may end it by `false`.
    pub(crate) fn fetch(
        &mut self,
        config: fetch::Config,
        mut heard: impl FnMut(&fetch::Event) -> bool,
    ) -> fetch::Event {
        let mut machine = Fetch::new(config);
        loop {
            let Ok(Some(opcode)) = machine.poll_call(self.port.area).map(|call| call.map(|call| call.opcode))
            else {
                return fetch::Event::Failed(fetch::Failure::Ended);
            };
            let ax = self.port.call(opcode);
            let mut event = machine.handle_return(Exit(ax), self.port.area);
            if !heard(&event) {
                event = machine.end();
            }
            if matches!(event, fetch::Event::Done { .. } | fetch::Event::Failed(_)) {
                return event;
            }
        }
    }

    /// Where the ROM may put a packet, while the card is lent.
    pub(crate) fn buffer(&self) -> SegmentOffset {
        real(self.port.sending)
    }

    /// Gives the driver back: with [`Keep::Nothing`] it is gone.
    pub(crate) fn close(&mut self, keep: Keep) {
        let mut event = self.port.client.close(keep);
        // No end has that many calls.
        for _ in 0..1000 {
            if matches!(event, Event::Closed(_) | Event::Failed(_)) {
                break;
            }
            event = self.port.step();
        }
    }
}

impl Port {
    /// Makes the call that is due, if one is.
    fn step(&mut self) -> Event {
        let opcode = match self.client.poll_call(self.clock.now(), self.area) {
            Ok(Some(call)) => call.opcode,
            Ok(None) | Err(_) => return Event::Nothing,
        };
        let ax = if opcode == Opcode::UNDI_ISR { self.isr() } else { self.call(opcode) };
        self.client.handle_return(self.clock.now(), Exit(ax), self.area)
    }

    /// Whether the ROM is iPXE's, by the calls that only it has.
    fn is_ipxe(&mut self) -> bool {
        let mut block = FileApiCheck::zeroed();
        block.size.set(FileApiCheck::SIZE as u16);
        block.magic.set(FILE_API_MAGIC.0);
        self.ask(&block).is_some_and(|block| block.magic.get() == FILE_API_MAGIC.1)
    }

    /// Makes a call of our own; what came back if it was done.
    fn ask<B: Block>(&mut self, block: &B) -> Option<B> {
        let opcode = Call::of(self.area, block).ok()?.opcode;
        let ax = self.call(opcode);
        Call::answer(Exit(ax), self.area).ok()
    }

    fn call(&mut self, opcode: Opcode) -> u16 {
        let place = real(self.area);
        let ax = real::pxe(self.point, opcode.0, place);
        // The ROM has written behind the compiler's back.
        Low.read(place.physical(), self.area);
        ax
    }

    /// `UNDI_ISR`: each PROCESS and `GET_NEXT` takes along what follows it, and the next ones are answered from that.
    fn isr(&mut self) -> u16 {
        let asked = self.area.get(2).copied();
        if asked == Some(START) {
            return self.call(Opcode::UNDI_ISR);
        }
        if asked != Some(GET_NEXT) || (self.taken.heard == self.taken.slots && self.taken.last.is_none()) {
            let place = real(self.area);
            let (ax, slots) = real::pxe_frames(self.point, Opcode::UNDI_ISR.0, place);
            let mut last = [0; ISR];
            Low.read(place.physical(), &mut last);
            let last = (slots < real::SLOTS).then_some((ax, last));
            self.taken = Taken { heard: 0, slots, last };
        }
        if self.taken.heard < self.taken.slots {
            Low.read(real::slot(self.taken.heard), self.area.get_mut(..ISR).unwrap_or_default());
            self.taken.heard += 1;
            return 0;
        }
        let (ax, block) = self.taken.last.take().unwrap_or((1, [0; ISR]));
        bootproto_core::copy_into(self.area, &block);
        ax
    }

    fn is_busy(&self) -> bool {
        self.client.poll_timeout().is_some()
    }

    fn send(&mut self, length: usize) {
        let place = real(self.sending);
        let Some(bytes) = self.sending.get(..length) else { return };
        // What a card does not take is lost, as on a wire.
        let Ok(frame) = Frame::ethernet(place, bytes) else { return };
        if self.client.transmit(frame).is_ok() {
            while self.is_busy() {
                self.step();
            }
        }
    }
}

impl Queue {
    /// Takes from the ROM what it has, if all that it had is used up.
    fn fill(&mut self, port: &mut Port) {
        if self.next < self.count {
            return;
        }
        (self.next, self.count) = (0, 0);
        port.client.receive(port.clock.now(), Signal::Poll);
        while port.is_busy() {
            if let Event::Received(piece) = port.step() {
                self.take(piece);
            }
        }
    }

    /// A piece of a frame, or all of it.
    fn take(&mut self, piece: Fragment) {
        let (from, length) = (usize::from(piece.offset), usize::from(piece.length));
        if from == 0 {
            self.partial = 0;
        }
        let end = from + length;
        if self.count == QUEUE || from != self.partial || end > FRAME {
            return;
        }
        let slot = self.count * FRAME;
        let Some(place) = self.bytes.get_mut(slot + from..slot + end) else { return };
        if !Low.read(piece.at.physical(), place) {
            return;
        }
        self.partial = end;
        if piece.last {
            if let Some(kept) = self.lengths.get_mut(self.count) {
                *kept = end;
            }
            self.count += 1;
            self.partial = 0;
        }
    }

    fn pop(&mut self) -> Option<&[u8]> {
        let at = self.next;
        let length = *self.lengths.get(at).filter(|_| at < self.count)?;
        self.next += 1;
        self.bytes.get(at * FRAME..at * FRAME + length)
    }
}

impl Packets {
    fn keep(&mut self, cached: Cached) {
        let index = match cached.kind {
            PacketType::DHCP_DISCOVER => 0,
            PacketType::DHCP_ACK => 1,
            _ => 2,
        };
        let length = usize::from(cached.length).min(PACKET);
        let start = index * PACKET;
        if let (Some(place), Some(kept)) =
            (self.bytes.get_mut(start..start + length), self.lengths.get_mut(index))
            && Low.read(cached.at.physical(), place)
        {
            *kept = length;
        }
    }

    fn packet(&self, index: usize) -> Option<&[u8]> {
        let length = *self.lengths.get(index)?;
        let start = index * PACKET;
        self.bytes.get(start..start + length).filter(|packet| !packet.is_empty())
    }

    /// The acknowledgement, and the answer that named the boot file if it was another.
    pub(crate) fn answers(&self) -> Option<(&[u8], Option<&[u8]>)> {
        let ack = self.packet(1)?;
        Some((ack, self.packet(2).filter(|reply| *reply != ack)))
    }
}

impl Device for Undi {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: time::Instant) -> Option<(Received<'_>, Sending<'_>)> {
        self.queue.fill(&mut self.port);
        let frame = self.queue.pop()?;
        Some((Received(frame), Sending(&mut self.port)))
    }

    fn transmit(&mut self, _: time::Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.port))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mtu = self.port.client.information().map_or(1500, |information| information.mtu);
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = usize::from(mtu.clamp(576, 1500)) + 14;
        capabilities
    }
}

/// A frame that came.
pub(crate) struct Received<'a>(&'a [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Room for a frame to send.
pub(crate) struct Sending<'a>(&'a mut Port);

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let length = length.min(FRAME);
        let padded = length.max(usize::from(MINIMUM_FRAME));
        let place = self.0.sending.get_mut(..padded).unwrap_or_default();
        place.fill(0);
        let (frame, _) = place.split_at_mut(length);
        let result = f(frame);
        self.0.send(padded);
        result
    }
}
