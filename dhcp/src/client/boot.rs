//! What to boot, from where, and who said so.

use core::fmt;
use core::net::Ipv4Addr;

use crate::Text;

/// What to boot and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Boot {
    /// The boot server.
    pub server: Ipv4Addr,
    /// Which rule named the server.
    pub server_from: Source,
    /// The boot file's name, NULs at the end trimmed. Never empty.
    pub file: Text<255>,
    /// PXELINUX configuration file (option 209).
    pub config_file: Text<255>,
    /// PXELINUX path prefix (option 210).
    pub path_prefix: Text<255>,
    /// Seconds after which PXELINUX restarts a failed boot (option 211).
    pub reboot_time: Option<u32>,
    /// Root disk (option 17).
    pub root_path: Text<255>,
    /// The boot server's name (option 66 or the field `sname`), empty if nobody gives one or it is longer. It takes DNS to make use of
    /// it, so it decides nothing here: a transfer from [`server`](Self::server) that fails can name it.
    pub server_name: Text<128>,
}

/// Which rule named the boot server; the first that applies wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Source {
    /// The boot server that answered discovery.
    BootServer,
    /// The proxy's `siaddr`.
    ProxySiaddr,
    /// The proxy's option 66, where it is an address.
    ProxyTftpName,
    /// The DHCP server's `siaddr`.
    DhcpSiaddr,
    /// The DHCP server's option 66, where it is an address.
    DhcpTftpName,
    /// The first address of the DHCP server's option 150.
    DhcpTftpServers,
    /// The DHCP server itself (option 54).
    DhcpServer,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BootServer => "boot-server discovery",
            Self::ProxySiaddr => "the proxy's siaddr",
            Self::ProxyTftpName => "the proxy's option 66",
            Self::DhcpSiaddr => "the DHCP server's siaddr",
            Self::DhcpTftpName => "the DHCP server's option 66",
            Self::DhcpTftpServers => "the DHCP server's option 150",
            Self::DhcpServer => "the DHCP server itself, option 54",
        })
    }
}
