//! The servers of others, each started in a namespace and ready when the function returns.

use crate::lan::SERVER;
use crate::namespace::Namespace;
use crate::payload::Tree;
use crate::process::Program;
use crate::{Outcome, peers};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(10);

/// H. Peter Anvin's TFTP server over a folder; with `upload` it takes new files.
///
/// # Errors
/// It isn't here, or does not start.
pub fn tftpd_hpa(inside: &Namespace, tree: &Tree, upload: bool) -> Outcome<Program> {
    let mut command = peers::TFTPD_HPA.command()?;
    command.args(["--foreground", "--address", ":69", "--user", "root", "--secure", "-vv", "--ipv4"]);
    if upload {
        std::fs::set_permissions(tree.path(), std::fs::Permissions::from_mode(0o777))?;
        command.args(["--create", "--permissive"]);
    }
    command.arg(tree.path());
    let server = Program::start(inside, command)?;
    wait_for_port(inside, 69)?;
    Ok(server)
}

/// atftpd over a folder; multicast groups are 239.255.0.0/24, port 1758.
///
/// # Errors
/// It isn't here, or does not start.
pub fn atftpd(inside: &Namespace, tree: &Tree) -> Outcome<Program> {
    let mut command = peers::ATFTPD.command()?;
    command.args(["--daemon", "--no-fork", "--user", "root", "--group", "root", "--logfile", "-"]);
    command.args(["--verbose=7", "--mcast-addr", "239.255.0.0-255", "--mcast-port", "1758"]);
    command.arg(tree.path());
    let server = Program::start(inside, command)?;
    wait_for_port(inside, 69)?;
    Ok(server)
}

/// dnsmasq without DNS; every line of `settings` is one of its configuration.
///
/// # Errors
/// It isn't here, or does not start.
pub fn dnsmasq(inside: &Namespace, interface: &str, tree: &Tree, settings: &str) -> Outcome<Program> {
    let (leases, configuration) = (tree.beside("leases"), tree.beside("dnsmasq.conf"));
    let text = format!(
        "port=0\ninterface={interface}\nbind-interfaces\nuser=root\ngroup=root\nlog-dhcp\nlog-facility=-\nno-ping\n\
         dhcp-leasefile={}\n{settings}\n",
        leases.display()
    );
    std::fs::write(&configuration, text)?;
    let mut command = peers::DNSMASQ.command()?;
    command.args(["--keep-in-foreground", "--pid-file="]);
    command.arg(format!("--conf-file={}", configuration.display()));
    let mut server = Program::start(inside, command)?;
    server.wait_for("started, version", LIMIT)?;
    Ok(server)
}

/// dnsmasq as TFTP server over a folder.
///
/// # Errors
/// It isn't here, or does not start.
pub fn dnsmasq_tftp(inside: &Namespace, interface: &str, tree: &Tree) -> Outcome<Program> {
    let root = tree.path().display();
    let server =
        dnsmasq(inside, interface, tree, &format!("enable-tftp\ntftp-root={root}\nedns-packet-max=10000"))?;
    wait_for_port(inside, 69)?;
    Ok(server)
}

/// dnsmasq as DHCP and TFTP server that names a boot file in a folder.
///
/// # Errors
/// It isn't here, or does not start.
pub fn dnsmasq_boot(inside: &Namespace, interface: &str, tree: &Tree, boot_file: &str) -> Outcome<Program> {
    let root = tree.path().display();
    let settings = format!(
        "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative\n\
         enable-tftp\ntftp-root={root}\ndhcp-boot={boot_file}"
    );
    dnsmasq(inside, interface, tree, &settings)
}

/// ISC dhcpd with a configuration, on interface `br0`.
///
/// # Errors
/// It isn't here, or does not start.
pub fn dhcpd(inside: &Namespace, tree: &Tree, configuration: &str) -> Outcome<Program> {
    let (file, leases) = (tree.beside("dhcpd.conf"), tree.beside("dhcpd.leases"));
    std::fs::write(&file, configuration)?;
    std::fs::write(&leases, "")?;
    let mut command = peers::DHCPD.command()?;
    command.args(["-4", "-d", "-f", "--no-pid", "-cf"]).arg(file).arg("-lf").arg(leases).arg("br0");
    let mut server = Program::start(inside, command)?;
    server.wait_for("Server starting service", LIMIT)?;
    Ok(server)
}

/// Kea with the content of its `Dhcp4` object, on interface `br0`.
///
/// # Errors
/// It isn't here, or does not start.
pub fn kea(inside: &Namespace, tree: &Tree, mut settings: serde_json::Value) -> Outcome<Program> {
    let folder = tree.beside("kea");
    std::fs::create_dir_all(&folder)?;
    // A bridge with nothing plugged in counts as down: Kea is to try until somebody is.
    settings["interfaces-config"] = serde_json::json!({
        "interfaces": ["br0"], "dhcp-socket-type": "raw",
        "service-sockets-max-retries": 1_000, "service-sockets-retry-wait-time": 50,
    });
    settings["lease-database"] = serde_json::json!({ "type": "memfile", "persist": false });
    settings["loggers"] = serde_json::json!([{
        "name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 50,
        "output_options": [{ "output": "stdout", "flush": true }],
    }]);
    let file = folder.join("kea.conf");
    std::fs::write(&file, serde_json::json!({ "Dhcp4": settings }).to_string())?;
    let mut command = peers::KEA.command()?;
    command.arg("-c").arg(&file);
    for variable in ["KEA_PIDFILE_DIR", "KEA_LOCKFILE_DIR"] {
        command.env(variable, &folder);
    }
    let mut server = Program::start(inside, command)?;
    server.wait_for("DHCP4_STARTED", LIMIT)?;
    Ok(server)
}

/// `netboot serve` on an interface, with more arguments.
///
/// # Errors
/// It doesn't build, or does not start.
pub fn netboot(inside: &Namespace, interface: &str, arguments: &[&str]) -> Outcome<Program> {
    let mut command = Command::new(crate::runner::netboot()?);
    command.args(["serve", "--interface", interface]).args(arguments);
    let server = Program::start(inside, command)?;
    wait_for_port(inside, 69)?;
    Ok(server)
}

/// The URL of a file on the server.
#[must_use]
pub fn url(file: &str) -> String {
    format!("tftp://{SERVER}/{file}")
}

/// Waits until something listens on a UDP port of the namespace.
///
/// # Errors
/// Nothing does.
pub fn wait_for_port(inside: &Namespace, port: u16) -> Outcome {
    let end = Instant::now() + LIMIT;
    let wanted = format!(":{port:04X}");
    loop {
        let thread = inside.thread();
        let table = PathBuf::from(format!("/proc/self/task/{thread}/net/udp"));
        let table = std::fs::read_to_string(table)?;
        if table.lines().any(|line| line.split_whitespace().nth(1).is_some_and(|end| end.ends_with(&wanted)))
        {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("nothing listens on port {port}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
