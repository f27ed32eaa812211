//! A boot over InfiniBand, in front of the person: Linux's own subnet manager, IPoIB and servers at the far end.

use crate::command::Done;
use interop::fabric::node::{Node, Parts};
use interop::fabric::seed::Seed;
use interop::fabric::server::{self, Offers};
use interop::fabric::switch::Switch;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::{Outcome, peers, runner};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What can be said about the boot.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Then start what was fetched: Linux on the same port, with its root over NFS.
    #[arg(long)]
    start: bool,
    /// Keep what passed on the fabric in this file, for Wireshark.
    #[arg(long)]
    capture: Option<PathBuf>,
    /// Install nothing.
    #[arg(long)]
    no_install: bool,
    /// More for `netboot boot`, after `--`.
    #[arg(last = true)]
    more: Vec<String>,
}

/// The port that boots.
const GUID: [u8; 8] = [0, 0x11, 0x75, 0, 0, 0, 0, 2];

/// Boots it.
pub(crate) fn run(options: &Options) -> Done {
    runner::become_root().and_then(|()| boot(options)).map_err(|error| error.to_string())
}

fn boot(options: &Options) -> Outcome {
    let wanted = [
        &peers::QEMU,
        &peers::SEABIOS,
        &peers::LINUX_ALL,
        &peers::BUSYBOX,
        &peers::OPENSM_INSIDE,
        &peers::DNSMASQ,
    ];
    let missing: Vec<_> = wanted.iter().filter_map(|peer| peer.get(!options.no_install).err()).collect();
    if let [first, ..] = missing.as_slice() {
        let names: Vec<_> = wanted.iter().map(|peer| peer.package).collect();
        return Err(format!("{first}; all that is needed: {}", names.join(" ")).into());
    }
    let netboot = runner::netboot()?;
    let (inside, tree, seed) = (Namespace::new("fabric")?, Tree::new()?, Seed::new()?);
    let capture = options.capture.clone().unwrap_or_else(|| tree.beside("fabric.pcap"));
    let switch = Switch::start(&tree.beside("fabric"), &capture)?;
    println!("a machine with Linux, opensm and dnsmasq comes up on the fabric (QEMU, 10 s or more) ...");
    let server = server::start(&inside, &tree, switch.address(), Offers::Root(&seed))?;
    let guid: Vec<_> = GUID.iter().map(|byte| format!("{byte:02x}")).collect();
    let into = tree.beside("fetched");
    std::fs::create_dir_all(&into)?;
    println!("netboot boot --fabric {} --guid {}\n", switch.address().display(), guid.join(":"));
    let mut command = Command::new(netboot);
    command.args(["boot", "--guid", &guid.join(":"), "--fabric"]).arg(switch.address());
    command.arg("--save").arg(&into).args(&options.more);
    let said = watch(command)?;
    println!("\nthe other end said:");
    let log = server.node.screen.log();
    let told = ["RIG: ", "DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST", "DHCPACK", " sent /tftp"];
    let lines = log.lines().filter(|line| told.iter().any(|text| line.contains(text)));
    lines.for_each(|line| println!("    {line}"));
    if options.start {
        start(&inside, switch.address(), &into, command_line(&said))?;
    }
    Ok(())
}

/// Runs it in front of the person, and gives what it said.
fn watch(mut command: Command) -> Outcome<Vec<String>> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().ok_or("it was asked for")?;
    let mut said = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        said.push(line);
    }
    let status = child.wait()?;
    if status.success() { Ok(said) } else { Err(format!("netboot: {status}").into()) }
}

/// The command line from netboot's last lines: "command line   at ADDRESS: TEXT".
fn command_line(said: &[String]) -> String {
    let line = said.iter().find_map(|line| line.strip_prefix("command line")).unwrap_or_default().trim();
    line.split_once(": ").filter(|(at, _)| at.starts_with("at 0x")).map_or(line, |(_, text)| text).to_owned()
}

/// Steps 7 and 8: Linux on the port that was booted from.
fn start(inside: &Namespace, fabric: &Path, fetched: &Path, command_line: String) -> Outcome {
    println!("\nLinux starts with what came, on the same port; its serial line follows\n");
    let (kernel, initrd) = (fetched.join("vmlinuz"), fetched.join("initrd.img"));
    let parts = Parts { guid: GUID, fabric, memory: 512, kernel, initrd, command_line };
    let mut node = Node::switch_on(inside, &parts)?;
    let mut shown = 0;
    loop {
        let running = node.screen.is_running();
        let text = node.screen.log();
        print!("{}", text.get(shown..).unwrap_or_default());
        let _ = std::io::stdout().flush();
        shown = text.len();
        if !running {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
