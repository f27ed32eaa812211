//! The layouts against the bytes of a real ROM: every field where the ROM has it, and the same bytes back.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::doc_markdown,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_const_for_fn,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use bootproto_pxe_api::blocks::*;
use bootproto_pxe_api::{Layout, Opcode, SegmentOffset, Status};
use common::vector;
use core::net::Ipv4Addr;
use zerocopy::IntoBytes;

/// Parses the vector, checks that the value is the same bytes again, and that every shorter prefix is refused.
fn parse<T: Layout>(name: &str) -> T {
    let bytes = vector(&format!("e1000-{name}"));
    let value = T::parse(&bytes).unwrap();
    assert_eq!(value.as_bytes(), &bytes[..T::SIZE], "{name}");
    for length in 0..T::SIZE {
        let error = T::parse(&bytes[..length]).err().expect("too short");
        assert_eq!(error.offset, length, "{name}");
    }
    value
}

#[test]
fn cached_info_says_where_the_rom_keeps_its_packets() {
    for (name, kind, offset) in [
        ("get-cached-info-1", PacketType::DHCP_DISCOVER, 0x0480),
        ("get-cached-info-2", PacketType::DHCP_ACK, 0x096c),
        ("get-cached-info-3", PacketType::CACHED_REPLY, 0x0e58),
    ] {
        let block: GetCachedInfo = parse(name);
        assert_eq!(block.packet_type.get(), kind.0);
        assert_eq!(usize::from(block.buffer_size.get()), BootPlayer::SIZE);
        assert_eq!(block.buffer, SegmentOffset::new(0x9ccc, offset));
        assert_eq!(block.status(), Status::SUCCESS);
    }
    assert_eq!(parse::<GetCachedInfo>("get-cached-info-copy64").buffer_size.get(), 64);
}

