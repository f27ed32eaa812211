//! `boot`.

use std::cell::RefCell;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use bootproto::Step;
use bootproto::client::Config;

use super::boot_args::BootArgs;
use super::choose::Asking;
use super::show::Show;
use crate::boot::{Ended, Joined, Outcome, Report, Traced, boot};
use crate::drive::{Clock, Ports, Stop, seed};
use crate::embedded::{self, tree};
use crate::error::plain;
use crate::raw::Wire;
use crate::{Error, Mistake, fabric, link};

/// The Ethernet address of the machine to be where there is no Ethernet: one for examples (RFC 7042, section 2.1.2).
const MAC: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0x01];

/// For how long a link may take to come up: a switch that looks for loops first takes longer, and no link at all shows
/// at once.
const LINK: Duration = Duration::from_secs(5);

pub(super) fn run(args: &BootArgs, json: bool) -> Result<(), Error> {
    let mut show = Show::new(json, args.verbose);
    let stop = Stop::on_signals()?;
    // Before a long boot, not after it.
    args.save.as_deref().map(check_directory).transpose()?;
    let outcome = match (&args.interface, &args.fabric) {
        (Some(interface), _) => over_frames(args, interface, &stop, &mut show)?,
        (None, Some(fabric)) => over_fabric(args, fabric, &stop, &mut show)?,
        (None, None) => over_loopback(args, &stop, &mut show)?,
    };
    if let Some(directory) = &args.save {
        outcome.save(directory)?;
    }
    finish(&outcome, json, &mut show)
}

/// The steps after the last file, and what all of it came to.
fn finish(outcome: &Outcome, json: bool, show: &mut Show) -> Result<(), Error> {
    if let Ended::LocalBoot { .. } = outcome.ended {
        show.step(Step::Start, "the network says to boot from the local disk; this program starts nothing");
        return conclude(outcome, json);
    }
    if !outcome.files.iter().any(|file| file.verified) {
        show.step(Step::Verify, "no file was checked: there is no list of digests");
    }
    show.step(Step::Start, "the kernel would be entered now; this program starts nothing");
    show.step(
        Step::Root,
        "the kernel's own scripts would mount the root with what the command line tells them",
    );
    conclude(outcome, json)
}

/// The table, or the last event. Who is told of success must have been told.
fn conclude(outcome: &Outcome, json: bool) -> Result<(), Error> {
    let told = if json {
        super::run::try_print(&outcome.json())
    } else {
        writeln!(std::io::stdout(), "\n{}", outcome.table(width())).and_then(|()| std::io::stdout().flush())
    };
    match told {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::local_file("writing to standard output", &error))
        }
        _ => Ok(()),
    }
}

/// From servers in this program.
fn over_loopback(args: &BootArgs, stop: &Stop, show: &mut Show) -> Result<Outcome, Error> {
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
    let mut ports = Ports::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).broadcast_to(&addresses.broadcast());
    let buffer = ports.ephemeral().map_err(|error| Error::network("opening a socket", &error))?.1;
    let config = args
        .config(args.mac.unwrap_or(MAC), (6868, addresses.dhcp_port, addresses.pxe_port))
        .with_transfer_port(addresses.tftp_port)
        .with_receive_buffer(u32::try_from(buffer).unwrap_or(u32::MAX));
    show.step(Step::Select, "a machine's firmware would choose the network device here; we are the device");
    go(config, &mut ports, Clock::start(), args, stop, show)
}

/// As firmware would, on a wire.
fn over_frames(args: &BootArgs, interface: &str, stop: &Stop, show: &mut Show) -> Result<Outcome, Error> {
    let clock = Clock::start();
    let mac = args.mac(interface)?;
    let mut wire = Wire::open(interface, mac, seed(), clock)?;
    // A frame of 1500 bytes takes about 2 KiB of the kernel's buffer.
    let buffer = u32::try_from(wire.device().receive_buffer()).unwrap_or(u32::MAX) / 2;
    let config = args.config(mac, (68, 67, 4011)).with_receive_buffer(buffer);
    let own: Vec<_> = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    show.step(Step::Select, &format!("{interface}, as the machine {}", own.join(":")));
    let patience = Duration::from_secs(args.timeout.into()).min(LINK);
    link::wait_for_link(interface, patience, stop).map_err(|error| error.in_step(Step::Select.name()))?;
    go(config, &mut wire, clock, args, stop, show)
}

/// As firmware would, on an InfiniBand fabric.
fn over_fabric(args: &BootArgs, fabric: &Path, stop: &Stop, show: &mut Show) -> Result<Outcome, Error> {
    let clock = Clock::start();
    let mut wire = fabric::Wire::open(fabric, args.guid, args.p_key, clock)?;
    let own: Vec<_> = args.guid.iter().map(|byte| format!("{byte:02x}")).collect();
    show.step(Step::Select, &format!("{}, as the port {}", fabric.display(), own.join(":")));
    let patience = Duration::from_secs(args.timeout.into());
    wire.bring_up(patience, stop, &mut |news| show.take(Report::news(Step::Configure, news)))
        .map_err(|error| error.in_step(Step::Configure.name()))?;
    let config = args.fabric_config(wire.mtu()).with_receive_buffer(wire.receive_buffer());
    go(config, &mut wire, clock, args, stop, show)
}

fn go<N: Joined>(
    config: Config,
    network: &mut N,
    clock: Clock,
    args: &BootArgs,
    stop: &Stop,
    show: &mut Show,
) -> Result<Outcome, Error> {
    let mut asking = Asking::new(args.label.as_deref(), show.is_for_a_person(), stop);
    let show = RefCell::new(show);
    let mut report = |report| show.borrow_mut().take(report);
    let outcome = if args.verbose {
        let mut tell = |trace| show.borrow_mut().trace(trace);
        boot(config, &mut Traced::new(network, &mut tell), &clock, stop, &mut asking, &mut report)
    } else {
        boot(config, network, &clock, stop, &mut asking, &mut report)
    };
    show.borrow_mut().end();
    outcome
}

/// How wide the terminal is; without one, narrow enough for any.
fn width() -> usize {
    let term = console::Term::stdout();
    if term.is_term() { term.size().1.into() } else { 80 }
}

/// Whether files can be made in it.
fn check_directory(directory: &Path) -> Result<(), Error> {
    tempfile::tempfile_in(directory).map(drop).map_err(|error| {
        Error::mistake(Mistake::Unwritable, format!("--save {}", directory.display()))
            .because(plain(&error))
            .with_hint("name an existing directory that you may write to")
    })
}

fn sample() -> Result<tempfile::TempDir, Error> {
    tempfile::tempdir()
        .and_then(|directory| tree::write(directory.path(), seed()).map(|()| directory))
        .map_err(|error| Error::local_file("making the sample", &error))
}
