//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::boot_args::BootArgs;
use super::serve_args::ServeArgs;
use crate::size;

/// Boots from the network in user space, and serves others that do.
#[derive(Debug, Parser)]
#[command(name = "netboot", version, about, args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  netboot                                             boot a sample over loopback
  netboot serve --root /srv/boot --interface eth1     serve DHCP and TFTP on eth1
  netboot get tftp://192.0.2.1/pxelinux.0             fetch one file
  netboot put dump.bin tftp://192.0.2.1/dump.bin      store one file
  netboot completions bash > /etc/bash_completion.d/netboot

Exit codes: 0 done, 1 a boot or transfer failed, 2 the call was wrong.
Every error ends with a number such as BP6307, and with the PXE code where there is one.")]
pub struct Cli {
    /// What to do; nothing means to boot.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to boot where no command is given.
    #[command(flatten)]
    pub boot: Box<BootArgs>,
    /// One JSON object a line on standard output, for programs
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Boot up to where the kernel would start, from servers in this program; without a command, this is done
    Boot(Box<BootArgs>),
    /// Serve a directory: DHCP (or ProxyDHCP beside another server) and TFTP
    Serve(Box<ServeArgs>),
    /// Fetch one file over TFTP
    Get(GetArgs),
    /// Store one file over TFTP
    Put(PutArgs),
    /// Get the capture file out of a serial log in which firmware printed its last packets
    Trace(TraceArgs),
    /// Print the completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write a page for every command into a directory
    Man {
        /// Where to write the pages
        directory: Option<PathBuf>,
    },
}

/// `netboot get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netboot get tftp://192.0.2.1/pxelinux.0
  netboot get tftp://192.0.2.1:6969/boot/vmlinuz /tmp/kernel --blksize 1468 --windowsize 16
  netboot get tftp://192.0.2.1/pxelinux.cfg/default -       to standard output

The file appears under its name only when it is whole; a failure leaves nothing behind.")]
pub struct GetArgs {
    /// Where the file is
    #[arg(help = "Where the file is: tftp://HOST[:PORT]/FILE")]
    pub url: String,
    /// Where to put it: a file or a directory, or - for standard output [default: the file's own name, here]
    pub local: Option<PathBuf>,
    /// Break off when the file is larger than this
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "16G")]
    pub limit: u64,
    /// How to transfer
    #[command(flatten)]
    pub options: TransferArgs,
}

/// `netboot put`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netboot put dump.bin tftp://192.0.2.1/dump.bin
  dmesg | netboot put - tftp://192.0.2.1/dmesg.txt

The server must allow it: `netboot serve --allow-upload`, or tftpd with --create.")]
pub struct PutArgs {
    /// The file to send, or - for standard input
    pub local: PathBuf,
    /// Where to store it
    #[arg(
        help = "Where to store it: tftp://HOST[:PORT]/FILE; with a / at the end under the file's own name"
    )]
    pub url: String,
    /// Refuse to send a file larger than this
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "16G")]
    pub limit: u64,
    /// How to transfer
    #[command(flatten)]
    pub options: TransferArgs,
}

/// `netboot trace`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netboot trace serial.log                        makes serial.pcapng, for Wireshark
  netboot trace serial.log - | tshark -r -        shows the packets here
  netboot trace - last.pcapng < /tmp/serial.log

Where the log has more than one capture, the last one is meant.")]
pub struct TraceArgs {
    /// The log of the serial line, or - for standard input
    pub log: PathBuf,
    /// Where to put the capture file, or - for standard output [default: the log's name, ending in .pcapng]
    pub file: Option<PathBuf>,
    /// Which capture of the log, from 1 [default: the last]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    pub number: Option<u16>,
}

/// What `get` and `put` share.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// Bytes in a block, as asked of the server; 1468 fits Ethernet
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(8..=65464))]
    pub blksize: Option<u16>,
    /// Blocks in a window, as asked of the server; 1 waits for every block
    #[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u16).range(1..))]
    pub windowsize: Option<u16>,
    /// Give up when the server is silent for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: u32,
    /// Translate line ends as TFTP's netascii mode does
    #[arg(long)]
    pub netascii: bool,
}
