//! The library for C: its example programs, built as a user builds them, against servers of others and ours, watched by
//! valgrind.

use crate::boot::{CONFIGURATION, tree};
use crate::tftp::Server;
use interop::capi::{self, Flavour};
use interop::lan::{Lan, SERVER};
use interop::namespace::Namespace;
use interop::packages::Peer;
use interop::payload::{self, Tree};
use interop::process::{Finished, Program, run};
use interop::runner::Case;
use interop::{Outcome, ensure, packages, peers, servers};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

const FETCH: &[&Peer] = &[
    &peers::GCC,
    &peers::LIBC_HEADERS,
    &peers::MAKE,
    &peers::PKG_CONFIG,
    &peers::VALGRIND,
    &peers::TFTPD_HPA,
];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "C, gcc and valgrind: a POSIX program fetches from tftpd-hpa",
        peers: FETCH,
        heavy: false,
        run: posix,
    },
    Case {
        name: "C, gcc: a program without any library fetches from tftpd-hpa",
        peers: FETCH,
        heavy: false,
        run: freestanding,
    },
    Case {
        name: "C, gcc and valgrind: a bootloader's polling loop boots from netboot serve",
        peers: &[
            &peers::GCC,
            &peers::LIBC_HEADERS,
            &peers::MAKE,
            &peers::PKG_CONFIG,
            &peers::VALGRIND,
            &peers::LINUX,
            &peers::BUSYBOX,
        ],
        heavy: false,
        run: polling_loop,
    },
    Case {
        name: "C, dnsmasq: a bootloader's polling loop boots, and is told by a digest that it must not",
        peers: &[
            &peers::GCC,
            &peers::LIBC_HEADERS,
            &peers::MAKE,
            &peers::PKG_CONFIG,
            &peers::DNSMASQ,
            &peers::LINUX,
            &peers::BUSYBOX,
        ],
        heavy: false,
        run: polling_loop_dnsmasq,
    },
    Case {
        name: "C, gcc and valgrind: wrong calls are numbers and touch nothing",
        peers: &[&peers::GCC, &peers::LIBC_HEADERS, &peers::MAKE, &peers::PKG_CONFIG, &peers::VALGRIND],
        heavy: false,
        run: hostile,
    },
    Case {
        name: "C, QEMU: a bootloader on the bare machine boots from netboot serve and starts Linux",
        peers: &[
            &peers::GCC,
            &peers::LIBC_HEADERS,
            &peers::MAKE,
            &peers::PKG_CONFIG,
            &peers::QEMU,
            &peers::SEABIOS,
            &peers::LINUX,
            &peers::BUSYBOX,
        ],
        heavy: true,
        run: bare_metal,
    },
    Case {
        name: "C, CMake: the examples build and run",
        peers: &[&peers::GCC, &peers::LIBC_HEADERS, &peers::MAKE, &peers::CMAKE],
        heavy: false,
        run: by_cmake,
    },
];

const LIMIT: Duration = Duration::from_secs(180);
const BUILD: Duration = Duration::from_secs(600);

/// The library under a prefix, made once in a run.
fn prefix(flavour: Flavour) -> Outcome<PathBuf> {
    static MADE: [OnceLock<Result<PathBuf, String>>; 2] = [const { OnceLock::new() }; 2];
    let made = MADE[usize::from(flavour == Flavour::Freestanding)].get_or_init(|| {
        let prefix = packages::folder().join(format!("capi-{flavour:?}"));
        capi::install(flavour, &prefix).map(|()| prefix).map_err(|error| error.to_string())
    });
    made.clone().map_err(Into::into)
}

/// The example programs by the Makefile, in a folder beside a tree.
fn make(inside: &Namespace, tree: &Tree, flavour: Flavour) -> Outcome<PathBuf> {
    let built = tree.beside("built");
    let mut make = Command::new(peers::MAKE.path()?);
    make.arg("-C").arg(capi::source().join("examples"));
    make.arg(if flavour == Flavour::Hosted { "hosted" } else { "freestanding" });
    make.arg(format!("BUILD={}", built.display()));
    make.arg(format!("PKG_CONFIG_PATH={}", prefix(flavour)?.join("lib/pkgconfig").display()));
    run(inside, make, BUILD)?.success()?;
    Ok(built)
}

/// A program under valgrind, which answers 99 where it has found something.
fn watched(program: &PathBuf, words: &[&str]) -> Outcome<Command> {
    let mut command = Command::new(peers::VALGRIND.path()?);
    command.args(["--quiet", "--leak-check=full", "--error-exitcode=99"]).arg(program).args(words);
    Ok(command)
}

