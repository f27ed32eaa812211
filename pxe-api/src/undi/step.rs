//! The steps of the machine: which call each makes, and in which order they come.

use super::config::{Attach, Config};
use super::event::Information;
use super::frame::Frame;
use crate::blocks::{
    FuncFlag, GetCachedInfo, StartUndi, StopUndi, UndiCleanup, UndiClearStatistics, UndiClose,
    UndiGetIfaceInfo, UndiGetInformation, UndiGetMcastAddress, UndiGetNicType, UndiGetStatistics,
    UndiInitialize, UndiIsr, UndiOpen, UndiResetAdapter, UndiSetMcastAddress, UndiSetPacketFilter,
    UndiSetStationAddress, UndiShutdown, UndiStartup, UnloadStack,
};
use crate::call::{Call, write, zeroed};
use bootproto_core::{BufferTooSmall, Instant};

/// What is being done. Each but the idle ones is one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The packets of the ROM's exchange: which of 1 to 3.
    Cached(u16),
    StartUndi,
    Startup,
    /// After so many tries that failed.
    Initialize(u8),
    /// The same, not yet.
    Wait(u8, Instant),
    Information,
    Interface,
    NicType,
    /// Closed once, so that address and filter can be set.
    CloseFirst,
    Station,
    Open,
    /// Open, with nothing to do.
    Idle,
    Transmit,
    IsrStart,
    IsrProcess,
    IsrNext,
    Statistics,
    ClearStatistics,
    Filter,
    Groups,
    Reset,
    /// The hardware address of this group.
    GroupAddress([u8; 4]),
    /// Taking out what the ROM still has, so that it leaves its interrupt: so many calls more.
    Drain(u8),
    Close,
    Shutdown,
    Cleanup,
    UnloadStack,
    StopUndi,
    Ended,
}

/// How far up the driver is; each is undone by a call of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Loaded,
    Started,
    Up,
    Initialized,
    Opened,
}

impl Config {
    pub(super) const fn first_level(&self) -> Level {
        match self.attach {
            Attach::Loaded { .. } => Level::Loaded,
            Attach::Started => Level::Started,
            Attach::BootProgram => Level::Opened,
        }
    }

    /// The first step of getting the driver up, after the cached packets.
    pub(super) const fn first_step(&self) -> Step {
        match self.attach {
            Attach::Loaded { .. } => Step::StartUndi,
            Attach::Started => Step::Startup,
            Attach::BootProgram => Step::Information,
        }
    }

    fn start_undi(&self) -> StartUndi {
        let mut block: StartUndi = zeroed();
        if let Attach::Loaded { pci, plug_and_play } = self.attach {
            block.ax.set(pci);
            block.bx.set(0xffff);
            block.dx.set(0xffff);
            block.di = plug_and_play.offset;
            block.es = plug_and_play.segment;
        }
        block
    }

    fn open(&self) -> UndiOpen {
        let mut block: UndiOpen = zeroed();
        block.pkt_filter.set(self.filter.0);
        block.mcast = self.groups;
        block
    }

    fn filter(&self) -> UndiSetPacketFilter {
        let mut block: UndiSetPacketFilter = zeroed();
        // Here the call has room for one byte, which all bits fit.
        block.filter = u8::try_from(self.filter.0).unwrap_or(u8::MAX);
        block
    }

    fn groups(&self) -> UndiSetMcastAddress {
        let mut block: UndiSetMcastAddress = zeroed();
        block.mcast = self.groups;
        block
    }

    fn reset(&self) -> UndiResetAdapter {
        let mut block: UndiResetAdapter = zeroed();
        // The adapter forgets them.
        block.mcast = self.groups;
        block
    }

    fn station(&self, information: Option<&Information>) -> UndiSetStationAddress {
        let mut block: UndiSetStationAddress = zeroed();
        let own = information.map_or([0; 16], Information::station);
        block.station_address = self.station.unwrap_or(own);
        block
    }
}

impl Step {
    /// Writes the call of this step; `None` where there is none.
    pub(super) fn write<'b>(
        self,
        config: &Config,
        information: Option<&Information>,
        frame: Option<&Frame>,
        buf: &'b mut [u8],
    ) -> Result<Option<Call<'b>>, BufferTooSmall> {
        let call = match self {
            Self::Cached(kind) => {
                let mut block: GetCachedInfo = zeroed();
                block.packet_type.set(kind);
                write(buf, &block, &[])
            }
            Self::StartUndi => write(buf, &config.start_undi(), &[]),
            Self::Startup => write(buf, &zeroed::<UndiStartup>(), &[]),
            Self::Initialize(_) => write(buf, &zeroed::<UndiInitialize>(), &[]),
            Self::Information => write(buf, &zeroed::<UndiGetInformation>(), &[]),
            Self::Interface => write(buf, &zeroed::<UndiGetIfaceInfo>(), &[]),
            Self::NicType => write(buf, &zeroed::<UndiGetNicType>(), &[]),
            Self::Station => write(buf, &config.station(information), &[]),
            Self::Open => write(buf, &config.open(), &[]),
            Self::Transmit => {
                let Some(frame) = frame else { return Ok(None) };
                let (block, behind) = frame.encode(config.area, config.whole_frames);
                write(buf, &block, &behind)
            }
            Self::IsrStart => write(buf, &UndiIsr::asking(FuncFlag::IN_START), &[]),
            Self::IsrProcess => write(buf, &UndiIsr::asking(FuncFlag::IN_PROCESS), &[]),
            Self::IsrNext | Self::Drain(_) => write(buf, &UndiIsr::asking(FuncFlag::IN_GET_NEXT), &[]),
            Self::Statistics => write(buf, &zeroed::<UndiGetStatistics>(), &[]),
            Self::ClearStatistics => write(buf, &zeroed::<UndiClearStatistics>(), &[]),
            Self::Filter => write(buf, &config.filter(), &[]),
            Self::Groups => write(buf, &config.groups(), &[]),
            Self::Reset => write(buf, &config.reset(), &[]),
            Self::GroupAddress(group) => {
                let mut block: UndiGetMcastAddress = zeroed();
                block.inet_addr = group;
                write(buf, &block, &[])
            }
            Self::CloseFirst | Self::Close => write(buf, &zeroed::<UndiClose>(), &[]),
            Self::Shutdown => write(buf, &zeroed::<UndiShutdown>(), &[]),
            Self::Cleanup => write(buf, &zeroed::<UndiCleanup>(), &[]),
            Self::UnloadStack => write(buf, &zeroed::<UnloadStack>(), &[]),
            Self::StopUndi => write(buf, &zeroed::<StopUndi>(), &[]),
            Self::Idle | Self::Wait(..) | Self::Ended => return Ok(None),
        };
        call.map(Some)
    }
}
