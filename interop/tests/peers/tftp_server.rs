//! The TFTP clients of others against `netboot serve`.

use crate::tftp::{SIZES, Server};
use interop::lan::{Lan, SERVER};
use interop::namespace::Namespace;
use interop::payload::{Tree, random};
use interop::process::{Finished, run};
use interop::runner::Case;
use interop::servers::{self, url};
use interop::{Outcome, ensure, peers};
use std::path::Path;
use std::time::Duration;

macro_rules! each_client {
    ($($what:literal, $run:ident;)+) => {
        &[$(
            Case { name: concat!("tftp server, tftp-hpa: ", $what), peers: &[&peers::TFTP_HPA], heavy: false,
                run: || $run(Client::Hpa) },
            Case { name: concat!("tftp server, atftp: ", $what), peers: &[&peers::ATFTP], heavy: false,
                run: || $run(Client::Atftp) },
            Case { name: concat!("tftp server, curl: ", $what), peers: &[&peers::CURL], heavy: false,
                run: || $run(Client::Curl) },
            Case { name: concat!("tftp server, busybox: ", $what), peers: &[&peers::BUSYBOX], heavy: false,
                run: || $run(Client::Busybox) },
        )+]
    };
}

pub(crate) const CASES: &[Case] = each_client! {
    "gets files of awkward sizes", gets;
    "64 MiB", gets_much;
    "puts a file only where uploads are allowed", puts;
    "nothing outside the root can be had", nothing_outside;
};

#[derive(Debug, Clone, Copy)]
enum Client {
    Hpa,
    Atftp,
    Curl,
    Busybox,
}

const LIMIT: Duration = Duration::from_secs(30);

impl Client {
    fn get(self, inside: &Namespace, name: &str, to: &Path, limit: Duration) -> Outcome<Finished> {
        let local = to.display().to_string();
        let command = match self {
            Self::Hpa => {
                let mut command = peers::TFTP_HPA.command()?;
                command.args(["-m", "binary", SERVER, "-c", "get", name, &local]);
                command
            }
            Self::Atftp => {
                let mut command = peers::ATFTP.command()?;
                command.args(["--option", "windowsize 8", "--option", "blksize 1428", "--option", "tsize"]);
                command.args(["--get", "--remote-file", name, "--local-file", &local, SERVER]);
                command
            }
            Self::Curl => {
                let mut command = peers::CURL.command()?;
                command.args(["--silent", "--show-error", "--path-as-is", "--output", &local, &url(name)]);
                command
            }
            Self::Busybox => {
                let mut command = peers::BUSYBOX.command()?;
                command.args(["tftp", "-g", "-b", "1468", "-r", name, "-l", &local, SERVER]);
                command
            }
        };
        run(inside, command, limit)
    }

    fn put(self, inside: &Namespace, from: &Path, name: &str) -> Outcome<Finished> {
        let local = from.display().to_string();
        let command = match self {
            Self::Hpa => {
                let mut command = peers::TFTP_HPA.command()?;
                command.args(["-m", "binary", SERVER, "-c", "put", &local, name]);
                command
            }
            Self::Atftp => {
                let mut command = peers::ATFTP.command()?;
                command.args(["--put", "--remote-file", name, "--local-file", &local, SERVER]);
                command
            }
            Self::Curl => {
                let mut command = peers::CURL.command()?;
                command.args(["--silent", "--show-error", "--upload-file", &local, &url(name)]);
                command
            }
            Self::Busybox => {
                let mut command = peers::BUSYBOX.command()?;
                command.args(["tftp", "-p", "-l", &local, "-r", name, SERVER]);
                command
            }
        };
        run(inside, command, LIMIT)
    }
}

