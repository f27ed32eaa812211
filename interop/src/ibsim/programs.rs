//! The programs of a simulated fabric: ibsim itself, opensm, and infiniband-diags.

use crate::Outcome;
use crate::namespace::Namespace;
use crate::packages::Peer;
use crate::peers;
use crate::process::{self, Finished, Program};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

/// A namespace for the sockets, and a folder for what the programs write beside them.
#[derive(Debug)]
pub struct Place {
    /// Where the sockets are.
    pub namespace: Namespace,
    folder: tempfile::TempDir,
}

impl Place {
    /// A new one.
    ///
    /// # Errors
    /// No right to make a namespace, no room for a folder.
    pub fn new() -> Outcome<Self> {
        Ok(Self { namespace: Namespace::new("fabric")?, folder: tempfile::tempdir()? })
    }

    /// Starts ibsim on a network in its own language, and waits until it is ready. What is typed in are
    /// commands of its console.
    ///
    /// # Errors
    /// It does not start.
    pub fn ibsim(&self, network: &str) -> Outcome<Program> {
        std::fs::write(self.folder.path().join("net"), network)?;
        let mut command = self.command(&peers::IBSIM, "usr/bin/ibsim")?;
        command.args(["-s", "net"]);
        let mut program = Program::start_interactive(&self.namespace, command)?;
        program.wait_for("simulator ready", LIMIT)?;
        self.wait_for_socket()?;
        Ok(program)
    }

    /// ibsim says that it is ready before its sockets are there.
    fn wait_for_socket(&self) -> Outcome {
        let server = super::address("ctl")?;
        let deadline = Instant::now() + LIMIT;
        loop {
            let server = server.clone();
            match self.namespace.enter(move || UnixDatagram::unbound()?.connect_addr(&server)) {
                Ok(()) => return Ok(()),
                Err(e) if Instant::now() >= deadline => {
                    return Err(format!("ibsim opens no socket: {e}").into());
                }
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Starts opensm on the port of the node called `node`, with an IPoIB partition that all ports are full members of,
    /// and waits until it has brought the subnet up.
    ///
    /// # Errors
    /// It does not start, or the subnet does not come up.
    pub fn opensm(&self, node: &str, options: &[&str]) -> Outcome<Program> {
        let mut program = self.start_opensm(node, options)?;
        program.wait_for("SUBNET UP", LIMIT)?;
        Ok(program)
    }

    /// As [`Self::opensm`], and does not wait: where this program has to answer it first.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_opensm(&self, node: &str, options: &[&str]) -> Outcome<Program> {
        std::fs::write(self.folder.path().join("partitions"), "Default=0x7fff,ipoib:ALL=full;\n")?;
        let mut command = self.preloaded(&peers::OPENSM_INSIDE, "usr/sbin/opensm", node)?;
        command.args(["-P", "partitions", "-f", "stdout", "-s", "0", "-d", "2", "-D", "0x03"]).args(options);
        Program::start(&self.namespace, command)
    }

    /// Runs one of infiniband-diags on the port of the node called `node`.
    ///
    /// # Errors
    /// It does not end.
    pub fn diagnose(&self, node: &str, program: &str, arguments: &[&str]) -> Outcome<Finished> {
        self.start_diagnose(node, program, arguments)?.finish(LIMIT)
    }

    /// As [`Self::diagnose`], and does not wait: where this program has to answer it first.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_diagnose(&self, node: &str, program: &str, arguments: &[&str]) -> Outcome<Program> {
        let mut command = self.preloaded(&peers::IBDIAGS, &format!("usr/sbin/{program}"), node)?;
        command.args(arguments);
        Program::start(&self.namespace, command)
    }

    /// A program in its own folder, whose InfiniBand device is the simulator's.
    fn preloaded(&self, peer: &Peer, file: &str, node: &str) -> Outcome<Command> {
        let mut command = self.command(peer, file)?;
        let libraries = peers::IBSIM.unpacked().join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
        let own =
            command.get_envs().find(|(name, _)| *name == "LD_LIBRARY_PATH").and_then(|(_, value)| value);
        // The preloaded library has needs of its own.
        let path = format!("{}:{}", own.unwrap_or_default().display(), libraries.display());
        command.env("LD_LIBRARY_PATH", path).env("SIM_HOST", node);
        command.env("LD_PRELOAD", libraries.join("umad2sim/libumad2sim.so"));
        Ok(command)
    }

    fn command(&self, peer: &Peer, file: &str) -> Outcome<Command> {
        let known = peer.command()?;
        let mut command = Command::new(peer.unpacked().join(file));
        for (name, value) in known.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        // umad2sim and opensm write to where they run.
        let folder = self.folder.path();
        command.current_dir(folder).env("IBSIM_SOCKNAME", super::BASE);
        command.env("OSM_TMP_DIR", folder).env("OSM_CACHE_DIR", folder);
        Ok(command)
    }
}

/// Long enough for a machine with other things to do; a healthy run takes tenths of a second.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Runs a program of the host inside the place: for what reads captures.
///
/// # Errors
/// It can't be started, or does not end.
pub fn run(place: &Place, command: Command) -> Outcome<Finished> {
    process::run(&place.namespace, command, LIMIT)
}
