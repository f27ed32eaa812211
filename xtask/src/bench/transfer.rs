//! Whole transfers of one file between our client and server and those of others, over loopback and over a cable that
//! delays and loses.

use crate::command::Done;
use interop::namespace::Namespace;
use interop::payload::Tree;
use interop::process::Program;
use interop::relay::{Faults, Relay};
use interop::{Outcome, peers, runner, servers};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What can be said about the measurement.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Mebibytes of the file over loopback. Slow cables get less, so that no row takes minutes.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// How often each row is measured.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Only rows that contain this.
    #[arg(long)]
    only: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { size: 64, runs: 5, only: None }
    }
}

/// No transfer takes longer; one that does has broken off.
const LIMIT: Duration = Duration::from_secs(60);

const HERE: &str = "10.78.0.2/24";
const THERE: &str = "10.78.0.1/24";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    Ours,
    Hpa,
    Atftp,
    Curl,
    Busybox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Ours,
    Hpa,
    Atftpd,
    Dnsmasq,
}

/// What lies between them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Link {
    name: &'static str,
    /// One way, in microseconds; `None` is loopback.
    delay: Option<u64>,
    /// Frames lost in a thousand.
    loss: u32,
}

const LOOPBACK: Link = Link { name: "loopback", delay: None, loss: 0 };
const NEAR: Link = Link { name: "0.5 ms", delay: Some(500), loss: 0 };
const FAR: Link = Link { name: "10 ms", delay: Some(10_000), loss: 0 };
const LOSSY: Link = Link { name: "0.5 ms, 0.1 % lost", delay: Some(500), loss: 1 };
const BAD: Link = Link { name: "0.5 ms, 1 % lost", delay: Some(500), loss: 10 };

/// Rows that are compared with each other.
struct Group {
    path: Link,
    block: u16,
    window: u16,
    /// Mebibytes, where it is not what was asked for.
    size: Option<usize>,
}

const fn group(path: Link, block: u16, window: u16, size: Option<usize>) -> Group {
    Group { path, block, window, size }
}

const GROUPS: [Group; 17] = [
    group(LOOPBACK, 1468, 1, None),
    group(LOOPBACK, 1468, 16, None),
    group(LOOPBACK, 1468, 64, None),
    group(LOOPBACK, 1468, 256, None),
    group(LOOPBACK, 1468, 1024, None),
    group(LOOPBACK, 8192, 8, None),
    group(NEAR, 1468, 1, Some(4)),
    group(NEAR, 1468, 16, Some(16)),
    group(NEAR, 1468, 64, Some(64)),
    group(FAR, 1468, 1, Some(1)),
    group(FAR, 1468, 16, Some(4)),
    group(FAR, 1468, 64, Some(16)),
    group(FAR, 1468, 256, Some(64)),
    group(LOSSY, 1468, 1, Some(1)),
    group(LOSSY, 1468, 16, Some(16)),
    group(BAD, 1468, 1, Some(1)),
    group(BAD, 1468, 16, Some(16)),
];

/// The table.
pub(super) fn table(options: &Options) -> Done<String> {
    runner::become_root().and_then(|()| measure(options)).map_err(|error| error.to_string())
}

fn measure(options: &Options) -> Outcome<String> {
    let wanted = [
        &peers::TFTPD_HPA,
        &peers::TFTP_HPA,
        &peers::ATFTPD,
        &peers::ATFTP,
        &peers::DNSMASQ,
        &peers::CURL,
        &peers::BUSYBOX,
    ];
    wanted.iter().try_for_each(|peer| peer.get(true))?;
    let mut table = String::from(
        "| path | blksize | windowsize | client | server | MB/s, median (range) | of the best two of others |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for group in &GROUPS {
        let mut rows = Vec::new();
        for (client, server) in pairs(group) {
            let row = row(group, client, server);
            if options.only.as_ref().is_some_and(|only| !row.contains(only.as_str())) {
                continue;
            }
            let rates = rates(group, client, server, options)
                .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned());
            if let Err(error) = &rates {
                eprintln!("{row}: {error}");
            }
            rows.push((client, server, row, rates));
        }
        let others =
            rows.iter().filter(|(client, server, ..)| *client != Client::Ours && *server != Server::Ours);
        let medians = others.filter_map(|(.., rates)| rates.as_ref().ok()).map(|rates| middle(rates));
        let best = medians.max_by(f64::total_cmp);
        for (.., row, rates) in &rows {
            let (rate, ratio) = match rates {
                Ok(rates) => {
                    let (median, low, high) = (middle(rates), rates[0], rates[rates.len() - 1]);
                    let ratio = best.map_or_else(String::new, |best| format!("{:.2}", median / best));
                    (format!("{median:.1} ({low:.1}-{high:.1})"), ratio)
                }
                Err(_) => ("breaks off".to_owned(), String::new()),
            };
            writeln!(table, "| {row} | {rate} | {ratio} |")?;
        }
    }
    table.push('\n');
    Ok(table)
}

fn row(group: &Group, client: Client, server: Server) -> String {
    // tftp-hpa's client asks for nothing.
    let block = if client == Client::Hpa { 512 } else { group.block };
    format!("{} | {block} | {} | {} | {}", group.path.name, group.window, client.name(), server.name())
}

