//! What can be typed after `serve`.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Args;

use crate::serve::{BootFile, Config, Host, Listen, MenuLine, Pool, Prompt, Role};
use crate::{Error, size};

/// `netboot serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netboot serve --root /srv/boot --interface eth1 --boot-file bios=lpxelinux.0 --boot-file x86-uefi=grubx64.efi
  netboot serve --root /srv/boot --interface eth1 --proxy --boot-file pxelinux.0     beside an existing DHCP server
  netboot serve --root . --listen 127.0.0.1 --no-dhcp --tftp-port 6969               TFTP alone, without root
  netboot serve --root . --interface eth1 --pool 192.0.2.100-192.0.2.150 --host 52:54:00:12:34:56=192.0.2.10
  netboot serve --root . --interface eth1 --menu \"Install=pxelinux.0\" --menu \"Memory test=memtest.0\" --menu \"Local disk=\"

Ctrl-C ends it. Only regular files under the root are served, and no link leads out of it.")]
pub struct ServeArgs {
    /// The directory whose files are served
    #[arg(long, value_name = "DIR")]
    pub root: PathBuf,
    /// The interface to serve on; its first IPv4 address is the server's
    #[arg(long, value_name = "IF", required_unless_present = "listen")]
    pub interface: Option<String>,
    /// The address to serve on, instead of an interface's
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<Ipv4Addr>,
    /// Give no addresses: answer only what to boot, beside an existing DHCP server
    #[arg(long, conflicts_with_all = ["no_dhcp", "pool", "host", "lease", "router", "dns"])]
    pub proxy: bool,
    /// Only TFTP
    #[arg(long, conflicts_with_all = ["pool", "host", "boot_file", "menu", "lease", "router", "dns"])]
    pub no_dhcp: bool,
    /// Addresses to give [default: up to 100 of the interface's network, its own left out]
    #[arg(long, value_name = "FIRST-LAST")]
    pub pool: Option<Pool>,
    /// A fixed address for one machine; may be given several times
    #[arg(long, value_name = "MAC=IP")]
    pub host: Vec<Host>,
    /// The file to boot, for one architecture (bios, x86-uefi, arm64-uefi, ... or its number) or for all that have
    /// none of their own; may be given several times
    #[arg(long, value_name = "[ARCH=]FILE")]
    pub boot_file: Vec<BootFile>,
    /// A line of the boot menu that ROMs show; without a file it is the local disk. With ARCH: in front only machines
    /// of that architecture see it. May be given several times
    #[arg(long, value_name = "[ARCH:]TEXT=FILE")]
    pub menu: Vec<MenuLine>,
    /// What ROMs show before the menu [default: Press F8 for the boot menu]
    #[arg(long, value_name = "TEXT", requires = "menu", value_parser = prompt)]
    pub prompt: Option<String>,
    /// For how many seconds they show it, before they take the menu's first line; 255 shows the menu and waits
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "menu")]
    pub prompt_timeout: u8,
    /// The router to announce
    #[arg(long, value_name = "ADDRESS")]
    pub router: Option<Ipv4Addr>,
    /// The name server to announce
    #[arg(long, value_name = "ADDRESS")]
    pub dns: Option<Ipv4Addr>,
    /// How many seconds an address is lent for
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u32).range(60..))]
    pub lease: u32,
    /// Let clients store files
    #[arg(long)]
    pub allow_upload: bool,
    /// Let clients replace files
    #[arg(long, requires = "allow_upload")]
    pub overwrite: bool,
    /// The largest file that a client may store
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "1G", requires = "allow_upload")]
    pub max_upload: u64,
    /// How many transfers may run at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub max_transfers: u16,
    /// After how many seconds of silence a transfer's slot is taken back
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub give_up: u32,
    /// The DHCP server's port
    #[arg(long, value_name = "PORT", default_value_t = 67)]
    pub dhcp_port: u16,
    /// The port at which DHCP clients listen
    #[arg(long, value_name = "PORT", default_value_t = 68)]
    pub dhcp_client_port: u16,
    /// The PXE boot server's port
    #[arg(long, value_name = "PORT", default_value_t = 4011)]
    pub pxe_port: u16,
    /// The TFTP server's port; 0 lets the system choose
    #[arg(long, value_name = "PORT", default_value_t = 69)]
    pub tftp_port: u16,
}

impl ServeArgs {
    /// The server's settings; interface and root are looked up.
    ///
    /// # Errors
    /// There is no such interface, it has no address, or the arguments contradict each other.
    pub fn config(self) -> Result<Config, Error> {
        let listen = match (&self.interface, self.listen) {
            (Some(name), address) => Listen::interface(name, address)?,
            (None, address) => Listen::address(address.unwrap_or(Ipv4Addr::LOCALHOST))?,
        };
        let mut config = Config::new(&self.root, listen);
        config.role = match (self.proxy, self.no_dhcp) {
            (true, _) => Role::Proxy,
            (_, true) => Role::TftpOnly,
            _ => Role::Dhcp,
        };
        config.pool = self.pool;
        config.hosts = self.host;
        config.boot_files = self.boot_file;
        config.menu = self.menu;
        let text = self.prompt.unwrap_or_else(|| Prompt::default().text);
        config.prompt = Some(Prompt { text, seconds: self.prompt_timeout });
        config.router = self.router;
        config.dns = self.dns;
        config.lease = std::time::Duration::from_secs(self.lease.into());
        config.allow_upload = self.allow_upload;
        config.overwrite = self.overwrite;
        config.max_upload = self.max_upload;
        config.max_transfers = self.max_transfers.into();
        config.give_up = std::time::Duration::from_secs(self.give_up.into());
        config.dhcp_port = self.dhcp_port;
        config.dhcp_client_port = self.dhcp_client_port;
        config.pxe_port = self.pxe_port;
        config.tftp_port = self.tftp_port;
        Ok(config)
    }
}

fn prompt(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err("it has no text".to_owned()),
        1..=64 => Ok(text.to_owned()),
        _ => Err("longer than 64 bytes".to_owned()),
    }
}
