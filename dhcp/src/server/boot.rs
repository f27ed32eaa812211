//! Boot files by client architecture, and the boot menu.

use core::net::Ipv4Addr;

use bootproto_core::Writer;
use heapless::Vec;

use super::ConfigError;
use super::request::{Class, Request};
use crate::wire::{OptionCode, PxeCode, write_sub_option};

/// Which clients a boot file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Pxe(Option<u16>),
    Http(Option<u16>),
    Ipxe,
}

/// The boot files; 12 at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BootFiles(Vec<(For, Vec<u8, 255>), 12>);

impl BootFiles {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add_file(&mut self, arch: Option<u16>, file: &[u8]) -> Result<(), ConfigError> {
        self.add(For::Pxe(arch), file)
    }

    pub(super) fn add_http(&mut self, arch: Option<u16>, url: &[u8]) -> Result<(), ConfigError> {
        self.add(For::Http(arch), url)
    }

    pub(super) fn add_ipxe(&mut self, file: &[u8]) -> Result<(), ConfigError> {
        self.add(For::Ipxe, file)
    }

    fn add(&mut self, whom: For, file: &[u8]) -> Result<(), ConfigError> {
        let option = OptionCode::BOOT_FILE_NAME.0;
        let file = Vec::from_slice(file).map_err(|_| ConfigError::TooLong { option })?;
        self.0.push((whom, file)).map_err(|_| ConfigError::TooMany { option })
    }

    fn find(&self, whom: For) -> Option<&[u8]> {
        self.0.iter().find(|(entry, _)| *entry == whom).map(|(_, file)| file.as_slice())
    }

    /// The boot file for a client: the one for what it is, else for its architecture, else the default.
    pub(super) fn file_for(&self, request: &Request) -> Option<&[u8]> {
        if request.class == Class::Http {
            let own = request.arch.and_then(|arch| self.find(For::Http(Some(arch))));
            return own.or_else(|| self.find(For::Http(None)));
        }
        if request.is_ipxe
            && let Some(file) = self.find(For::Ipxe)
        {
            return Some(file);
        }
        let own = request.arch.and_then(|arch| {
            // Firmware of x64 says 7 or 9: RFC 4578 and the registry that corrected it disagree.
            let twin = match arch {
                7 => Some(9),
                9 => Some(7),
                _ => None,
            };
            let twin = || twin.and_then(|twin| self.find(For::Pxe(Some(twin))));
            self.find(For::Pxe(Some(arch))).or_else(twin)
        });
        own.or_else(|| self.find(For::Pxe(None)))
    }
}

/// One line of the boot menu (PXE 2.1 section 2.4): a boot server type, what a person reads, and the boot file that a
/// client gets who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    kind: u16,
    arch: Option<u16>,
    server: Option<Ipv4Addr>,
    label: Vec<u8, 48>,
    file: Vec<u8, 127>,
    fits: bool,
}

impl Service {
    /// A line with the boot server type `kind`. 0 means the local disk; the types from 32768 on are free to use.
    /// The label has at most 48 bytes, the file name 127.
    #[must_use]
    pub fn new(kind: u16, label: &[u8], file: &[u8]) -> Self {
        let (label, file) = (Vec::from_slice(label), Vec::from_slice(file));
        let fits = label.is_ok() && file.is_ok();
        let (label, file) = (label.unwrap_or_default(), file.unwrap_or_default());
        Self { kind, arch: None, server: None, label, file, fits }
    }

    /// Only for clients of this architecture (option 93).
    #[must_use]
    pub const fn with_arch(mut self, arch: u16) -> Self {
        self.arch = Some(arch);
        self
    }

    /// Answered by this boot server, not by ourselves.
    #[must_use]
    pub const fn with_server(mut self, server: Ipv4Addr) -> Self {
        self.server = Some(server);
        self
    }
}