fn posix() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.2/24"))?;
    let built = make(&client, &tree, Flavour::Hosted)?;
    let server = Server::Hpa.start(&lan.server, "br0", &tree)?;
    for size in [0, 512, 1_503_232] {
        let name = format!("file-{size}");
        let digest = tree.add_random(&name, size)?;
        let output = tree.beside("output");
        let get = watched(&built.join("get"), &[SERVER, &name, &output.display().to_string()])?;
        let finished = run(&client, get, LIMIT)?.success()?;
        ensure!(
            payload::digest(&std::fs::read(&output)?) == digest,
            "{size}: {finished:?}\n{}",
            server.log()
        );
        ensure!(finished.output == format!("{size} bytes\n") && finished.errors.is_empty(), "{finished:?}");
    }
    let output = tree.beside("output").display().to_string();
    let finished = run(&client, watched(&built.join("get"), &[SERVER, "missing", &output])?, LIMIT)?;
    let expected = finished.status.code() == Some(1) && finished.errors.starts_with("BP2203 (PXE-E3B): ");
    ensure!(expected, "{finished:?}");
    Ok(())
}

fn freestanding() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.2/24"))?;
    let program = make(&client, &tree, Flavour::Freestanding)?.join("get-freestanding");
    // Nothing is left for a dynamic linker to find: no library at all.
    let needs = run(
        &client,
        {
            let mut readelf = Command::new("readelf");
            readelf.arg("-d").arg(&program);
            readelf
        },
        LIMIT,
    )?;
    ensure!(needs.output.contains("no dynamic section"), "{needs:?}");
    let server = Server::Hpa.start(&lan.server, "br0", &tree)?;
    let digest = tree.add_random("file", 1_503_232)?;
    for under_valgrind in [false, true] {
        let output = tree.beside("output");
        // Standard output is a file, for the program writes at offsets.
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "file=$1; shift; exec \"$@\" > \"$file\"", "sh"]).arg(&output);
        if under_valgrind {
            shell.arg(peers::VALGRIND.path()?).args(["--quiet", "--error-exitcode=99"]);
        }
        let finished = run(
            &client,
            {
                shell.arg(&program).args([SERVER, "69", "file"]);
                shell
            },
            LIMIT,
        )?
        .success()?;
        ensure!(payload::digest(&std::fs::read(&output)?) == digest, "{finished:?}\n{}", server.log());
    }
    let mut get = Command::new(&program);
    get.args([SERVER, "69", "missing"]);
    let finished = run(&client, get, LIMIT)?;
    ensure!(finished.status.code() == Some(1) && finished.errors.starts_with("BP2203"), "{finished:?}");
    Ok(())
}

/// Boots with the polling loop as a station of its own, whose frames the host's stack has no part in.
fn boot(client: &Namespace, command: Command, tree: &Tree, digests: &[String; 2]) -> Outcome<Finished> {
    let finished = run(client, command, LIMIT)?.success()?;
    for (name, digest) in ["kernel", "initrd0"].into_iter().zip(digests) {
        let found = payload::digest(&std::fs::read(tree.beside(name))?);
        ensure!(found == *digest, "{name} is another: {finished:?}");
    }
    let line = "command line: BOOT_IMAGE=vmlinuz quiet interop=yes initrd=initrd.img";
    ensure!(finished.output.lines().last() == Some(line), "{finished:?}");
    Ok(finished)
}

const STATION: &str = "52:54:00:c0:ff:ee";

fn polling_loop() -> Outcome {
    let lan = Lan::new()?;
    let (tree, digests) = tree()?;
    let client = lan.station("client", None)?;
    let program = make(&client, &tree, Flavour::Hosted)?.join("boot");
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "pxelinux.0"])?;
    let into = tree.beside("").display().to_string();
    let command = watched(&program, &["eth0", STATION, &into])?;
    boot(&client, command, &tree, &digests).map_err(|error| format!("{error}\n{}", server.log()))?;
    Ok(())
}

