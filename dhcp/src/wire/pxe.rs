//! PXE's sub-options in option 43 (PXE 2.1 section 2.4, table 2-1).

use core::fmt;
use core::net::Ipv4Addr;

use super::Value;
use super::value::Addresses;

/// The code of a sub-option. Prints its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PxeCode(pub u8);

macro_rules! sub_options {
    ($( $code:literal $name:ident $doc:literal; )+) => {
        impl PxeCode {
            $( #[doc = $doc] pub const $name: Self = Self($code); )+
        }

        impl fmt::Debug for PxeCode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $( $code => f.write_str(concat!(stringify!($name), "(", $code, ")")), )+
                    other => write!(f, "PxeCode({other})"),
                }
            }
        }
    };
}

sub_options! {
    0 PAD "Fills.";
    1 MTFTP_ADDRESS "Multicast address of the boot file.";
    2 MTFTP_CLIENT_PORT "The client's multicast port.";
    3 MTFTP_SERVER_PORT "The server's multicast port.";
    4 MTFTP_TIMEOUT "Seconds to wait for a transfer to start.";
    5 MTFTP_DELAY "Seconds to wait before asking for a transfer.";
    6 DISCOVERY_CONTROL "How to look for boot servers: [`Discovery`].";
    7 DISCOVERY_MULTICAST "Where to multicast for boot servers.";
    8 BOOT_SERVERS "Boot server types and their addresses.";
    9 BOOT_MENU "What a person may choose.";
    10 MENU_PROMPT "What to show before the menu, and how long.";
    11 MULTICAST_ALLOCATION "Multicast addresses to hand out.";
    12 CREDENTIAL_TYPES "Credential types.";
    71 BOOT_ITEM "The chosen boot server type and layer.";
    255 END "The end.";
}

/// One sub-option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PxeOption<'a> {
    /// Which.
    pub code: PxeCode,
    /// Its bytes.
    pub value: Value<'a>,
}

/// The sub-options of an option 43. The iterator passes over PADs and ends at END, at the end, and before a
/// sub-option that runs past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PxeOptions<'a>(Value<'a>);

impl<'a> Iterator for PxeOptions<'a> {
    type Item = PxeOption<'a>;

    fn next(&mut self) -> Option<PxeOption<'a>> {
        loop {
            match PxeCode(self.0.take_u8()?) {
                PxeCode::PAD => {}
                PxeCode::END => {
                    self.0 = Value::new(&[]);
                    return None;
                }
                code => {
                    let length = usize::from(self.0.take_u8()?);
                    let value = self.0.take(length);
                    if value.is_none() {
                        self.0 = Value::new(&[]);
                    }
                    return Some(PxeOption { code, value: value? });
                }
            }
        }
    }
}

impl<'a> PxeOptions<'a> {
    /// The sub-options in the value of an option 43.
    #[must_use]
    pub const fn new(value: Value<'a>) -> Self {
        Self(value)
    }

    /// The first sub-option `code`.
    #[must_use]
    pub fn option(mut self, code: PxeCode) -> Option<Value<'a>> {
        self.find(|option| option.code == code).map(|option| option.value)
    }

    /// How to look for boot servers (sub-option 6); all ways allowed if it is not there.
    #[must_use]
    pub fn discovery(self) -> Discovery {
        Discovery(self.option(PxeCode::DISCOVERY_CONTROL).and_then(Value::u8).unwrap_or(0))
    }

    /// Where to multicast for boot servers (sub-option 7).
    #[must_use]
    pub fn multicast(self) -> Option<Ipv4Addr> {
        self.option(PxeCode::DISCOVERY_MULTICAST)?.address()
    }

    /// Boot server types and their addresses (sub-option 8).
    #[must_use]
    pub fn boot_servers(self) -> BootServers<'a> {
        BootServers(self.option(PxeCode::BOOT_SERVERS).unwrap_or(Value::new(&[])))
    }

    /// The menu (sub-option 9); empty if there is none.
    #[must_use]
    pub fn menu(self) -> MenuItems<'a> {
        MenuItems(self.option(PxeCode::BOOT_MENU).unwrap_or(Value::new(&[])))
    }

    /// What to show before the menu (sub-option 10).
    #[must_use]
    pub fn prompt(self) -> Option<Prompt<'a>> {
        let mut value = self.option(PxeCode::MENU_PROMPT)?;
        Some(Prompt { timeout_seconds: value.take_u8()?, text: value.trim_nul() })
    }

    /// The chosen type and layer (sub-option 71).
    #[must_use]
    pub fn boot_item(self) -> Option<(u16, u16)> {
        let [a, b, c, d] = self.option(PxeCode::BOOT_ITEM)?.array()?;
        Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
    }
}

