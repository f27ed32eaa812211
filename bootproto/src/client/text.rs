//! What the client decides with the texts before it: includes, the choice, and the next file's name.

use core::time::Duration;

use bootproto_core::Instant;

use super::check::Check;
use super::images::MAX_INITRDS;
use super::machine::{Choice, Client, End, Goal, Phase};
use super::{Event, FileKind, ManifestPolicy};
use bootproto_dhcp::MAX_CLIENT_ID;

use crate::config::{Entry, Includes, InfinibandFacts, Kind, Menu, SystemFacts, command_line};
use crate::linux::Span;
use crate::verify::{Digest, VerifyError};
use crate::{Cause, Fault};

/// So many includes are followed; [`Texts`](super::Texts) has a finer measure of depth.
const MOST_INCLUDES: u16 = 128;

impl Client {
    /// Goes on with a look at the texts: call this on [`Event::NeedText`] and [`Event::ChoiceTimedOut`].
    ///
    /// `configuration` is what was received of kind [`Configuration`](FileKind::Configuration), every included file in
    /// its place ([`Texts`](super::Texts) does that). `manifest` is the manifest, empty where there is none. At any other
    /// time the call changes nothing.
    pub fn continue_with(&mut self, now: Instant, configuration: &[u8], manifest: &[u8]) -> Event<'static> {
        let now = self.clock.advance(now);
        match self.phase {
            Phase::Text => {}
            Phase::TimedOut => self.choice = Choice::Timeout,
            Phase::Configuring
            | Phase::Fetching
            | Phase::Between
            | Phase::Choosing { .. }
            | Phase::Verifying(_)
            | Phase::Finished(_) => return Event::Nothing,
        }
        if configuration.is_empty() {
            return self.fail(now, Fault::TextMissing.into());
        }
        let timed_out = matches!(self.phase, Phase::TimedOut);
        let event = self.check_text(manifest).and_then(|()| {
            let menu = Menu::parse(configuration)?;
            match self.goal {
                Goal::Configuration if timed_out => self.chosen(now, &menu),
                Goal::Configuration | Goal::Manifest => self.on_configuration(now, &menu, configuration),
                Goal::Verify(index) => self.verify_next(now, &menu, manifest, index),
                Goal::Load
                | Goal::Search
                | Goal::Kernel
                | Goal::Chain
                | Goal::Initrd(_)
                | Goal::DeviceTree => self.fetch_next(now, &menu, manifest),
            }
        });
        event.unwrap_or_else(|cause| self.fail(now, cause))
    }

    /// Chooses the entry at `index` of [`Menu::entries`], on [`Event::Choose`] or later, until the time is over.
    /// `configuration` is the text as for [`continue_with`](Self::continue_with). At any other time the call changes
    /// nothing.
    pub fn choose(&mut self, now: Instant, configuration: &[u8], index: usize) -> Event<'static> {
        let now = self.clock.advance(now);
        if !matches!(self.phase, Phase::Choosing { .. } | Phase::TimedOut) {
            return Event::Nothing;
        }
        self.choice = Choice::Entry(index);
        let event = Menu::parse(configuration).map_err(Cause::from).and_then(|menu| self.chosen(now, &menu));
        event.unwrap_or_else(|cause| self.fail(now, cause))
    }

    /// Stops the clock of [`Event::Choose`]: somebody is there. That of TOTALTIMEOUT goes on, as in PXELINUX: somebody
    /// may have gone again.
    pub const fn hold_choice(&mut self) {
        if let Phase::Choosing { until, at_last } = &mut self.phase {
            *until = *at_last;
        }
    }

    /// Ends the boot because a text can't be held or put together.
    pub fn give_up(&mut self, now: Instant, fault: crate::config::Fault) -> Event<'static> {
        let now = self.clock.advance(now);
        if self.is_finished() { Event::Nothing } else { self.fail(now, fault.into()) }
    }

    /// The zeros that belong before the initrd that was opened last: fill this stretch of memory with them, at its
    /// [`Event::Open`] or at any time before the kernel starts.
    ///
    /// Initrds begin on pages, and the kernel's unpacker passes over zeros between two archives. Whatever else lies
    /// there (memory is not empty when firmware runs) ends the unpacking, and the second initrd is lost. Most of the
    /// time there is a stretch, of less than a page, for every initrd but the first; `None` where nothing is to be
    /// filled.
    #[must_use]
    pub fn pad(&self) -> Option<Span> {
        self.images.pad()
    }

    /// Writes the command line of the entry that boots, without a NUL at its end. `configuration` is the text as for
    /// [`continue_with`](Self::continue_with). In direct mode it is empty.
    ///
    /// # Errors
    /// [`Fault::CommandLineTooLong`](crate::config::Fault::CommandLineTooLong) if it fits neither `buf` nor the kernel,
    /// and what is wrong with the choice if `configuration` is not the text that was booted from.
    pub fn command_line<'b>(
        &self,
        configuration: &[u8],
        buf: &'b mut [u8],
    ) -> Result<&'b [u8], crate::config::Fault> {
        let limit = self.images.kernel().map_or(usize::MAX, crate::linux::Kernel::command_line_limit);
        if self.goal == Goal::Load {
            return Ok(&[]);
        }
        let menu = Menu::parse(configuration)?;
        let entry = match self.choice {
            Choice::Default => menu.default_entry()?,
            Choice::Timeout => menu.timeout_entry()?,
            Choice::Entry(index) => menu.entry(index).ok_or(crate::config::Fault::NoSuchLabel)?,
        };
        let lease = self.lease();
        let dhcp = self.dhcp().config();
        let hardware = dhcp.hardware();
        let mut id = [0; MAX_CLIENT_ID];
        let client_id = dhcp.client_id().encode(&hardware, &mut id).unwrap_or_default();
        let infiniband = dhcp.infiniband().map(|(port_guid, _)| InfinibandFacts {
            port_guid,
            p_key: self.knobs.p_key,
            client_id,
            interface: &self.knobs.interface,
        });
        let facts = SystemFacts {
            address: lease.map(|lease| lease.address),
            boot_server: self.dhcp().boot().map(|boot| boot.server),
            gateway: lease.and_then(|lease| lease.routers().first().copied()),
            netmask: lease.and_then(|lease| lease.mask),
            hardware_type: hardware.htype,
            hardware: hardware.bytes(),
            infiniband,
            uuid: self.uuid,
            texts: &[],
        };
        command_line(&entry, &facts, limit, buf)
    }

    /// The configuration is there, perhaps with open includes.
    fn on_configuration(
        &mut self,
        now: Instant,
        menu: &Menu<'_>,
        text: &[u8],
    ) -> Result<Event<'static>, Cause> {
        self.goal = Goal::Configuration;
        if let Some(include) = Includes::new().next(text)? {
            if self.includes >= MOST_INCLUDES {
                return Err(Fault::IncludeLimit { includes: self.includes }.into());
            }
            self.includes = self.includes.saturating_add(1);
            return self.fetch_named(now, FileKind::Configuration, include.file.as_bytes());
        }
        let settings = menu.settings();
        if !settings.asks() && !self.knobs.always_ask {
            self.choice = Choice::Default;
            return self.chosen(now, menu);
        }
        let default = menu.timeout_entry().ok().and_then(|entry| entry.index);
        let span =
            |tenths: u32| (tenths > 0).then(|| Duration::from_millis(u64::from(tenths).saturating_mul(100)));
        let total = span(settings.total_timeout_tenths);
        let timeout = span(settings.timeout_tenths).into_iter().chain(total).min();
        let at_last = total.map(|total| now.saturating_add(total));
        let until = timeout.map(|timeout| now.saturating_add(timeout));
        self.transition(Phase::Choosing { until, at_last });
        Ok(Event::Choose { default, timeout })
    }

    /// The entry that was chosen.
    fn entry<'t>(&self, menu: &Menu<'t>) -> Result<Entry<'t>, Cause> {
        Ok(match self.choice {
            Choice::Default => menu.default_entry()?,
            Choice::Timeout => menu.timeout_entry()?,
            Choice::Entry(index) => {
                menu.entry(index).filter(Entry::boots).ok_or(Fault::NoSuchEntry { entry: index })?
            }
        })
    }

    /// An entry is chosen: its files come.
    fn chosen(&mut self, now: Instant, menu: &Menu<'_>) -> Result<Event<'static>, Cause> {
        let entry = self.entry(menu)?;
        if let Some(disk) = entry.local_boot {
            return Ok(self.boot_locally(disk));
        }
        let chains = self.knobs.chaining && matches!(entry.kind, Kind::Pxe | Kind::Boot);
        if !(chains || matches!(entry.kind, Kind::Kernel | Kind::Linux)) || entry.kernel.is_empty() {
            return Err(Fault::NotBootable.into());
        }
        if entry.initrds().nth(usize::from(MAX_INITRDS)).is_some() {
            return Err(Fault::TooManyInitrds { most: MAX_INITRDS }.into());
        }
        self.fetch_next(now, menu, b"")
    }

    fn fetch_named(&mut self, now: Instant, kind: FileKind, name: &[u8]) -> Result<Event<'static>, Cause> {
        let (server, path) = self.locate_named(name)?;
        Ok(self.fetch(now, kind, server, path).unwrap_or(Event::Nothing))
    }

    /// The file after the present one.
    fn fetch_next(
        &mut self,
        now: Instant,
        menu: &Menu<'_>,
        manifest: &[u8],
    ) -> Result<Event<'static>, Cause> {
        let entry = self.entry(menu)?;
        let initrd = match self.goal {
            Goal::Load | Goal::Search | Goal::Configuration | Goal::Manifest => {
                // A name that ends in .0 may be a kernel's all the same; its first bytes tell.
                let chains =
                    self.knobs.chaining && matches!(entry.kind.of(entry.kernel), Kind::Pxe | Kind::Boot);
                let (goal, kind) =
                    if chains { (Goal::Chain, FileKind::Nbp) } else { (Goal::Kernel, FileKind::Kernel) };
                self.goal = goal;
                return self.fetch_named(now, kind, entry.kernel);
            }
            Goal::Kernel => Some(0),
            Goal::Initrd(index) => Some(index.saturating_add(1)),
            Goal::Chain | Goal::DeviceTree | Goal::Verify(_) => None,
        };
        if let Some(index) = initrd {
            if let Some(name) = entry.initrds().nth(usize::from(index)) {
                self.goal = Goal::Initrd(index);
                return self.fetch_named(now, FileKind::Initrd(index), name);
            }
            if let Some(name) = entry.fdt {
                self.goal = Goal::DeviceTree;
                return self.fetch_named(now, FileKind::DeviceTree, name);
            }
        }
        self.verify_next(now, menu, manifest, 0)
    }

    /// The next file that the manifest names is to be verified; after the last, everything is ready.
    fn verify_next(
        &mut self,
        now: Instant,
        menu: &Menu<'_>,
        manifest: &[u8],
        first: u8,
    ) -> Result<Event<'static>, Cause> {
        self.goal = Goal::Verify(first);
        let _ = now;
        if !self.has_manifest {
            return Ok(self.finish(End::Ready));
        }
        let mut index = first;
        while let Some(file) = self.images.file(index).copied() {
            match self.digest_of(menu, manifest, file.kind)? {
                Some(expected) => {
                    self.goal = Goal::Verify(index);
                    self.transition(Phase::Verifying(Check::new(index, file.size, expected)));
                    return Ok(Event::Verify { kind: file.kind, address: file.address, size: file.size });
                }
                None if self.knobs.manifest == ManifestPolicy::Required => {
                    return Err(VerifyError::Unlisted.into());
                }
                None => index = index.saturating_add(1),
            }
        }
        Ok(self.finish(End::Ready))
    }

    /// What the manifest says about a file of the chosen entry.
    fn digest_of(&self, menu: &Menu<'_>, manifest: &[u8], kind: FileKind) -> Result<Option<Digest>, Cause> {
        let entry = self.entry(menu)?;
        let name = match kind {
            FileKind::Kernel | FileKind::Nbp => Some(entry.kernel),
            FileKind::Initrd(index) => entry.initrds().nth(usize::from(index)),
            FileKind::DeviceTree => entry.fdt,
            FileKind::Configuration | FileKind::Manifest => None,
        };
        let Some(name) = name else { return Ok(None) };
        let (_, path) = self.locate_named(name)?;
        Ok(self.listed(manifest, path.as_bytes())?)
    }
}
