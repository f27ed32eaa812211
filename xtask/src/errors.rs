//! `docs/errors.md`, made from the tables of numbers in the code.

use crate::command::{Done, ask, root};
use bootproto_core::{Entry, Numbered};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The numbers of programs that are built for other machines only.
#[path = "../../firmware/bios/src/trouble.rs"]
mod bios;
#[path = "../../firmware/cortex-m/src/trouble.rs"]
mod cortex_m;
#[path = "../../firmware/uefi/src/trouble.rs"]
mod uefi;

/// Each type with numbers: the heading, and its rows.
fn tables() -> Vec<(&'static str, &'static [Entry])> {
    vec![
        ("A message that can't be read", bootproto_core::ParseErrorKind::TABLE),
        ("DHCP client: why a datagram changed nothing", bootproto_dhcp::client::Ignored::TABLE),
        ("DHCP server: why a datagram changed nothing", bootproto_dhcp::server::Ignored::TABLE),
        ("DHCP client: failures", bootproto_dhcp::client::Failure::TABLE),
        ("DHCP client: configuration", bootproto_dhcp::client::ConfigError::TABLE),
        ("DHCP server: configuration", bootproto_dhcp::server::ConfigError::TABLE),
        ("TFTP: why a datagram changed nothing", bootproto_tftp::Ignored::TABLE),
        ("TFTP: failures", bootproto_tftp::Failure::TABLE),
        ("TFTP: configuration", bootproto_tftp::ConfigError::TABLE),
        ("Boot client: why a datagram changed nothing", bootproto::client::Unexpected::TABLE),
        ("Network stack", bootproto::net::SendError::TABLE),
        ("Boot client: failures", bootproto::Fault::TABLE),
        ("Boot client: configuration", bootproto::client::ConfigError::TABLE),
        ("A kernel's header", bootproto::linux::HeaderError::TABLE),
        ("Where kernel and initrds may lie", bootproto::linux::PlaceError::TABLE),
        ("The configuration file", bootproto::config::Fault::TABLE),
        ("Digests", bootproto::verify::VerifyError::TABLE),
        ("PXE structures: why one was passed over", bootproto_pxe_api::Refusal::TABLE),
        ("UNDI: why an answer changed nothing", bootproto_pxe_api::undi::Ignored::TABLE),
        ("UNDI: failures", bootproto_pxe_api::undi::Failure::TABLE),
        ("UNDI: configuration", bootproto_pxe_api::undi::ConfigError::TABLE),
        ("Files through the ROM: why an answer changed nothing", bootproto_pxe_api::fetch::Ignored::TABLE),
        ("Files through the ROM: failures", bootproto_pxe_api::fetch::Failure::TABLE),
        ("Files through the ROM: configuration", bootproto_pxe_api::fetch::ConfigError::TABLE),
        ("Datagrams through the ROM: why an answer changed nothing", bootproto_pxe_api::udp::Ignored::TABLE),
        ("Datagrams through the ROM: failures", bootproto_pxe_api::udp::Failure::TABLE),
        ("Datagrams through the ROM: configuration", bootproto_pxe_api::udp::ConfigError::TABLE),
        ("InfiniBand: why a verb did nothing", bootproto_ib_verbs_lite::verbs::VerbsError::TABLE),
        (
            "Connections by the CM: why a datagram changed nothing",
            bootproto_ib_verbs_lite::cm::Ignored::TABLE,
        ),
        ("Connections by the CM: failures", bootproto_ib_verbs_lite::cm::Failure::TABLE),
        ("Connections by the CM: configuration", bootproto_ib_verbs_lite::cm::ConfigError::TABLE),
        ("Reliable connections: why a packet changed nothing", bootproto_ib_verbs_lite::rc::Ignored::TABLE),
        ("Reliable connections: failures", bootproto_ib_verbs_lite::rc::Failure::TABLE),
        ("IPoIB: why a frame changed nothing", bootproto_ib_verbs_lite::ipoib::Ignored::TABLE),
        ("IPoIB: what does not work", bootproto_ib_verbs_lite::ipoib::Failure::TABLE),
        ("IPoIB: configuration", bootproto_ib_verbs_lite::ipoib::ConfigError::TABLE),
        ("A whole port: configuration", bootproto_ib_verbs_lite::port::ConfigError::TABLE),
        ("Management datagrams: why one changed nothing", bootproto_ib_verbs_lite::Ignored::TABLE),
        ("Management datagrams: why a request failed", bootproto_ib_verbs_lite::Failure::TABLE),
        ("Management datagrams: configuration", bootproto_ib_verbs_lite::ConfigError::TABLE),
        ("A call from C that can't be right", bootproto_capi::Misuse::TABLE),
        ("`bootproto.efi`: what the firmware can't give", uefi::Trouble::TABLE),
        ("`firmware/cortex-m`: what the board can't give", cortex_m::Trouble::TABLE),
        ("`bootproto.0`: what the machine and its ROM can't give", bios::Trouble::TABLE),
        ("`bootproto.0`: why it does not begin", bios::Refusal::TABLE),
        ("`netboot`: what the machine at hand can't do", netboot::Trouble::TABLE),
        ("`netboot`: what is wrong with the call", netboot::Mistake::TABLE),
    ]
}

