//! The layouts against those of somebody else's header: every field at the place where a C compiler puts it.
//!
//! `layouts.txt` says whose, and how the bytes were made.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use bootproto_pxe_api::Layout;
use bootproto_pxe_api::blocks::*;
use bootproto_pxe_api::entry::SegmentDescriptor;
use std::collections::BTreeMap;
use zerocopy::IntoBytes;

const THEIRS: &str = include_str!("layouts.txt");

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..][..2], 16).unwrap()).collect()
}

/// Checks each structure field by field: all bytes of the first are 10h, of the second 11h.
macro_rules! check {
    ($theirs:ident: $($name:literal $ours:ident { $($field:ident)+ })+) => { $(
        let bytes = $theirs.remove($name).expect($name);
        assert_eq!(bytes.len(), $ours::SIZE, $name);
        let value = $ours::parse(&bytes).unwrap();
        let mut mark = 0x10;
        $(
            let field = value.$field.as_bytes();
            assert!(field.iter().all(|byte| *byte == mark), "{}.{}: {field:x?}", $name, stringify!($field));
            mark += 1;
        )+
        assert_eq!(bytes.last(), Some(&(mark - 1)), "{} has more fields", $name);
    )+ };
}

#[test]
fn every_field_lies_where_others_have_it() {
    let lines = THEIRS.lines().filter(|line| !line.starts_with('#'));
    let mut theirs: BTreeMap<&str, Vec<u8>> = lines
        .map(|line| {
            let (name, bytes) = line.split_once(' ').unwrap();
            (name, hex(bytes))
        })
        .collect();
    check! { theirs:
        "pxe_segdesc_t" SegmentDescriptor { segment physical size }
        "pxe_bootp_t" BootPlayer { opcode hardware hardlen gatehops ident seconds flags cip yip sip gip caddr sname bootfile vendor }
        "t_PXENV_GET_CACHED_INFO" GetCachedInfo { status packet_type buffer_size buffer buffer_limit }
        "t_PXENV_START_UNDI" StartUndi { status ax bx dx di es }
        "t_PXENV_STOP_UNDI" StopUndi { status }
        "t_PXENV_START_BASE" StartBase { status }
        "t_PXENV_STOP_BASE" StopBase { status }
        "t_PXENV_TFTP_OPEN" TftpOpen { status server gateway file_name port packet_size }
        "t_PXENV_TFTP_CLOSE" TftpClose { status }
        "t_PXENV_TFTP_READ" TftpRead { status packet_number buffer_size buffer }
        "t_PXENV_TFTP_READ_FILE" TftpReadFile { status file_name buffer_size buffer server gateway mcast client_port server_port open_timeout reopen_delay }
        "t_PXENV_TFTP_GET_FSIZE" TftpGetFsize { status server gateway file_name file_size }
        "t_PXENV_UDP_OPEN" UdpOpen { status source }
        "t_PXENV_UDP_CLOSE" UdpClose { status }
        "t_PXENV_UDP_WRITE" UdpWrite { status destination gateway source_port destination_port buffer_size buffer }
        "t_PXENV_UDP_READ" UdpRead { status source destination source_port destination_port buffer_size buffer }
        "t_PXENV_UNDI_STARTUP" UndiStartup { status }
        "t_PXENV_UNDI_CLEANUP" UndiCleanup { status }
        "t_PXENV_UNDI_INITIALIZE" UndiInitialize { status protocol_ini reserved }
        "t_PXENV_UNDI_MCAST_ADDRESS" McastAddresses { count addresses }
        "t_PXENV_UNDI_RESET" UndiResetAdapter { status mcast }
        "t_PXENV_UNDI_SHUTDOWN" UndiShutdown { status }
        "t_PXENV_UNDI_OPEN" UndiOpen { status open_flag pkt_filter mcast }
        "t_PXENV_UNDI_CLOSE" UndiClose { status }
        "t_PXENV_UNDI_TRANSMIT" UndiTransmit { status protocol xmit_flag dest_addr tbd reserved }
        "t_PXENV_UNDI_TBD" TransmitBuffer { immed_length xmit data_block_count data_blocks }
        "t_PXENV_UNDI_SET_MCAST_ADDR" UndiSetMcastAddress { status mcast }
        "t_PXENV_UNDI_SET_STATION_ADDR" UndiSetStationAddress { status station_address }
        "t_PXENV_UNDI_SET_PACKET_FILTER" UndiSetPacketFilter { status filter }
        "t_PXENV_UNDI_GET_INFORMATION" UndiGetInformation { status base_io int_number max_tran_unit hw_type hw_addr_len current_node_address perm_node_address rom_address rx_buf_ct tx_buf_ct }
        "t_PXENV_UNDI_GET_STATISTICS" UndiGetStatistics { status xmt_good_frames rcv_good_frames rcv_crc_errors rcv_resource_errors }
        "t_PXENV_UNDI_CLEAR_STATISTICS" UndiClearStatistics { status }
        "t_PXENV_UNDI_INITIATE_DIAGS" UndiInitiateDiags { status }
        "t_PXENV_UNDI_FORCE_INTERRUPT" UndiForceInterrupt { status }
        "t_PXENV_UNDI_GET_MCAST_ADDR" UndiGetMcastAddress { status inet_addr media_addr }
        "t_PXENV_UNDI_GET_NIC_TYPE" UndiGetNicType { status nic_type pci }
        "t_PXENV_UNDI_GET_IFACE_INFO" UndiGetIfaceInfo { status iface_type link_speed service_flags reserved }
        "t_PXENV_UNDI_GET_STATE" UndiGetState { status undi_state }
        "t_PXENV_UNDI_ISR" UndiIsr { status func_flag buffer_length frame_length frame_header_length frame prot_type pkt_type }
        "t_PXENV_FILE_API_CHECK" FileApiCheck { status size magic provider api_mask flags }
        "t_PXENV_FILE_READ" FileRead { status file_handle buffer_size buffer }
        "t_PXENV_FILE_OPEN" FileOpen { status file_handle file_name reserved }
        "t_PXENV_FILE_CLOSE" FileClose { status file_handle }
        "t_PXENV_GET_FILE_SIZE" GetFileSize { status file_handle file_size }
        "t_PXENV_UNLOAD_STACK" UnloadStack { status reserved }
    }
    assert!(theirs.is_empty(), "{:?} are not looked at", theirs.keys());
}
