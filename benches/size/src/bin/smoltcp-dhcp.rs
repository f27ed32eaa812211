//! `smoltcp` with its DHCP socket, and the Ethernet and IP below it.
#![no_std]
#![no_main]

use core::hint::black_box;
use size_bench::buffer;
use smoltcp::iface::{Config, Interface, SocketSet, SocketStorage};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::dhcpv4;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress};

struct Card;
struct Token;

impl Device for Card {
    type RxToken<'a> = Token;
    type TxToken<'a> = Token;

    fn receive(&mut self, _: Instant) -> Option<(Token, Token)> {
        black_box(true).then_some((Token, Token))
    }

    fn transmit(&mut self, _: Instant) -> Option<Token> {
        Some(Token)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

impl RxToken for Token {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(buffer())
    }
}

impl TxToken for Token {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, _: usize, f: F) -> R {
        f(buffer())
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let address = HardwareAddress::Ethernet(EthernetAddress(black_box([2; 6])));
    let mut config = Config::new(address);
    config.random_seed = black_box(1);
    let mut interface = Interface::new(config, &mut Card, Instant::ZERO);
    let mut storage = [SocketStorage::EMPTY];
    let mut sockets = SocketSet::new(&mut storage[..]);
    let handle = sockets.add(dhcpv4::Socket::new());
    loop {
        let now = Instant::from_micros(black_box(0));
        interface.poll(now, &mut Card, &mut sockets);
        black_box(interface.poll_at(now, &sockets));
        black_box(sockets.get_mut::<dhcpv4::Socket>(handle).poll());
    }
}
