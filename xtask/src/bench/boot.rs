//! How fast machines boot: our boot program and those of others, with the same ROM, server and files in one run.

use crate::command::Done;
use interop::lan::Lan;
use interop::payload::{self, Tree};
use interop::process::Program;
use interop::sniffer::Sniffer;
use interop::{Outcome, loaders, machine, nbp, peers, runner, servers};
use std::time::Duration;

/// What can be said about the measurement.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Mebibytes of initrd. undionly.kpxe, which is some thirty times slower, gets an eighth.
    #[arg(long, default_value_t = 64)]
    pub(super) size: usize,
    /// How often each row is measured.
    #[arg(long, default_value_t = 3)]
    pub(super) runs: usize,
    /// Machines with UEFI instead of a BIOS.
    #[arg(long)]
    pub(super) uefi: bool,
    /// Only rows that contain this.
    #[arg(long)]
    pub(super) only: Option<String>,
    /// Show the serial line of each machine.
    #[arg(long)]
    pub(super) show: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { size: 64, runs: 3, uefi: false, only: None, show: false }
    }
}

const NICS: [&str; 2] = ["e1000", "virtio-net-pci"];
const SERVERS: [&str; 2] = ["netboot serve", "dnsmasq"];
const LOADERS: [&str; 4] = ["bootproto.0", "pxelinux.0", "grub.pxe", "undionly.kpxe"];
const LIMIT: Duration = Duration::from_secs(400);

/// What one boot showed.
struct Measured {
    /// Megabytes of initrd a second.
    rate: f64,
    /// From the first DHCPDISCOVER to the marker.
    boot: Duration,
}

/// Prints the table, as Markdown.
pub(super) fn run(options: &Options) -> Done {
    let table = if options.uefi { super::uefi::table } else { table };
    runner::become_root().and_then(|()| table(options)).map_err(|error| error.to_string())
}

fn table(options: &Options) -> Outcome {
    for peer in [
        &peers::QEMU,
        &peers::SEABIOS,
        &peers::IPXE,
        &peers::LINUX,
        &peers::BUSYBOX,
        &peers::PXELINUX,
        &peers::GRUB,
        &peers::UNDIONLY,
        &peers::DNSMASQ,
    ] {
        peer.get(true)?;
    }
    println!(
        "| card | server | boot program | initrd MB/s, median (range) | DISCOVER to marker, s | ours is faster by |"
    );
    println!("|---|---|---|---|---|---|");
    for nic in NICS {
        for server in SERVERS {
            let mut ours = None;
            for loader in LOADERS {
                let row = format!("{nic} {server} {loader}");
                if options.only.as_ref().is_some_and(|only| !row.contains(only.as_str())) {
                    continue;
                }
                let size = if loader == "undionly.kpxe" { options.size.div_ceil(8) } else { options.size };
                let runs = if loader == "undionly.kpxe" { 1 } else { options.runs };
                let mut rates = Vec::new();
                let mut boots = Vec::new();
                for _ in 0..runs {
                    let measured = boot(nic, server, loader, size, options.show)
                        .map_err(|error| format!("{row}: {error}"))?;
                    rates.push(measured.rate);
                    boots.push(measured.boot.as_secs_f64());
                }
                rates.sort_by(f64::total_cmp);
                boots.sort_by(f64::total_cmp);
                let rate = rates[rates.len() / 2];
                let ratio = ours.map_or_else(String::new, |ours: f64| format!("{:.1}", ours / rate));
                if loader == "bootproto.0" {
                    ours = Some(rate);
                }
                let (low, high) = (rates[0], rates[rates.len() - 1]);
                let boot = boots[boots.len() / 2];
                println!(
                    "| {nic} | {server} | {loader} | {rate:.1} ({low:.1}-{high:.1}) | {boot:.1} | {ratio} |"
                );
            }
        }
    }
    Ok(())
}

fn boot(nic: &str, server: &str, loader: &str, size: usize, show: bool) -> Outcome<Measured> {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let initrd = payload::initrd_with((size << 20).saturating_sub(2 << 20).max(1 << 20))?;
    tree.add("initrd.img", &initrd.bytes)?;
    let boot_file = match loader {
        "bootproto.0" => {
            tree.add_copy("bootproto.0", &nbp::bootproto_0(true)?)?;
            let text = machine::configuration("", "vmlinuz", payload::COMMAND_LINE);
            tree.add("pxelinux.cfg/default", text.as_bytes())?;
            "bootproto.0"
        }
        "pxelinux.0" => {
            loaders::pxelinux(&tree)?;
            "pxelinux.0"
        }
        "grub.pxe" => {
            loaders::grub(&tree)?;
            "grub.pxe"
        }
        _ => {
            loaders::undionly(&tree)?;
            "undionly.ipxe"
        }
    };
    let _server: Program = match server {
        "dnsmasq" => servers::dnsmasq_boot(&lan.server, "br0", &tree, boot_file)?,
        _ => {
            let root = tree.path().display().to_string();
            servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", boot_file])?
        }
    };
    let sniffer = Sniffer::start(&lan.server, "br0", "initrd.img")?;
    let mut screen = machine::Bios { memory: 1024, ..machine::Bios::new(nic) }.switch_on(&lan)?;
    let waited = screen.wait_for("FINISHED", LIMIT);
    if show {
        println!("{}", screen.log());
    }
    waited?;
    if !screen.log().contains(&format!("PAYLOAD {}", initrd.payload)) {
        return Err(format!("other bytes arrived:\n{}", screen.log()).into());
    }
    let seen = sniffer.finish()?;
    let rate = initrd.bytes.len() as f64 / seen.transfer.as_secs_f64() / 1e6;
    Ok(Measured { rate, boot: seen.since_discover })
}