fn polling_loop_dnsmasq() -> Outcome {
    let lan = Lan::new()?;
    let (tree, digests) = tree()?;
    let client = lan.station("client", None)?;
    let program = make(&client, &tree, Flavour::Hosted)?.join("boot");
    let server = servers::dnsmasq_boot(&lan.server, "br0", &tree, "pxelinux.0")?;
    let into = tree.beside("").display().to_string();
    let command = || {
        let mut command = Command::new(&program);
        command.args(["eth0", STATION, &into]);
        command
    };
    let sums = format!("{}  ../vmlinuz\n{}  ../initrd.img\n", digests[0], digests[1]);
    tree.add("pxelinux.cfg/SHA256SUMS", sums.as_bytes())?;
    let told =
        boot(&client, command(), &tree, &digests).map_err(|error| format!("{error}\n{}", server.log()))?;
    ensure!(told.output.matches(", verified").count() == 2, "{told:?}");
    // One byte of the kernel is another now.
    let mut kernel = std::fs::read(tree.join("vmlinuz"))?;
    if let Some(last) = kernel.last_mut() {
        *last ^= 1;
    }
    tree.add("vmlinuz", &kernel)?;
    let told = run(&client, command(), LIMIT)?;
    let line = told.output.lines().last().unwrap_or_default();
    ensure!(told.status.code() == Some(1) && line.starts_with("verify with 10.77.0.1:"), "{told:?}");
    Ok(())
}

/// QEMU with the bootloader in place of a kernel, on the bridge.
fn machine(lan: &Lan, program: &Path) -> Outcome<Program> {
    lan.tap("tap0")?;
    let mut command = Command::new(peers::QEMU.path()?);
    command.args(["-accel", "tcg", "-m", "512", "-nographic", "-monitor", "none", "-serial", "stdio"]);
    command.args(["-no-reboot", "-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no"]);
    command.args(["-device", "e1000,netdev=net,romfile=,mac=52:54:00:c0:ff:ee", "-kernel"]).arg(program);
    Program::start(&lan.server, command)
}

fn bare_metal() -> Outcome {
    let lan = Lan::new()?;
    let (tree, [kernel, initrd]) = tree()?;
    let configuration = CONFIGURATION.replace("quiet interop=yes", payload::COMMAND_LINE);
    tree.add("pxelinux.cfg/default", configuration.as_bytes())?;
    tree.add(
        "pxelinux.cfg/SHA256SUMS",
        format!("{kernel}  ../vmlinuz\n{initrd}  ../initrd.img\n").as_bytes(),
    )?;
    let program = make(&lan.server, &tree, Flavour::Freestanding)?.join("machine");
    let root = tree.path().display().to_string();
    let server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "pxelinux.0"])?;
    let screen = crate::nbp::finishes(machine(&lan, &program)?, &payload::initrd()?.payload)
        .map_err(|error| format!("{error}\n{}", server.log()))?;
    ensure!(screen.contains("BOOT_IMAGE=vmlinuz console=ttyS0"), "{screen}");
    // A server without the file: one line, and the bootloader has ended.
    drop((lan, server));
    let lan = Lan::new()?;
    std::fs::remove_file(tree.join("vmlinuz"))?;
    let _server = servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", "pxelinux.0"])?;
    let mut machine = machine(&lan, &program)?;
    machine.wait_for("the bootloader has ended", LIMIT)?;
    ensure!(machine.log().contains("(PXE-E3B) the server has no such file"), "{}", machine.log());
    Ok(())
}

fn hostile() -> Outcome {
    let (inside, tree) = (Namespace::new("hostile")?, Tree::new()?);
    let program = make(&inside, &tree, Flavour::Hosted)?.join("hostile");
    for command in [Command::new(&program), watched(&program, &["watched"])?] {
        let finished = run(&inside, command, LIMIT)?.success()?;
        ensure!(finished.output.ends_with(" 0 faults\n") && finished.errors.is_empty(), "{finished:?}");
    }
    Ok(())
}

fn by_cmake() -> Outcome {
    let (inside, tree) = (Namespace::new("cmake")?, Tree::new()?);
    let built = tree.beside("built");
    let mut configure = Command::new(peers::CMAKE.path()?);
    configure.arg("-S").arg(capi::source().join("examples")).arg("-B").arg(&built);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix(Flavour::Hosted)?.display()));
    run(&inside, configure, BUILD)?.success()?;
    let mut build = Command::new(peers::CMAKE.path()?);
    build.arg("--build").arg(&built);
    run(&inside, build, BUILD)?.success()?;
    let finished = run(&inside, Command::new(built.join("hostile")), LIMIT)?.success()?;
    ensure!(finished.output.ends_with(" 0 faults\n"), "{finished:?}");
    Ok(())
}
