//! What can be typed after `boot`.

use std::path::PathBuf;
use std::time::Duration;

use bootproto::client::{Config, ManifestPolicy};
use bootproto_dhcp::client::{self as dhcp, VendorClass};
use bootproto_dhcp::{ClientId, HardwareAddress, IpoibDialect, Text};
use clap::{Args, ValueEnum};

use crate::boot::memory;
use crate::drive::seed;
use crate::serve::{architectures, parse_mac};
use crate::{Error, link, size};

/// `netboot boot`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netboot                                        boots a sample, over loopback, from servers of its own
  netboot boot --root /srv/boot --boot-file pxelinux.0
  netboot boot --json | tail -n1                 what came, with sizes, digests and addresses
  netboot boot --interface eth1 --save /tmp/boot over the raw frames of eth1, as firmware would
  netboot boot --fabric /run/fabric --guid 00:02:c9:03:00:4e:5a:11      over InfiniBand
  netboot boot --interface eth1 --arch x86-uefi --uuid 564d1c33-8f8c-4d6a-9d9c-0a1b2c3d4e5f

Nothing is started: the steps select, start and root are told, not done.")]
pub struct BootArgs {
    /// Boot over the raw frames of this interface, with a hardware address and an IP stack of our own [default: over
    /// loopback, from servers in this program]
    #[arg(long, value_name = "IF", conflicts_with_all = ["root", "boot_file", "path_prefix"])]
    pub interface: Option<String>,
    /// Boot over the InfiniBand fabric behind this socket (AF_UNIX, SOCK_SEQPACKET; a message is a packet without
    /// checksums), with a subnet management agent and an IP stack of our own
    #[arg(long, value_name = "SOCKET", conflicts_with_all = ["interface", "mac", "root", "boot_file", "path_prefix"])]
    pub fabric: Option<PathBuf>,
    /// The GUID of the port to be
    #[arg(long, value_name = "GUID", requires = "fabric", default_value = "02:00:5e:ff:fe:00:53:01", value_parser = guid)]
    pub guid: [u8; 8],
    /// The partition to boot in, with its membership bit
    #[arg(long, value_name = "P_KEY", requires = "fabric", default_value = "0xffff", value_parser = p_key)]
    pub p_key: u16,
    /// How the port presents itself to DHCP, one way or several to try in order: rfc4390, ipxe, mellanox, hardware, grub
    #[arg(long, value_name = "LIST", requires = "fabric", value_delimiter = ',', default_value = "rfc4390", value_parser = dialect)]
    pub dialect: Vec<IpoibDialect>,
    /// What Linux will call the port's interface, for its command line
    #[arg(long, value_name = "NAME", requires = "fabric", default_value = "ib0")]
    pub kernel_interface: String,
    /// The machine's hardware address [default: made from that of the interface]
    #[arg(long, value_name = "MAC", value_parser = mac)]
    pub mac: Option<[u8; 6]>,
    /// Boot from the files of this directory [default: a sample that the program makes]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The boot file that the server announces
    #[arg(long, value_name = "FILE", requires = "root")]
    pub boot_file: Option<String>,
    /// The path prefix that the server announces
    #[arg(long, value_name = "PREFIX", requires = "root")]
    pub path_prefix: Option<String>,
    /// The architecture to be (option 93): bios, x86-uefi, arm64-uefi, ... or its number
    #[arg(long, value_name = "ARCH", default_value = "bios", value_parser = arch)]
    pub arch: u16,
    /// The machine's UUID (option 97), as `dmidecode -s system-uuid` prints it
    #[arg(long, value_name = "UUID", value_parser = uuid)]
    pub uuid: Option<[u8; 16]>,
    /// The client identifier (option 61) in hexadecimal, type byte first [default: hardware type and address]
    #[arg(long, value_name = "HEX", value_parser = client_id)]
    pub client_id: Option<ClientId>,
    /// The vendor class (option 60) [default: PXEClient:Arch:...]
    #[arg(long, value_name = "TEXT", value_parser = vendor_class)]
    pub vendor_class: Option<Text<64>>,
    /// The entry of the configuration to boot, in place of its menu
    #[arg(long, value_name = "LABEL")]
    pub label: Option<String>,
    /// Whether files are checked against the SHA256SUMS beside the configuration
    #[arg(long, value_enum, default_value_t = Digests::IfPresent)]
    pub digests: Digests,
    /// The memory of the machine to be
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "2G")]
    pub memory: u64,
    /// Bytes in a block, as asked of the server [default: what fits the MTU]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(8..=65464))]
    pub blksize: Option<u16>,
    /// Blocks in a window, as asked of the server
    #[arg(long, value_name = "BLOCKS", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub windowsize: u16,
    /// Give up when a server is silent for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: u32,
    /// Tell of datagrams that are ignored, with the reason and its number, and of those that must be sent again
    #[arg(long, short)]
    pub verbose: bool,
    /// Keep the files that came, in this directory
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
}

