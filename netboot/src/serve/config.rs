//! The server's settings, and how a person writes them.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::{Listen, MenuLine, Prompt};

/// What the DHCP side does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Role {
    /// It gives addresses and says what to boot.
    #[default]
    Dhcp,
    /// It only says what to boot, beside a server that gives addresses.
    Proxy,
    /// There is none.
    TftpOnly,
}

/// The server's settings; [`Config::new`] has the defaults, and any field may be set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The directory whose files are served.
    pub root: PathBuf,
    /// Interface and address.
    pub listen: Listen,
    /// What the DHCP side does.
    pub role: Role,
    /// Addresses to give; without it up to 100 of the network's.
    pub pool: Option<Pool>,
    /// Machines with a fixed address.
    pub hosts: Vec<Host>,
    /// What to boot.
    pub boot_files: Vec<BootFile>,
    /// The menu that ROMs show; without lines there is none.
    pub menu: Vec<MenuLine>,
    /// What they show before it.
    pub prompt: Option<Prompt>,
    /// The TFTP server to announce, if it is not this one.
    pub next_server: Option<Ipv4Addr>,
    /// The configuration file to announce (option 209).
    pub config_file: Option<String>,
    /// The path prefix to announce (option 210).
    pub path_prefix: Option<String>,
    /// The router to announce.
    pub router: Option<Ipv4Addr>,
    /// The name server to announce.
    pub dns: Option<Ipv4Addr>,
    /// How long an address is lent for.
    pub lease: Duration,
    /// Whether clients may store files.
    pub allow_upload: bool,
    /// Whether they may replace files.
    pub overwrite: bool,
    /// The largest file that they may store, in bytes.
    pub max_upload: u64,
    /// How many transfers may run at once.
    pub max_transfers: usize,
    /// How long a transfer's client may be silent.
    pub give_up: Duration,
    /// The DHCP server's port; 0 lets the system choose.
    pub dhcp_port: u16,
    /// The port at which DHCP clients listen.
    pub dhcp_client_port: u16,
    /// The PXE boot server's port; 0 lets the system choose.
    pub pxe_port: u16,
    /// The TFTP server's port; 0 lets the system choose.
    pub tftp_port: u16,
}

impl Config {
    /// DHCP and TFTP out of `root` on `listen`, on the well-known ports, read-only, 64 transfers at once.
    #[must_use]
    pub fn new(root: &Path, listen: Listen) -> Self {
        Self {
            root: root.to_owned(),
            listen,
            role: Role::default(),
            pool: None,
            hosts: Vec::new(),
            boot_files: Vec::new(),
            menu: Vec::new(),
            prompt: None,
            next_server: None,
            config_file: None,
            path_prefix: None,
            router: None,
            dns: None,
            lease: Duration::from_secs(3600),
            allow_upload: false,
            overwrite: false,
            max_upload: 1 << 30,
            max_transfers: 64,
            give_up: Duration::from_secs(30),
            dhcp_port: 67,
            dhcp_client_port: 68,
            pxe_port: 4011,
            tftp_port: 69,
        }
    }

    /// The pool: the one that was set, or up to 100 addresses of the network around the server's own.
    #[must_use]
    pub fn pool_or_default(&self) -> Option<Pool> {
        if self.pool.is_some() {
            return self.pool;
        }
        let mask = u32::from(self.listen.mask);
        let network = u32::from(self.listen.address) & mask;
        let last = network.checked_add(!mask)?.checked_sub(1)?;
        let first = network.checked_add(1)?;
        let own = u32::from(self.listen.address);
        // Above the own address if there is more room, below it if not.
        let (first, last) = if last.saturating_sub(own) >= own.saturating_sub(first) {
            (own.checked_add(1)?, last.min(own.saturating_add(100)))
        } else {
            (first.max(own.saturating_sub(100)), own.checked_sub(1)?)
        };
        (first <= last).then(|| Pool { first: first.into(), last: last.into() })
    }
}

/// Addresses to give, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// The first.
    pub first: Ipv4Addr,
    /// The last.
    pub last: Ipv4Addr,
}

/// The largest pool: every address costs a place in the table of leases.
const MAX_POOL: u32 = 4096;

impl Pool {
    /// How many addresses there are.
    #[must_use]
    pub fn size(&self) -> u32 {
        u32::from(self.last).saturating_sub(u32::from(self.first)).saturating_add(1)
    }
}

impl FromStr for Pool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').ok_or("write FIRST-LAST, two addresses")?;
        let address =
            |text: &str| text.trim().parse::<Ipv4Addr>().map_err(|_| format!("{text} is no IPv4 address"));
        let pool = Self { first: address(first)?, last: address(last)? };
        if pool.last < pool.first {
            return Err("the last address is before the first".to_owned());
        }
        if pool.size() > MAX_POOL {
            return Err(format!("more than {MAX_POOL} addresses"));
        }
        Ok(pool)
    }
}