#[test]
fn a_cached_packet_is_a_dhcp_packet() {
    let player: BootPlayer = parse("cached-dhcpack");
    assert_eq!((player.opcode, player.hardware, player.hardlen), (2, 1, 6));
    assert_eq!(player.caddr[..6], [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    assert_eq!(player.yip, [10, 0, 2, 15]);
    assert!(player.bootfile.starts_with(b"nbp.bin\0"));
    // The DHCP crate reads the same bytes: this is how a second exchange is spared.
    let packet = bootproto_dhcp::wire::Packet::parse(player.as_bytes()).unwrap();
    assert_eq!(packet.header.yiaddr, Ipv4Addr::new(10, 0, 2, 15));
    assert_eq!(packet.header.siaddr, Ipv4Addr::new(10, 0, 2, 2));
}

#[test]
fn information_names_port_interrupt_and_addresses() {
    let block: UndiGetInformation = parse("get-information");
    assert_eq!((block.base_io.get(), block.int_number.get()), (0xc000, 11));
    assert_eq!((block.max_tran_unit.get(), block.hw_type.get(), block.hw_addr_len.get()), (1500, 1, 6));
    assert_eq!(block.current_node_address, block.perm_node_address);
    assert_eq!(block.current_node_address[..7], [0x52, 0x54, 0, 0x12, 0x34, 0x56, 0]);
    assert_eq!((block.rom_address.get(), block.rx_buf_ct.get(), block.tx_buf_ct.get()), (0, 1, 1));
    let block: UndiGetIfaceInfo = parse("get-iface-info");
    assert!(block.iface_type.starts_with(b"DIX+802.3\0"));
    assert_eq!(block.link_speed.get(), 10_000_000);
    let flags = ServiceFlags(block.service_flags.get());
    assert_eq!(flags.0, 0x1c13);
    assert!(flags.contains(ServiceFlags::IRQ) && !flags.contains(ServiceFlags::PROMISCUOUS));
    let block: UndiGetNicType = parse("get-nic-type");
    assert_eq!((block.nic_type, block.pci.vendor.get(), block.pci.device.get()), (2, 0x8086, 0x100e));
    assert_eq!((block.pci.base_class, block.pci.bus_dev_func.get()), (2, 0x18));
    assert_eq!(block.pnp(), None);
    let virtio = UndiGetNicType::parse(&vector("virtio-get-nic-type")).unwrap();
    assert_eq!((virtio.pci.vendor.get(), virtio.pci.device.get()), (0x1af4, 0x1000));
    let virtio = UndiGetStatistics::parse(&vector("virtio-get-statistics")).unwrap();
    assert_eq!((virtio.xmt_good_frames.get(), virtio.rcv_good_frames.get()), (11, 10));
}

#[test]
fn counters_and_small_calls_have_their_places() {
    let block: UndiGetStatistics = parse("get-statistics");
    assert_eq!((block.xmt_good_frames.get(), block.rcv_good_frames.get()), (13, 12));
    assert_eq!(vector("e1000-undi-open")[4..6], [7, 0]);
    assert_eq!(parse::<UndiSetPacketFilter>("set-packet-filter").filter, 0);
    let block: UndiGetMcastAddress = parse("get-mcast-address");
    assert_eq!((block.inet_addr, &block.media_addr[..6]), ([224, 0, 0, 1], &[1, 0, 0x5e, 0, 0, 1][..]));
    let block: UndiSetStationAddress = parse("set-station-address");
    assert_eq!(block.status(), Status::UNDI_INVALID_STATE);
    assert_eq!(block.status().to_string(), "invalid UNDI state");
    assert_eq!(parse::<UnloadStack>("unload-stack").status(), Status::SUCCESS);
    assert_eq!(parse::<FileApiCheck>("file-api-check-e6").status(), Status::BAD_FUNC);
    assert_eq!(parse::<UndiForceInterrupt>("force-interrupt").status(), Status::UNSUPPORTED);
}

#[test]
fn frames_move_by_transmit_and_isr() {
    let block: UndiTransmit = parse("undi-transmit");
    assert_eq!((block.protocol, block.xmit_flag), (Protocol::ARP.0, XmitFlag::BROADCAST.0));
    assert_eq!((block.dest_addr, block.tbd), (SegmentOffset::new(0, 0x8946), SegmentOffset::new(0, 0x8a0c)));
    let block: UndiIsr = parse("isr-receive");
    assert_eq!(FuncFlag(block.func_flag.get()), FuncFlag::OUT_RECEIVE);
    assert_eq!(
        (block.buffer_length.get(), block.frame_length.get(), block.frame_header_length.get()),
        (64, 64, 14)
    );
    assert_eq!(block.frame, SegmentOffset::new(0x9ccc, 0x1360));
    assert_eq!((block.prot_type, block.pkt_type), (Protocol::ARP.0, PacketKind::DIRECTED.0));
}

#[test]
fn tftp_blocks_hold_names_and_ports_in_network_order() {
    let block: TftpOpen = parse("tftp-open");
    assert_eq!((block.server, block.port.get(), block.packet_size.get()), ([10, 0, 2, 2], 69, 1428));
    assert_eq!(block.file_name, file_name(b"boot.ipxe").unwrap());
    assert_eq!(parse::<TftpGetFsize>("tftp-get-fsize").file_size.get(), 223);
    let block: TftpRead = parse("tftp-read");
    assert_eq!((block.packet_number.get(), block.buffer_size.get()), (1, 223));
    assert_eq!(block.buffer, SegmentOffset::new(0, 0x8b5c));
}

#[test]
fn a_file_name_must_fit_with_its_end() {
    assert_eq!(file_name(b""), None);
    assert_eq!(file_name(b"a\0b"), None);
    assert_eq!(file_name(&[b'a'; 128]), None);
    assert_eq!(file_name(&[b'a'; 127]).unwrap()[126..], [b'a', 0]);
}

#[test]
fn the_recorded_opcode_is_the_one_of_the_block() {
    let mut seen = 0;
    for vector in common::vectors() {
        let Some(opcode) = vector.about.get("opcode") else { continue };
        let opcode = Opcode(u16::from_str_radix(opcode, 16).unwrap());
        let status = u16::from_le_bytes([vector.bytes[0], vector.bytes[1]]);
        assert_eq!(format!("{status:04x}"), vector.about["status"], "{}", vector.name);
        assert!(opcode.name().is_some() || vector.name.contains("unknown"), "{}", vector.name);
        seen += 1;
    }
    assert!(seen > 20);
    assert_eq!(
        [
            TftpReadFile::OPCODE.0,
            UndiIsr::OPCODE.0,
            GetCachedInfo::OPCODE.0,
            UdpWrite::OPCODE.0,
            FileCmdline::OPCODE.0
        ],
        [0x23, 0x14, 0x71, 0x33, 0xe8]
    );
    assert_eq!(Opcode(0x99).to_string(), "Opcode(0x0099)");
}

/// V44 of the survey: a caller's descriptor that would make a ROM read past it.
#[test]
fn a_transmit_descriptor_is_never_read_past_its_end() {
    let mut tbd = TransmitBuffer::zeroed();
    tbd.immed_length.set(14);
    tbd.xmit = SegmentOffset::new(0x1000, 0);
    tbd.data_block_count.set(0xffff);
    assert_eq!(tbd.blocks().len(), MAX_DATA_BLOCKS);
    assert_eq!(tbd.total_length(1514), None, "too many pieces");
    tbd.data_block_count.set(1);
    assert_eq!(tbd.total_length(1514), None, "a piece of the forbidden type");
    tbd.data_blocks[0].pointer_type = 1;
    tbd.data_blocks[0].length.set(1500);
    assert_eq!(tbd.total_length(1514), Some(1514));
    assert_eq!(tbd.total_length(1513), None, "longer than a frame may be");
    tbd.data_blocks[0].at = SegmentOffset::new(0x1000, 0xffff);
    assert_eq!(tbd.total_length(1514), None, "a piece that wraps its segment");
}
