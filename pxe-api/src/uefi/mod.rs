//! The UNDI of UEFI (UEFI specification, appendix E): its `!PXE` structures, its commands, their blocks.
//!
//! What belongs here: bytes with names. What does not: the calls, for on UEFI the Simple Network Protocol makes them;
//! these are for a program that looks at a driver's structures or is a driver itself.
//!
//! A command is a [`Cdb`]: opcode and flags, where its parameters (CPB) and its answer (DB) are, and what became of
//! it. Hardware addresses have 32 bytes here, so that InfiniBand's fit.

mod blocks;
mod cdb;
mod undi;

pub use blocks::{
    BufferCounts, CpbFillHeader, CpbFillHeaderFragmented, CpbInitialize, CpbMcastIpToMac, CpbReceive,
    CpbReceiveFilters, CpbStart30, CpbStart31, CpbStationAddress, CpbTransmit, CpbTransmitFragments,
    DbConfigInfo, DbGetInitInfo, DbGetStatus, DbInitialize, DbMcastIpToMac, DbNvData, DbReceive,
    DbReceiveFilters, DbStationAddress, DbStatistics, FragmentDescriptor, NvDataItem,
};
pub use cdb::{Cdb, OpFlags, Opcode, StatCode, StatFlags};
pub use undi::{HardwareUndi, HardwareUndiPorts, Implementation, SoftwareUndi, bus_types, checked};

/// A hardware address: at the start of 32 bytes, the rest zero.
pub type MacAddress = [u8; 32];
