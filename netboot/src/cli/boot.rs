//! `boot`.

use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use bootproto::Step;
use bootproto::client::Config;
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client as dhcp;
use clap::Args;
use indicatif::ProgressBar;

use super::transfers::style;
use crate::boot::{Report, boot, memory};
use crate::drive::{Clock, Ports, Stop, seed};
use crate::embedded::{self, tree};
use crate::{Error, Trouble, size};

/// `netboot boot`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netboot                                        boots a sample, over loopback, from servers of its own
  netboot boot --root /srv/boot --boot-file pxelinux.0
  netboot boot --json | tail -n1                 what came, with sizes, digests and addresses

Nothing is started: the steps select, start and root are told, not done.")]
pub struct BootArgs {
    /// Boot from the files of this directory [default: a sample that the program makes]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The boot file that the server announces
    #[arg(long, value_name = "FILE", requires = "root")]
    pub boot_file: Option<String>,
    /// The path prefix that the server announces
    #[arg(long, value_name = "PREFIX", requires = "root")]
    pub path_prefix: Option<String>,
    /// The architecture to be (option 93), as its number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub arch: u16,
    /// The memory of the machine to be
    #[arg(long, value_name = "SIZE", value_parser = size::parse, default_value = "2G")]
    pub memory: u64,
    /// Give up when a server is silent for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: u32,
    /// Keep the files that came, in this directory
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
}

/// The Ethernet address of the machine to be: one for examples (RFC 7042, section 2.1.2).
const MAC: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0x01];

pub(super) fn run(args: &BootArgs, json: bool) -> Result<(), Error> {
    let made = match &args.root {
        Some(_) => None,
        None => Some(sample()?),
    };
    let root = args.root.as_deref().or(made.as_ref().map(tempfile::TempDir::path)).unwrap_or(".".as_ref());
    let prefix = match &made {
        Some(_) => Some(tree::Names::PREFIX),
        None => args.path_prefix.as_deref(),
    };
    let server = embedded::Server::start(root, args.boot_file.as_deref(), prefix, |_| {})?;
    let addresses = server.addresses();
    let stop = Stop::on_signals()?;
    let clock = Clock::start();
    let mut ports = Ports::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).broadcast_to(&addresses.broadcast());
    let buffer = ports.ephemeral().map_err(|error| Error::network("opening a socket", &error))?.1;
    let machine = dhcp::Config::new(seed(), HardwareAddress::ethernet(MAC))
        .with_arch(args.arch)
        .with_ports(6868, addresses.dhcp_port, addresses.pxe_port)
        .with_probe_address(false);
    let config = Config::new(seed(), machine)
        .with_transfer_port(addresses.tftp_port)
        .with_receive_buffer(u32::try_from(buffer).unwrap_or(u32::MAX))
        .with_give_up(Duration::from_secs(args.timeout.into()))
        .with_memory(&memory(args.memory));
    let mut show = Show { json, bar: None, step: None };
    show.step(Step::Select, "a machine's firmware would choose the network device here; we are the device");
    let outcome = boot(config, &mut ports, &clock, &stop, &mut |report| show.take(report));
    show.end();
    let outcome = outcome?;
    if let Some(directory) = &args.save {
        outcome.save(directory)?;
    }
    show.step(Step::Start, "the kernel would be entered now; this program starts nothing");
    show.step(
        Step::Root,
        "the kernel's own scripts would mount the root with what the command line tells them",
    );
    if json {
        super::run::print(&outcome.json());
    } else {
        let _ = writeln!(std::io::stdout(), "\n{outcome}");
    }
    Ok(())
}

fn sample() -> Result<tempfile::TempDir, Error> {
    tempfile::tempdir()
        .and_then(|directory| tree::write(directory.path(), seed()).map(|()| directory))
        .map_err(|error| Error::failure(&Trouble::LocalFile, "making the sample").because(error))
}

/// What a person or a program sees of a boot.
struct Show {
    json: bool,
    bar: Option<ProgressBar>,
    step: Option<Step>,
}

impl Show {
    fn take(&mut self, report: Report) {
        match report {
            Report::Line { step, text, json } => {
                self.end();
                if self.json {
                    super::run::print(&json);
                } else {
                    self.say(step, &text);
                }
            }
            Report::Progress { name, bytes, size } => self.progress(&name, bytes, size),
            Report::ProgressEnd => self.end(),
        }
    }

    /// A step that is told rather than done.
    fn step(&mut self, step: Step, text: &str) {
        if self.json {
            super::run::print(&serde_json::json!({"event": "step", "step": step.name(), "text": text}));
        } else {
            self.say(step, text);
        }
    }

    fn say(&mut self, step: Step, text: &str) {
        let name = if self.step == Some(step) {
            String::new()
        } else {
            format!("{} {}", step.number(), step.name())
        };
        self.step = Some(step);
        // A reader that went away does not end the boot.
        let _ = writeln!(std::io::stdout(), "{name:<12} {text}");
    }

    fn progress(&mut self, name: &str, bytes: u64, size: Option<u64>) {
        if self.json || !std::io::stderr().is_terminal() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            bar.set_style(style(size.is_some()));
            bar.set_message(name.to_owned());
            bar
        });
        bar.set_position(bytes);
    }

    /// Nothing of the bar is left on the terminal.
    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
