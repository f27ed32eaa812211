//! The DHCP clients of others against `netboot serve`.

use interop::lan::Lan;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::process::{Finished, Program, run};
use interop::runner::Case;
use interop::{Outcome, ensure, peers, servers};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "dhcp server, busybox udhcpc: an address from the pool, the same one again, given back",
        peers: &[&peers::BUSYBOX],
        heavy: false,
        run: udhcpc,
    },
    Case {
        name: "dhcp server, busybox udhcpc: a static host and its boot file",
        peers: &[&peers::BUSYBOX],
        heavy: false,
        run: static_host,
    },
    Case {
        name: "dhcp server, busybox udhcpc: an address of another network is refused",
        peers: &[&peers::BUSYBOX],
        heavy: false,
        run: refused,
    },
    Case {
        name: "dhcp server, ISC dhclient: an address, and it is released",
        peers: &[&peers::DHCLIENT],
        heavy: false,
        run: dhclient,
    },
];

const LIMIT: Duration = Duration::from_secs(30);
const POOL: [&str; 2] = ["--pool", "10.77.0.50-10.77.0.60"];

/// Runs udhcpc once, with more arguments; the answer's output has a line `NAME=value` for all that it was told.
fn ask(inside: &Namespace, aside: &Tree, arguments: &[&str]) -> Outcome<Finished> {
    let script = aside.join("told");
    std::fs::write(&script, "#!/bin/sh\necho \"EVENT=$1\"\nset\n")?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    let mut command = peers::BUSYBOX.command()?;
    command.args(["udhcpc", "-i", "eth0", "-f", "-q", "-n", "-t", "4", "-T", "2", "-s"]).arg(script);
    command.args(arguments);
    run(inside, command, LIMIT)
}

/// The last value that the script was told.
fn told<'a>(finished: &'a Finished, name: &str) -> Option<&'a str> {
    let lines = finished.output.lines().filter_map(|line| line.split_once('='));
    lines.filter(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('\'')).next_back()
}

fn udhcpc() -> Outcome {
    let (lan, tree, aside) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", None)?;
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &[&["--root", root.as_str()], &POOL[..]].concat())?;
    let first = ask(&client, &aside, &["-R"])?;
    let address = told(&first, "ip").ok_or_else(|| format!("{first:?}\n{}", server.log()))?;
    let last: u8 = address.rsplit('.').next().unwrap_or_default().parse()?;
    ensure!(address.starts_with("10.77.0.") && (50..=60).contains(&last), "{address}");
    ensure!(told(&first, "EVENT") == Some("deconfig") || first.output.contains("EVENT=bound"), "{first:?}");
    ensure!(told(&first, "subnet") == Some("255.255.255.0"), "{first:?}");
    ensure!(told(&first, "serverid") == Some("10.77.0.1"), "{first:?}");
    // Released at the end (-R), and yet kept for the same client as long as nobody else wants it (RFC 2131 4.3.1).
    let second = ask(&client, &aside, &[])?;
    ensure!(told(&second, "ip") == Some(address), "{address}, then {second:?}");
    Ok(())
}

fn static_host() -> Outcome {
    let (lan, tree, aside) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", None)?;
    client.ip("link set eth0 down\nlink set eth0 address 52:54:00:dd:00:01\nlink set eth0 up\n")?;
    let root = tree.path().display().to_string();
    let host = ["--root", &root, "--host", "52:54:00:dd:00:01=10.77.0.99", "--boot-file", "our/file.0"];
    let server = servers::netboot(&lan.server, "br0", &host)?;
    let finished = ask(&client, &aside, &["-O", "bootfile", "-V", "PXEClient:Arch:00000:UNDI:002001"])?;
    ensure!(told(&finished, "ip") == Some("10.77.0.99"), "{finished:?}\n{}", server.log());
    let file = told(&finished, "bootfile").or_else(|| told(&finished, "boot_file"));
    ensure!(file == Some("our/file.0"), "{finished:?}\n{}", server.log());
    ensure!(told(&finished, "siaddr") == Some("10.77.0.1"), "{finished:?}");
    Ok(())
}

fn refused() -> Outcome {
    let (lan, tree, aside) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", None)?;
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &[&["--root", root.as_str()], &POOL[..]].concat())?;
    // It may ask for what it likes: it gets an address of ours.
    let finished = ask(&client, &aside, &["-r", "10.99.0.5"])?;
    let address = told(&finished, "ip").ok_or_else(|| format!("{finished:?}\n{}", server.log()))?;
    ensure!(address.starts_with("10.77.0."), "{finished:?}");
    Ok(())
}

fn dhclient() -> Outcome {
    let (lan, tree, aside) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let client = lan.station("client", None)?;
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &[&["--root", root.as_str()], &POOL[..]].concat())?;
    let leases = aside.join("leases");
    let dhclient = |flags: &[&str]| -> Outcome<Command> {
        let mut command = peers::DHCLIENT.command()?;
        command.args(["-4", "-v", "-sf", "/bin/true", "-cf", "/dev/null", "-lf"]).arg(&leases);
        command.arg("-pf").arg(aside.join("pid")).args(flags).arg("eth0");
        Ok(command)
    };
    let mut running = Program::start(&client, dhclient(&["-1", "-d"])?)?;
    running.wait_for("bound to 10.77.0.", LIMIT).map_err(|error| format!("{error}\n{}", server.log()))?;
    let written = std::fs::read_to_string(&leases)?;
    ensure!(written.contains("option dhcp-server-identifier 10.77.0.1;"), "{written}");
    ensure!(written.contains("option subnet-mask 255.255.255.0;"), "{written}");
    running.terminate();
    let released = run(&client, dhclient(&["-r"])?, LIMIT)?;
    ensure!(released.text().contains("DHCPRELEASE of 10.77.0."), "{released:?}");
    Ok(())
}