/// A machine with a fixed address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its Ethernet address.
    pub mac: [u8; 6],
    /// Its address.
    pub address: Ipv4Addr,
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mac, address) = text.split_once('=').ok_or("write MAC=IP")?;
        let mac =
            parse_mac(mac).ok_or_else(|| format!("{mac} is no MAC address; write 52:54:00:12:34:56"))?;
        let address = address.parse().map_err(|_| format!("{address} is no IPv4 address"))?;
        Ok(Self { mac, address })
    }
}

/// `52:54:00:12:34:56`, with colons or hyphens.
pub(crate) fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split([':', '-']);
    for byte in &mut mac {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok().filter(|_| !part.starts_with('+'))?;
    }
    parts.next().is_none().then_some(mac)
}

/// What to boot, for one kind of machine or for all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootFile {
    /// The architecture (option 93); `None` is for all that have none of their own.
    pub architecture: Option<u16>,
    /// The file's name as the client shall ask for it.
    pub file: String,
}

/// The names of architectures that can be written, and their numbers (RFC 4578 and IANA's registry).
#[must_use]
pub fn architectures() -> &'static [(&'static str, u16)] {
    &[
        ("bios", 0),
        ("ia32-uefi", 6),
        ("x86-uefi", 7),
        ("x64-uefi", 7),
        ("ebc-uefi", 9),
        ("arm32-uefi", 10),
        ("arm64-uefi", 11),
        ("x86-uefi-http", 16),
        ("arm64-uefi-http", 19),
        ("arm32-uboot", 21),
        ("arm64-uboot", 22),
        ("riscv64-uefi", 27),
    ]
}

/// The number of an architecture: by its name, or written as a number.
pub(super) fn architecture(name: &str) -> Option<u16> {
    let known = architectures().iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, number)| *number).or_else(|| name.parse().ok())
}

impl FromStr for BootFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (architecture, file) = match text.split_once('=') {
            None => (None, text),
            Some((name, file)) => {
                let names = || architectures().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                let unknown = || format!("{name} is no architecture; there are {}, and numbers", names());
                (Some(architecture(name).ok_or_else(unknown)?), file)
            }
        };
        match file.len() {
            0 => Err("the file has no name".to_owned()),
            // The field `file` of a DHCP message.
            1..=128 => Ok(Self { architecture, file: file.to_owned() }),
            _ => Err("the file's name is longer than 128 bytes".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BootFile, Config, Host, Listen, Pool};
    use std::net::Ipv4Addr;
    use std::path::Path;

    #[test]
    fn pools_hosts_and_boot_files_are_read() {
        let pool: Pool = "192.0.2.10-192.0.2.19".parse().unwrap();
        assert_eq!((pool.first, pool.size()), (Ipv4Addr::new(192, 0, 2, 10), 10));
        let host: Host = "52:54:00:aB:34:56=192.0.2.7".parse().unwrap();
        assert_eq!((host.mac, host.address), ([0x52, 0x54, 0, 0xab, 0x34, 0x56], [192, 0, 2, 7].into()));
        let boot: BootFile = "arm64-uefi=grubaa64.efi".parse().unwrap();
        assert_eq!((boot.architecture, boot.file.as_str()), (Some(11), "grubaa64.efi"));
        assert_eq!("9=x".parse::<BootFile>().unwrap().architecture, Some(9));
        assert_eq!("pxelinux.0".parse::<BootFile>().unwrap().architecture, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["", "192.0.2.1", "192.0.2.9-192.0.2.1", "a-b", "10.0.0.0-10.255.255.255"] {
            assert!(text.parse::<Pool>().is_err(), "{text}");
        }
        for text in [
            "",
            "52:54:00:12:34=192.0.2.1",
            "52:54:00:12:34:56",
            "52:54:00:12:34:56=x",
            "+1:00:00:00:00:00=1.1.1.1",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
        for text in ["", "bios=", "mips=x", "65536=x"] {
            assert!(text.parse::<BootFile>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_default_pool_is_in_the_network_and_leaves_out_the_server() {
        let pool = |address: [u8; 4], mask: [u8; 4]| {
            let mut listen = Listen::loopback(address.into());
            listen.mask = mask.into();
            Config::new(Path::new("."), listen)
                .pool_or_default()
                .map(|pool| (pool.first.octets(), pool.last.octets()))
        };
        assert_eq!(pool([192, 0, 2, 1], [255, 255, 255, 0]), Some(([192, 0, 2, 2], [192, 0, 2, 101])));
        assert_eq!(pool([192, 0, 2, 254], [255, 255, 255, 0]), Some(([192, 0, 2, 154], [192, 0, 2, 253])));
        assert_eq!(pool([192, 0, 2, 1], [255, 255, 255, 252]), Some(([192, 0, 2, 2], [192, 0, 2, 2])));
        assert_eq!(pool([192, 0, 2, 1], [255, 255, 255, 255]), None);
    }
}