/// The bits of `PXE_DISCOVERY_CONTROL` (sub-option 6). The first three restrict; the fourth skips discovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Discovery(pub u8);

impl Discovery {
    /// Bit 0: the client must not broadcast for boot servers.
    #[must_use]
    pub const fn forbids_broadcast(self) -> bool {
        self.0 & 1 != 0
    }

    /// Bit 1: the client must not multicast for boot servers.
    #[must_use]
    pub const fn forbids_multicast(self) -> bool {
        self.0 & 2 != 0
    }

    /// Bit 2: only servers listed in sub-option 8 count.
    #[must_use]
    pub const fn only_listed_servers(self) -> bool {
        self.0 & 4 != 0
    }

    /// Bit 3: the boot file named in this answer is to be loaded, without menu, prompt or discovery.
    #[must_use]
    pub const fn boot_file_is_here(self) -> bool {
        self.0 & 8 != 0
    }
}

/// One row of sub-option 8.
#[derive(Debug, Clone, Copy)]
pub struct BootServer<'a> {
    /// The boot server type, as in the menu.
    pub kind: u16,
    /// The servers of this type; empty means that any server that answers will do.
    pub addresses: Addresses<'a>,
}

/// The rows of sub-option 8. A row that runs past the end ends the list.
#[derive(Debug, Clone, Copy)]
pub struct BootServers<'a>(Value<'a>);

impl<'a> BootServers<'a> {
    /// The row of one type.
    #[must_use]
    pub fn of_kind(mut self, kind: u16) -> Option<BootServer<'a>> {
        self.find(|server| server.kind == kind)
    }
}

impl<'a> Iterator for BootServers<'a> {
    type Item = BootServer<'a>;

    fn next(&mut self) -> Option<BootServer<'a>> {
        let kind = u16::from_be_bytes(self.0.take_array()?);
        let count = usize::from(self.0.take_u8()?);
        let addresses = Addresses::of(self.0.take(count.saturating_mul(4))?);
        Some(BootServer { kind, addresses })
    }
}

/// One line of a boot menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MenuItem<'a> {
    /// The boot server type; 0 means: boot from the local disk.
    pub kind: u16,
    /// What a person reads. The bytes are the server's; print with care.
    pub text: Value<'a>,
}

impl MenuItem<'_> {
    /// The type that means booting from the local disk.
    pub const LOCAL_BOOT: u16 = 0;
}

/// The lines of a boot menu (sub-option 9). A line that runs past the end ends the menu.
#[derive(Debug, Clone, Copy)]
pub struct MenuItems<'a>(Value<'a>);

impl<'a> Iterator for MenuItems<'a> {
    type Item = MenuItem<'a>;

    fn next(&mut self) -> Option<MenuItem<'a>> {
        let kind = u16::from_be_bytes(self.0.take_array()?);
        let length = usize::from(self.0.take_u8()?);
        let text = self.0.take(length)?.trim_nul();
        Some(MenuItem { kind, text })
    }
}

/// What to show before the menu (sub-option 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt<'a> {
    /// Seconds until the first line is chosen: 0 at once, 255 never.
    pub timeout_seconds: u8,
    /// What a person reads.
    pub text: Value<'a>,
}
