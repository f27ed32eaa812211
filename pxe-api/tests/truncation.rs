//! Every layout of the crate: cut at every length it is refused with the place, and whole it is the same bytes again.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use bootproto_core::ParseErrorKind;
use bootproto_pxe_api::{Layout, SegmentOffset, blocks, entry, rom, uefi};

fn check<T: Layout>() {
    let bytes: Vec<u8> = (0..=255_u8).cycle().skip(7).take(T::SIZE).collect();
    let value = T::parse(&bytes).unwrap();
    assert_eq!(value.as_bytes(), bytes);
    assert!(T::zeroed().as_bytes().iter().all(|byte| *byte == 0));
    for length in 0..T::SIZE {
        let error = T::parse(&bytes[..length]).err().unwrap();
        assert_eq!((error.kind, error.offset), (ParseErrorKind::Truncated, length));
    }
}

/// Checks each type of a module.
macro_rules! all {
    ($module:ident: $($name:ident)+) => { $( check::<$module::$name>(); )+ };
}

#[test]
fn every_layout_is_its_bytes_and_no_fewer() {
    check::<SegmentOffset>();
    all!(blocks: StartUndi UndiLoader StopUndi StartBase StopBase UnloadStack GetCachedInfo BootPlayer RestartTftp
        TftpOpen TftpClose TftpRead TftpReadFile TftpReadFilePmode TftpGetFsize UdpOpen UdpClose UdpRead UdpWrite
        UndiTransmit TransmitBuffer DataBlock UndiIsr UndiStartup UndiCleanup UndiInitialize McastAddresses
        UndiResetAdapter UndiShutdown UndiOpen UndiClose UndiSetMcastAddress UndiSetStationAddress
        UndiSetPacketFilter UndiGetInformation UndiGetStatistics UndiClearStatistics UndiInitiateDiags
        UndiForceInterrupt UndiGetMcastAddress UndiGetNicType PciNic PnpNic UndiGetIfaceInfo UndiGetState
        FileOpen FileClose FileSelect FileRead GetFileSize FileExec FileApiCheck FileExitHook FileCmdline);
    all!(entry: BangPxe Pxenv SegmentDescriptor);
    all!(rom: BaseRomId RomHeader Pcir Pcir3 PnpHeader UndiRomId EfiRomHeader BiosPnp);
    all!(uefi: HardwareUndi HardwareUndiPorts SoftwareUndi Cdb CpbStart30 CpbStart31 BufferCounts DbGetInitInfo
        DbConfigInfo CpbInitialize DbInitialize CpbReceiveFilters DbReceiveFilters CpbStationAddress
        DbStationAddress DbStatistics CpbMcastIpToMac DbMcastIpToMac NvDataItem DbNvData DbGetStatus
        FragmentDescriptor CpbFillHeader CpbFillHeaderFragmented CpbTransmit CpbTransmitFragments CpbReceive
        DbReceive);
}