fn middle(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// Who can do what a group asks for: windows are for atftp and for us.
fn pairs(group: &Group) -> Vec<(Client, Server)> {
    if group.window > 1 {
        let (clients, servers) = ([Client::Ours, Client::Atftp], [Server::Ours, Server::Atftpd]);
        return clients.into_iter().flat_map(|client| servers.map(|server| (client, server))).collect();
    }
    let clients = [Client::Ours, Client::Atftp, Client::Curl, Client::Busybox, Client::Hpa];
    let servers = [Server::Ours, Server::Hpa, Server::Atftpd, Server::Dnsmasq];
    let all = clients.into_iter().flat_map(|client| servers.map(|server| (client, server)));
    // Over a cable, only those that differ in what they do about time and loss.
    let slow = group.path.delay.is_some();
    all.filter(|(client, _)| !slow || !matches!(client, Client::Curl | Client::Hpa)).collect()
}

impl Client {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "netboot get",
            Self::Hpa => "tftp-hpa",
            Self::Atftp => "atftp",
            Self::Curl => "curl",
            Self::Busybox => "busybox",
        }
    }

    fn command(self, group: &Group, address: &str, to: &Path) -> Outcome<Command> {
        let (block, window) = (group.block.to_string(), group.window.to_string());
        let url = format!("tftp://{address}/file");
        let to = to.display().to_string();
        Ok(match self {
            Self::Ours => {
                let mut command = Command::new(runner::netboot()?);
                command.args(["get", &url, &to, "--blksize", &block, "--windowsize", &window]);
                command
            }
            Self::Hpa => {
                let mut command = peers::TFTP_HPA.command()?;
                command.args(["-m", "binary", address, "-c", "get", "file", &to]);
                command
            }
            Self::Atftp => {
                let mut command = peers::ATFTP.command()?;
                command.args(["--option", &format!("blksize {block}")]);
                if group.window > 1 {
                    command.args(["--option", &format!("windowsize {window}")]);
                }
                command.args(["--get", "--remote-file", "file", "--local-file", &to, address]);
                command
            }
            Self::Curl => {
                let mut command = peers::CURL.command()?;
                command.args(["--silent", "--tftp-blksize", &block, "--output", &to, &url]);
                command
            }
            Self::Busybox => {
                let mut command = peers::BUSYBOX.command()?;
                command.args(["tftp", "-g", "-b", &block, "-r", "file", "-l", &to, address]);
                command
            }
        })
    }
}

impl Server {
    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "netboot serve",
            Self::Hpa => "tftpd-hpa",
            Self::Atftpd => "atftpd",
            Self::Dnsmasq => "dnsmasq",
        }
    }

    fn start(self, inside: &Namespace, interface: &str, tree: &Tree) -> Outcome<Program> {
        match self {
            Self::Ours => {
                let root = tree.path().display().to_string();
                servers::netboot(inside, interface, &["--root", &root, "--no-dhcp"])
            }
            Self::Hpa => servers::tftpd_hpa(inside, tree, false),
            Self::Atftpd => servers::atftpd(inside, tree),
            Self::Dnsmasq => servers::dnsmasq_tftp(inside, interface, tree),
        }
    }
}

/// A folder in memory, so that no disk is measured.
struct Results(PathBuf);

impl Results {
    fn new() -> Outcome<Self> {
        let folder = PathBuf::from(format!("/dev/shm/bench-transfer.{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Megabytes a second of each run, sorted.
fn rates(group: &Group, client: Client, server: Server, options: &Options) -> Outcome<Vec<f64>> {
    let size = group.size.unwrap_or(options.size).min(options.size) << 20;
    let (tree, results) = (Tree::new()?, Results::new()?);
    tree.add_random("file", size)?;
    let here = Namespace::new("here")?;
    let there = group.path.delay.map(|_| Namespace::new("there")).transpose()?;
    let faults = Faults {
        seed: 11,
        loss: group.path.loss,
        delay: Duration::from_micros(group.path.delay.unwrap_or(0)),
        ..Faults::default()
    };
    let cable =
        there.as_ref().map(|there| Relay::between((there, THERE), (&here, HERE), faults)).transpose()?;
    let (interface, address) = if cable.is_some() { ("eth0", "10.78.0.1") } else { ("lo", "127.0.0.1") };
    let _server = server.start(there.as_ref().unwrap_or(&here), interface, &tree)?;
    let expected = std::fs::read(tree.join("file"))?;
    let to = results.0.join("file");
    let mut rates = Vec::new();
    for _ in 0..options.runs.max(1) {
        let _ = std::fs::remove_file(&to);
        let time = fetch(&here, client.command(group, address, &to)?)?;
        let came = std::fs::read(&to).unwrap_or_default();
        if came != expected {
            return Err(format!("{} bytes of {size}, or other ones", came.len()).into());
        }
        rates.push(size as f64 / 1e6 / time.as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates)
}

/// Runs a client inside and answers how long it took, from its start to its end.
fn fetch(inside: &Namespace, client: Command) -> Outcome<Duration> {
    let mut command = Command::new("timeout");
    command.args(["--signal", "KILL", &LIMIT.as_secs().to_string()]).arg(client.get_program());
    command.args(client.get_args());
    for (name, value) in client.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::null());
    let (time, output) = inside.enter(move || {
        let start = Instant::now();
        let output = command.output();
        (start.elapsed(), output)
    });
    let output = output?;
    if output.status.success() {
        return Ok(time);
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&text).trim()).into())
}