/// `--digests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Digests {
    /// No list is asked for
    Off,
    /// Where there is a list, what it names must fit
    IfPresent,
    /// There must be a list, and it must name every file
    Required,
}

impl BootArgs {
    /// The boot's settings for a machine with this address; `ports` are DHCP's: ours, the server's, the boot server's.
    pub(super) fn config(&self, mac: [u8; 6], ports: (u16, u16, u16)) -> Config {
        self.finish(
            dhcp::Config::new(seed(), HardwareAddress::ethernet(mac)).with_ports(ports.0, ports.1, ports.2),
        )
    }

    /// The boot's settings for a port of a fabric, whose packets carry so many bytes of IP.
    pub(super) fn fabric_config(&self, mtu: Option<u16>) -> Config {
        let config = self
            .finish(dhcp::Config::ipoib_dialects(seed(), self.guid, &self.dialect))
            .with_infiniband(self.p_key, self.kernel_interface.as_bytes());
        mtu.map_or(config.clone(), |mtu| config.with_link_mtu(mtu))
    }

    fn finish(&self, machine: dhcp::Config) -> Config {
        let mut machine = machine.with_arch(self.arch).with_attempts(attempts(self.timeout));
        if let Some(uuid) = self.uuid {
            machine = machine.with_uuid(uuid);
        }
        if let Some(client_id) = &self.client_id {
            machine = machine.with_client_id(client_id.clone());
        }
        if let Some(class) = &self.vendor_class {
            machine = machine.with_vendor_class(VendorClass::Text(class.clone()));
        }
        // Firmware probes what it is going to use; over loopback there is nobody to ask.
        machine = machine.with_probe_address(self.interface.is_some() || self.fabric.is_some());
        let digests = match self.digests {
            Digests::Off => ManifestPolicy::Off,
            Digests::IfPresent => ManifestPolicy::IfPresent,
            Digests::Required => ManifestPolicy::Required,
        };
        let config = Config::new(seed(), machine)
            .with_window_size(self.windowsize)
            .with_manifest(digests)
            .with_always_ask(self.label.is_some())
            .with_give_up(Duration::from_secs(self.timeout.into()))
            .with_memory(&memory(self.memory));
        match self.blksize {
            Some(bytes) => config.with_block_size(bytes),
            None => config,
        }
    }

    /// The machine's address, or one made from that of the interface: locally administered, and the same every time, so
    /// that a server gives the same lease again.
    pub(super) fn mac(&self, interface: &str) -> Result<[u8; 6], Error> {
        if let Some(mac) = self.mac {
            return Ok(mac);
        }
        let [a, b, c, d, e, f] = link::ethernet_address(interface)?;
        let mixed = bootproto_core::Rng::new(u64::from_be_bytes([0, 0, a, b, c, d, e, f])).next_u64();
        let [_, _, _, x, y, z, v, w] = mixed.to_be_bytes();
        Ok([0x02, x, y, z, v, w])
    }
}

/// How often DHCP asks so that it gives up after about so many seconds: it waits 4, 8, 16 and 32.
fn attempts(seconds: u32) -> u8 {
    match seconds {
        ..=4 => 1,
        5..=12 => 2,
        13..=28 => 3,
        _ => 4,
    }
}