const FILE: &str = "docs/errors.md";

/// Writes the file, or with `check` says whether it agrees with the code.
pub(crate) fn run(check: bool) -> Done {
    let text = document()?;
    let path = root().join(FILE);
    if check {
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        return if there == text {
            Ok(())
        } else {
            Err(format!("{FILE} is out of date: cargo xtask errors"))
        };
    }
    std::fs::write(&path, text).map_err(|error| format!("{FILE}: {error}"))
}

fn document() -> Done<String> {
    let mut text = String::from(
        "# Numbers of everything that can go wrong\n\n\
         Made by `cargo xtask errors` from the tables in the code; don't edit. A number is never used again for anything\n\
         else. `{name}` stands for data that the message shows. Where the PXE specification, or every known ROM, has a\n\
         code for the same thing, it stands in the second column.\n",
    );
    let mut seen = BTreeMap::new();
    for (heading, table) in tables() {
        let _ = write!(text, "\n## {heading}\n\n| number | PXE | what | what to do |\n|---|---|---|---|\n");
        for Entry { code, name, text: what, hint, pxe } in table {
            if let Some(other) = seen.insert(code.0, name) {
                return Err(format!("{code} is both {other} and {name}"));
            }
            let _ = writeln!(text, "| {code} | {} | {} | {} |", pxe.unwrap_or(""), cell(what), cell(hint));
        }
    }
    let missing: Vec<_> = declared().into_iter().filter(|number| !seen.contains_key(number)).collect();
    if missing.is_empty() {
        Ok(text)
    } else {
        Err(format!("numbers without a table in xtask/src/errors.rs: {missing:?}"))
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The numbers that the sources declare, so that no table is forgotten above.
fn declared() -> Vec<u16> {
    let list = ask("git", &["ls-files", "--", "*/src/*.rs"]).unwrap_or_default();
    let mut numbers = Vec::new();
    for name in list.lines() {
        let source = std::fs::read_to_string(root().join(name)).unwrap_or_default();
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        if source.lines().any(|line| line.trim_start().starts_with("macro_rules! numbered")) {
            continue;
        }
        if let Some((_, declarations)) = source.split_once("numbered! {") {
            numbers.extend(declarations.lines().filter_map(number));
        }
    }
    numbers
}

/// The number in a line `Name ... = 1203 ["PXE-E53"], "text",`.
fn number(line: &str) -> Option<u16> {
    let (_, right) = line.split_once("= ").filter(|_| !line.trim_start().starts_with("//"))?;
    let digits = right.split(|letter: char| !letter.is_ascii_digit()).next()?;
    let rest = right[digits.len()..].trim_start();
    (digits.len() >= 3 && (rest.starts_with(',') || rest.starts_with('['))).then(|| digits.parse().ok())?
}
