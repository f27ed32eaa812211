//! TFTP packets: ours against a naive reader, written and read again; netascii there and back.

use bootproto_core::Writer;
use bootproto_tftp::netascii::{Decoder, Encoder};
use bootproto_tftp::wire::{
    Direction, ErrorCode, Multicast, OptionList, OptionName, Packet, Request, write_ack, write_data, write_error,
};
use testkit::naive::TftpPacket;

use crate::{Seed, seed};

/// Reads `data` as a packet, and as text.
pub fn run(data: &[u8]) {
    let naive = TftpPacket::read(data);
    let ours = Packet::parse(data).ok().map(|packet| told(&packet));
    assert_eq!(ours, naive, "ours, and the naive reader's");
    if let Ok(packet) = Packet::parse(data) {
        let bytes = written(&packet);
        let again = Packet::parse(&bytes).map(|packet| told(&packet));
        assert_eq!(again.ok(), naive, "it changes as it is written");
        assert_eq!(naive.map(|packet| packet.write()), Some(bytes), "the naive writer writes another");
    }
    text(data);
}

/// Our packet as the naive one.
fn told(packet: &Packet<'_>) -> TftpPacket {
    match packet {
        Packet::Request(Request { direction, file, mode, options, .. }) => TftpPacket::Request {
            is_write: *direction == Direction::Write,
            file: file.to_vec(),
            mode: mode.as_bytes().to_vec(),
            options: pairs(options),
        },
        Packet::Data { block, bytes } => TftpPacket::Data { block: *block, bytes: bytes.to_vec() },
        Packet::Ack { block } => TftpPacket::Ack { block: *block },
        Packet::Error { code, message } => TftpPacket::Error { code: code.0, message: message.to_vec() },
        Packet::OptionAck(options) => TftpPacket::OptionAck(pairs(options)),
        other => panic!("another kind of packet: {other:?}"),
    }
}

fn pairs(options: &OptionList<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = options.iter().map(|(name, value)| {
        if OptionName::from_bytes(name) == Some(OptionName::Multicast) {
            let _ = Multicast::parse(value);
        }
        (name.to_vec(), value.to_vec())
    });
    pairs.collect()
}

fn written(packet: &Packet<'_>) -> Vec<u8> {
    let mut buffer = vec![0xa5; 1 << 17];
    let mut writer = Writer::new(&mut buffer);
    let options = |writer: &mut Writer<'_>, list: &OptionList<'_>| {
        for (name, value) in list {
            for text in [name, value] {
                writer.bytes(text);
                writer.u8(0);
            }
        }
    };
    match packet {
        Packet::Request(request) => {
            Request::write_head(&mut writer, request.direction, request.file, request.mode);
            options(&mut writer, &request.options);
        }
        Packet::Data { block, bytes } => {
            write_data(&mut writer, *block);
            writer.bytes(bytes);
        }
        Packet::Ack { block } => write_ack(&mut writer, *block),
        Packet::Error { code, message } => write_error(&mut writer, ErrorCode(code.0), message),
        Packet::OptionAck(list) => {
            writer.u16(6);
            options(&mut writer, list);
        }
        other => panic!("another kind of packet: {other:?}"),
    }
    writer.finish().unwrap_or_else(|error| panic!("{error}")).to_vec()
}

/// Any bytes as text: what is encoded is decoded as what it was, in whatever pieces; and decoding takes anything.
fn text(data: &[u8]) {
    let size = usize::from(data.first().copied().unwrap_or(0)) % 7 + 2;
    let (mut encoder, mut wire, mut from) = (Encoder::new(), Vec::new(), data);
    loop {
        let mut room = vec![0; size];
        let (taken, made) = encoder.encode(from, &mut room);
        wire.extend(&room[..made]);
        from = &from[taken..];
        if from.is_empty() && !encoder.has_pending() {
            break;
        }
        assert!(taken + made > 0, "an encoder that stands still");
    }
    assert_eq!(decoded(&wire, size), data, "netascii there and back");
    assert_eq!(decoded(data, 1), decoded(data, usize::MAX), "in pieces and whole");
}

fn decoded(wire: &[u8], size: usize) -> Vec<u8> {
    let (mut decoder, mut plain) = (Decoder::new(), Vec::new());
    for piece in wire.chunks(size) {
        decoder.decode(piece).for_each(|part| plain.extend(part));
    }
    plain.extend(decoder.finish());
    plain
}

/// The packets of real clients and servers.
pub fn seeds() -> Vec<Seed> {
    let mut seeds = seed::vectors("tftp");
    seeds.push(Seed::new("text-with-every-line-end", &b"a\nb\r\nc\rd\r\0\n\r\r\0"[..]));
    seeds
}