fn mac(text: &str) -> Result<[u8; 6], String> {
    match parse_mac(text) {
        Some(mac) if mac[0] & 1 == 0 && mac != [0; 6] => Ok(mac),
        Some(_) => Err("not the address of a single machine".to_owned()),
        None => Err("write it like 52:54:00:12:34:56".to_owned()),
    }
}

fn guid(text: &str) -> Result<[u8; 8], String> {
    let plain: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    let plain = plain.strip_prefix("0x").unwrap_or(&plain);
    match hex(plain).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()) {
        Some([0, 0, 0, 0, 0, 0, 0, 0]) => Err("no port has the GUID 0".to_owned()),
        Some(guid) => Ok(guid),
        None => Err("write it like 00:02:c9:03:00:4e:5a:11".to_owned()),
    }
}

fn p_key(text: &str) -> Result<u16, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => text.parse(),
    };
    match parsed {
        Ok(key) if key & 0x7fff != 0 => Ok(key),
        Ok(_) => Err("no partition has that key".to_owned()),
        Err(_) => Err("write it like 0x8001".to_owned()),
    }
}

fn dialect(text: &str) -> Result<IpoibDialect, String> {
    let names: Vec<_> = IpoibDialect::ALL.iter().map(|dialect| dialect.name()).collect();
    IpoibDialect::ALL
        .into_iter()
        .find(|dialect| dialect.name() == text)
        .ok_or_else(|| format!("there are {}", names.join(", ")))
}

fn arch(text: &str) -> Result<u16, String> {
    let known = architectures().iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.map(|(_, number)| *number).or_else(|| text.parse().ok()).ok_or_else(|| {
        let names: Vec<_> = architectures().iter().map(|(name, _)| *name).collect();
        format!("there are {}, and numbers", names.join(", "))
    })
}

/// The printed form becomes that of the wire: the first three fields are little-endian there (SMBIOS 2.6).
fn uuid(text: &str) -> Result<[u8; 16], String> {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    let bytes: [u8; 16] = hex(&plain)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("write it like 564d1c33-8f8c-4d6a-9d9c-0a1b2c3d4e5f")?;
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut wire = [d, c, b, a, f, e, h, g, 0, 0, 0, 0, 0, 0, 0, 0];
    wire[8..].copy_from_slice(&rest);
    Ok(wire)
}

fn client_id(text: &str) -> Result<ClientId, String> {
    let plain: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    let bytes = hex(&plain).ok_or("write hexadecimal digits, like 01:52:54:00:12:34:56")?;
    ClientId::raw(&bytes).ok_or_else(|| "it has no bytes, or too many".to_owned())
}

fn vendor_class(text: &str) -> Result<Text<64>, String> {
    Text::new(text.as_bytes()).ok_or_else(|| "longer than 64 bytes".to_owned())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::{arch, client_id, mac, uuid};

    #[test]
    fn a_uuid_is_turned_into_the_form_of_the_wire() {
        // What QEMU is told with -uuid, and what its PXE ROM sends.
        let wire = uuid("11223344-5566-7788-99aa-bbccddeeff00").unwrap();
        assert_eq!(wire[..8], [0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77]);
        assert_eq!(wire[8..], [0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00]);
        assert!(uuid("11223344-5566").is_err() && uuid("zz").is_err());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(mac("52:54:00:12:34:56"), Ok([0x52, 0x54, 0, 0x12, 0x34, 0x56]));
        assert!(
            mac("ff:ff:ff:ff:ff:ff").is_err() && mac("01:00:5e:00:00:01").is_err() && mac("52:54").is_err()
        );
    }

    #[test]
    fn architectures_have_names_and_numbers() {
        assert_eq!((arch("bios"), arch("X86-UEFI"), arch("11")), (Ok(0), Ok(7), Ok(11)));
        assert!(arch("sparc").is_err());
    }

    #[test]
    fn a_client_identifier_is_any_bytes() {
        assert!(client_id("01:52:54:00:12:34:56").is_ok());
        assert!(client_id("012").is_err() && client_id("").is_err());
    }
}
