//! A machine whose Linux speaks RoCEv2 over an ordinary network card (rdma_rxe), at the other end of a cable of ours.
//!
//! What belongs here: the machine, and Ethernet frames to and from it: one frame to a datagram of UDP on the loopback
//! of a namespace, which is how QEMU's socket network works. What does not: anything of RoCE.

use crate::guest::{self, Guest};
use crate::namespace::Namespace;
use crate::payload::Tree;
use crate::process::Program;
use crate::{Outcome, ensure, peers};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

/// Our address on the cable.
pub const OURS: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
/// The machine's.
pub const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);

const OUR_MAC: [u8; 6] = [2, 0, 0, 0, 9, 1];
const THEIR_MAC: [u8; 6] = [0x52, 0x54, 0, 9, 0, 2];
/// Our end of the cable, QEMU's end, and the way to the machine's TCP port 18515.
const OUR_PORT: u16 = 29002;
const THEIR_PORT: u16 = 29001;
const CONTROL_PORT: u16 = 28515;

/// What the machine does before the test's own script.
const BEGINNING: &str = "
ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0
ip link set eth1 up; ip addr add 10.0.2.15/24 dev eth1
rdma link add rxe0 type rxe netdev eth0
n=0; until grep -q ACTIVE /sys/class/infiniband/rxe0/ports/1/state; do n=$((n+1)); [ $n -gt 100 ] && break; sleep 0.1; done
counters() { for f in /sys/class/infiniband/rxe0/ports/1/hw_counters/*; do echo \"COUNTER $(basename $f) $(cat $f)\"; done; }
";

/// The machine, and the cable.
#[derive(Debug)]
pub struct Machine {
    /// Its serial line.
    pub screen: Program,
    socket: UdpSocket,
    inside: Namespace,
    _tree: Tree,
}

impl Machine {
    /// Switches it on; it runs `script`, prints its counters and switches itself off.
    ///
    /// # Errors
    /// A package is missing, or QEMU does not start.
    pub fn switch_on(script: &str) -> Outcome<Self> {
        let mut guest = Guest::new()?;
        // rxe asks for the checksum by name, and not by dependency.
        for module in
            ["crc32_generic", "virtio_pci", "virtio_net", "rdma_rxe", "ib_uverbs", "rdma_ucm", "ib_umad"]
        {
            guest.module(module, "")?;
        }
        let verbs = peers::IBVERBS.path()?;
        guest.program_at(&peers::IBVERBS, &verbs)?;
        guest.program_at(&peers::IBVERBS, &verbs.with_file_name("ibv_rc_pingpong"))?;
        guest.program(&peers::UCMATOSE)?;
        guest.program(&peers::RDMA)?;
        let driver = "usr/lib/x86_64-linux-gnu/libibverbs/librxe-rdmav34.so";
        guest.folder("usr/lib/x86_64-linux-gnu/libibverbs");
        guest.folder("etc/libibverbs.d");
        for file in [driver, "etc/libibverbs.d/rxe.driver"] {
            guest.file(file, &std::fs::read(peers::IBVERBS.unpacked().join(file))?);
        }
        // Loaded when a thread is cancelled, and named by nobody.
        let unwinder = "lib/x86_64-linux-gnu/libgcc_s.so.1";
        guest.file(&format!("usr/{unwinder}"), &std::fs::read(format!("/{unwinder}"))?);
        let tree = Tree::new()?;
        let initrd = tree.beside("roce.cpio");
        std::fs::write(
            &initrd,
            guest.finish(&format!("{BEGINNING}{script}\ncounters\necho RIG: over\npoweroff -f\n"))?,
        )?;

        let inside = Namespace::new("roce")?;
        let socket = inside.enter(|| UdpSocket::bind((Ipv4Addr::LOCALHOST, OUR_PORT)))?;
        socket.connect((Ipv4Addr::LOCALHOST, THEIR_PORT))?;
        let mac: Vec<String> = THEIR_MAC.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut command = Command::new(peers::QEMU.path()?);
        command
            .args([
                "-accel",
                "tcg",
                "-m",
                "512",
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-no-reboot",
            ])
            .arg("-kernel")
            .arg(guest::kernel()?)
            .arg("-initrd")
            .arg(initrd)
            .args(["-append", "console=ttyS0 quiet panic=-1", "-netdev"])
            .arg(format!("socket,id=cable,udp=127.0.0.1:{OUR_PORT},localaddr=127.0.0.1:{THEIR_PORT}"))
            .arg("-device")
            .arg(format!("virtio-net-pci,netdev=cable,romfile=,mac={}", mac.join(":")))
            .arg("-netdev")
            .arg(format!("user,id=control,hostfwd=tcp:127.0.0.1:{CONTROL_PORT}-10.0.2.15:18515"))
            .args(["-device", "virtio-net-pci,netdev=control,romfile="]);
        let screen = Program::start(&inside, command)?;
        Ok(Self { screen, socket, inside, _tree: tree })
    }

    /// Waits until its script says `text`, and makes our addresses known to it: who makes a queue pair asks for them,
    /// and does not wait for the answer.
    ///
    /// # Errors
    /// It never gets there.
    pub fn ready(&mut self, text: &str) -> Outcome {
        self.screen.wait_for(text, Duration::from_secs(120))?;
        let question =
            [&[0, 1, 8, 0, 6, 4, 0, 1], &OUR_MAC[..], &OURS.octets(), &[0; 6], &THEIRS.octets()].concat();
        for _ in 0..3 {
            self.frame(0x0806, &question)?;
            self.receive(Duration::from_millis(200))?;
        }
        Ok(())
    }

    /// A connection to the machine's TCP port 18515, where ping-pong programs tell each other their queue pairs.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn control(&self) -> Outcome<TcpStream> {
        let stream = self.inside.enter(|| TcpStream::connect((Ipv4Addr::LOCALHOST, CONTROL_PORT)))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(stream)
    }

    /// Sends an IP packet to the machine.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn send(&self, packet: &[u8]) -> Outcome {
        self.frame(0x0800, packet)
    }

    fn frame(&self, kind: u16, payload: &[u8]) -> Outcome {
        self.socket.send(&[&THEIR_MAC[..], &OUR_MAC, &kind.to_be_bytes(), payload].concat())?;
        Ok(())
    }

    /// The next IPv4 packet of the machine, `None` if there is none for so long. Questions for our address are
    /// answered meanwhile.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn receive(&self, limit: Duration) -> Outcome<Option<Vec<u8>>> {
        let end = Instant::now() + limit;
        let mut buffer = [0; 9000];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket.set_read_timeout(Some(left))?;
            let length = match self.socket.recv(&mut buffer) {
                Ok(length) => length,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(None);
                }
                // QEMU has not bound its end yet.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error.into()),
            };
            match buffer[..length].split_at_checked(14) {
                Some((head, packet)) if head[12..] == [8, 0] => return Ok(Some(packet.to_vec())),
                Some((head, question)) if head[12..] == [8, 6] => self.answer(question)?,
                _ => {}
            }
        }
    }

    /// Answers ARP.
    fn answer(&self, question: &[u8]) -> Outcome {
        if question.len() >= 28 && question[6..8] == [0, 1] && question[24..28] == OURS.octets() {
            let asker = &question[8..18];
            let head = [0, 1, 8, 0, 6, 4, 0, 2];
            self.frame(0x0806, &[&head[..], &OUR_MAC, &OURS.octets(), asker].concat())?;
        }
        Ok(())
    }

    /// Waits until it has switched itself off; its counters, as it printed them, can be asked for by name.
    ///
    /// # Errors
    /// It is not over in time.
    pub fn over(mut self) -> Outcome<Log> {
        self.screen.wait_for("RIG: over", Duration::from_secs(60))?;
        Ok(Log(self.screen.log()))
    }
}

/// What a machine printed.
#[derive(Debug)]
pub struct Log(pub String);

impl Log {
    /// One of rxe's counters.
    ///
    /// # Errors
    /// It was not printed.
    pub fn counter(&self, name: &str) -> Outcome<u64> {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let found = self
            .0
            .lines()
            .map(words)
            .find(|words| words.len() == 3 && words[0] == "COUNTER" && words[1] == name);
        let words = found.ok_or_else(|| format!("no counter {name}:\n{}", self.0))?;
        Ok(words[2].parse()?)
    }

    /// Fails unless the line is there.
    ///
    /// # Errors
    /// With everything.
    pub fn says(&self, line: &str) -> Outcome {
        ensure!(self.0.contains(line), "the machine did not say {line:?}:\n{}", self.0);
        Ok(())
    }
}