fn gets(client: Client) -> Outcome {
    let (lan, tree, results) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let station = lan.station("client", Some("10.77.0.3/24"))?;
    for size in SIZES {
        tree.add_random(&format!("file-{size}"), *size)?;
    }
    let server = Server::Ours.start(&lan.server, "br0", &tree)?;
    for size in SIZES {
        if *size == 0 && matches!(client, Client::Curl) {
            // curl 7.88 ends an empty file with an error of its own (71, getpeername), also from tftpd-hpa.
            continue;
        }
        let name = format!("file-{size}");
        let finished = client.get(&station, &name, &results.join(&name), LIMIT)?;
        let same =
            results.digest(&name).is_ok_and(|digest| tree.digest(&name).is_ok_and(|other| other == digest));
        ensure!(same, "{size} bytes: {finished:?}\n{}", server.log());
    }
    Ok(())
}

fn gets_much(client: Client) -> Outcome {
    let (lan, tree, results) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let station = lan.station("client", Some("10.77.0.3/24"))?;
    let digest = tree.add_random("big", 64 << 20)?;
    let server = Server::Ours.start(&lan.server, "br0", &tree)?;
    let finished = client.get(&station, "big", &results.join("big"), Duration::from_secs(180))?;
    ensure!(results.digest("big")? == digest, "{finished:?}\n{}", server.log());
    Ok(())
}

fn puts(client: Client) -> Outcome {
    let (tree, from) = (Tree::new()?, Tree::new()?);
    let digest = from.add("up", &random(5, 70_000))?;
    let root = tree.path().display().to_string();
    for allowed in [false, true] {
        let lan = Lan::new()?;
        let station = lan.station("client", Some("10.77.0.3/24"))?;
        let mut arguments = vec!["--root", root.as_str()];
        if allowed {
            arguments.push("--allow-upload");
        }
        let server = servers::netboot(&lan.server, "br0", &arguments)?;
        let finished = client.put(&station, &from.join("up"), "up")?;
        if allowed {
            // The server may still be closing the file when the client has its last acknowledgement.
            let end = std::time::Instant::now() + Duration::from_secs(5);
            while tree.digest("up").is_err() && std::time::Instant::now() < end {
                std::thread::sleep(Duration::from_millis(20));
            }
            ensure!(tree.digest("up")? == digest, "{finished:?}\n{}", server.log());
        } else {
            let left: Vec<_> = std::fs::read_dir(tree.path())?.flatten().map(|entry| entry.path()).collect();
            ensure!(left.is_empty(), "{left:?} {finished:?}");
        }
    }
    Ok(())
}

fn nothing_outside(client: Client) -> Outcome {
    let (lan, tree, results) = (Lan::new()?, Tree::new()?, Tree::new()?);
    let station = lan.station("client", Some("10.77.0.3/24"))?;
    let secret = random(6, 3000);
    let outside = tree.path().parent().ok_or("no parent")?;
    let hidden = tempfile_in(outside, &secret)?;
    let name = hidden.path().file_name().ok_or("no name")?.to_string_lossy().into_owned();
    std::os::unix::fs::symlink(hidden.path(), tree.join("link"))?;
    tree.add("inside", &random(7, 3000))?;
    let server = Server::Ours.start(&lan.server, "br0", &tree)?;
    let absolute = hidden.path().display().to_string();
    for path in [format!("../{name}"), format!("a/../../{name}"), absolute, "link".to_owned()] {
        let to = results.join("got");
        let finished = client.get(&station, &path, &to, LIMIT)?;
        let got = std::fs::read(&to).unwrap_or_default();
        ensure!(got != secret, "{path}: {finished:?}\n{}", server.log());
        let _ = std::fs::remove_file(to);
    }
    // It is the paths that were refused, not the client.
    let finished = client.get(&station, "inside", &results.join("inside"), LIMIT)?;
    ensure!(results.digest("inside")? == tree.digest("inside")?, "{finished:?}");
    Ok(())
}

fn tempfile_in(folder: &Path, content: &[u8]) -> Outcome<tempfile::NamedTempFile> {
    let suffix = format!(".{}", std::process::id());
    let file = tempfile::Builder::new().prefix("secret").suffix(&suffix).tempfile_in(folder)?;
    std::fs::write(file.path(), content)?;
    Ok(file)
}