/// The boot menu with its prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Menu {
    services: Vec<Service, 12>,
    prompt: Option<(u8, Vec<u8, 64>)>,
}

impl Menu {
    pub(super) const fn new() -> Self {
        Self { services: Vec::new(), prompt: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    pub(super) fn add(&mut self, service: Service) -> Result<(), ConfigError> {
        let option = PxeCode::BOOT_MENU.0;
        if !service.fits {
            return Err(ConfigError::TooLong { option });
        }
        self.services.push(service).map_err(|_| ConfigError::TooMany { option })
    }

    pub(super) fn set_prompt(&mut self, timeout_seconds: u8, text: &[u8]) -> Result<(), ConfigError> {
        let text = Vec::from_slice(text);
        let text = text.map_err(|_| ConfigError::TooLong { option: PxeCode::MENU_PROMPT.0 })?;
        self.prompt = Some((timeout_seconds, text));
        Ok(())
    }

    /// The lines for a client of `arch`.
    fn lines(&self, arch: Option<u16>) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(move |service| service.arch.is_none() || service.arch == arch)
    }

    /// Whether there is a line for a client of `arch`.
    pub(super) fn has_lines(&self, arch: Option<u16>) -> bool {
        self.lines(arch).next().is_some()
    }

    /// The boot file of the line `kind`, and the server that has it if it is not ours.
    pub(super) fn choice(&self, arch: Option<u16>, kind: u16) -> Option<(&[u8], Option<Ipv4Addr>)> {
        let found = self.lines(arch).find(|service| service.kind == kind && kind != 0);
        found.map(|service| (service.file.as_slice(), service.server))
    }

    /// Writes the sub-options of option 43 that make up the menu, END included.
    pub(super) fn write(&self, writer: &mut Writer<'_>, arch: Option<u16>, own: Ipv4Addr) {
        // Neither broadcast nor multicast: the list below says which server answers for what.
        write_sub_option(writer, PxeCode::DISCOVERY_CONTROL.0, &[3]);
        list(writer, PxeCode::BOOT_SERVERS, |writer| {
            for service in self.lines(arch).filter(|service| service.kind != 0) {
                writer.u16(service.kind);
                writer.u8(1);
                writer.bytes(&service.server.unwrap_or(own).octets());
            }
        });
        list(writer, PxeCode::BOOT_MENU, |writer| {
            for service in self.lines(arch) {
                writer.u16(service.kind);
                writer.u8(bootproto_core::num::u8_from_usize_saturating(service.label.len()));
                writer.bytes(&service.label);
            }
        });
        // Without a prompt of its own, the first line is taken at once, as a lone boot file would be.
        let (timeout, text) =
            self.prompt.as_ref().map_or((0, b"PXE".as_slice()), |(time, text)| (*time, text));
        list(writer, PxeCode::MENU_PROMPT, |writer| {
            writer.u8(timeout);
            writer.bytes(text);
        });
        writer.u8(PxeCode::END.0);
    }

    /// Whether what [`write`](Self::write) writes fits one option, for the architecture that has most lines.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let widest = core::iter::once(None).chain(self.services.iter().map(|service| service.arch));
        for arch in widest {
            let mut room = [0; 255];
            let mut writer = Writer::new(&mut room);
            self.write(&mut writer, arch, Ipv4Addr::UNSPECIFIED);
            if !writer.fits() {
                return Err(ConfigError::MenuTooLong);
            }
        }
        Ok(())
    }
}

/// Writes a sub-option whose length shows at its end.
fn list(writer: &mut Writer<'_>, code: PxeCode, fill: impl FnOnce(&mut Writer<'_>)) {
    writer.u8(code.0);
    let length_at = writer.position();
    writer.u8(0);
    fill(writer);
    let length = writer.position().saturating_sub(length_at).saturating_sub(1);
    writer.patch(length_at, &[bootproto_core::num::u8_from_usize_saturating(length)]);
}
