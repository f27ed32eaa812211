//! How fast machines with UEFI boot, with the same firmware, card, server and files in one run.

use super::boot::Options;
use interop::lan::Lan;
use interop::payload::{self, Tree};
use interop::sniffer::{Seen, Sniffer};
use interop::uefi::{Machine, Way};
use interop::{Outcome, loaders, machine, peers, servers, toolchain};
use std::time::Duration;

/// The boot programs; "disk" is ours from an EFI system partition, which does its own DHCP, "pxebc" through the firmware's
/// PXE client.
const LOADERS: [&str; 5] =
    ["bootproto.efi", "bootproto.efi, pxebc", "bootproto.efi, disk", "grub.efi", "snponly.efi"];
const LIMIT: Duration = Duration::from_secs(400);

/// Prints the table, as Markdown.
pub(super) fn table(options: &Options) -> Outcome {
    let wanted = [
        &peers::QEMU,
        &peers::OVMF,
        &peers::LINUX,
        &peers::BUSYBOX,
        &peers::GRUB_EFI,
        &peers::UNDIONLY,
        &peers::DNSMASQ,
    ];
    wanted.iter().try_for_each(|peer| peer.get(true))?;
    println!(
        "| server | boot program | initrd MB/s, median (range) | DISCOVER to marker, s | last DISCOVER to ACK, ms |"
    );
    println!("|---|---|---|---|---|");
    for server in ["netboot serve", "dnsmasq"] {
        for loader in LOADERS {
            let row = format!("{server} {loader}");
            // netboot serve does not tell iPXE from the firmware that loads it: it would load itself for ever.
            let has_no_script = server == "netboot serve" && loader == "snponly.efi";
            if has_no_script || options.only.as_ref().is_some_and(|only| !row.contains(only.as_str())) {
                continue;
            }
            let (mut rates, mut boots, mut leases) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..options.runs.max(1) {
                let (bytes, seen) =
                    boot(server, loader, options).map_err(|error| format!("{row}: {error}"))?;
                rates.push(bytes as f64 / seen.transfer.as_secs_f64() / 1e6);
                boots.push(seen.since_discover.as_secs_f64());
                leases.extend(seen.last_lease.map(|span| span.as_secs_f64() * 1e3));
            }
            let middle = |values: &mut Vec<f64>| {
                values.sort_by(f64::total_cmp);
                values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
            };
            let (rate, boot, lease) = (middle(&mut rates), middle(&mut boots), middle(&mut leases));
            let (low, high) = (rates[0], rates[rates.len() - 1]);
            println!("| {server} | {loader} | {rate:.1} ({low:.1}-{high:.1}) | {boot:.1} | {lease:.0} |");
        }
    }
    Ok(())
}

fn boot(server: &str, loader: &str, options: &Options) -> Outcome<(usize, Seen)> {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    tree.add_copy("vmlinuz", &payload::kernel()?)?;
    let initrd = payload::initrd_with((options.size << 20).saturating_sub(2 << 20).max(1 << 20))?;
    tree.add("initrd.img", &initrd.bytes)?;
    let file = match loader {
        "grub.efi" => loaders::grub_efi(&tree).map(|()| "grub.efi")?,
        "snponly.efi" => loaders::snponly(&tree).map(|()| "snponly.efi")?,
        _ => {
            tree.add_copy("bootproto.efi", &toolchain::bootproto_efi(true)?)?;
            let text = machine::configuration("", "vmlinuz", payload::COMMAND_LINE);
            tree.add("pxelinux.cfg/default", text.as_bytes())?;
            "bootproto.efi"
        }
    };
    let root = tree.path().display().to_string();
    let server = match server {
        "dnsmasq" => {
            // iPXE says who it is; what it then asks for is its script.
            let script = "dhcp-userclass=set:ipxe,iPXE\ndhcp-boot=tag:ipxe,snponly.ipxe";
            let settings = format!(
                "dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h\ndhcp-authoritative\nenable-tftp\n\
                 tftp-root={root}\n{script}\ndhcp-boot=tag:!ipxe,{file}"
            );
            servers::dnsmasq(&lan.server, "br0", &tree, &settings)?
        }
        _ => servers::netboot(&lan.server, "br0", &["--root", &root, "--boot-file", file])?,
    };
    let aside = tree.beside("uefi");
    std::fs::create_dir_all(&aside)?;
    let disk = tree.beside("disk");
    let mut machine = Machine::new(Way::Pxe).with_memory(1024);
    match loader {
        "bootproto.efi, pxebc" => machine = machine.with_words("udp=pxebc"),
        "bootproto.efi, disk" => {
            std::fs::create_dir_all(disk.join("EFI/BOOT"))?;
            std::fs::copy(tree.join(file), disk.join("EFI/BOOT/BOOTX64.EFI"))?;
            machine = Machine::new(Way::Disk(&disk)).with_memory(1024);
        }
        _ => {}
    }
    let sniffer = Sniffer::start(&lan.server, "br0", "initrd.img")?;
    lan.tap("tap0")?;
    let mut screen = machine.switch_on(&lan.server, "tap0", &aside)?;
    let waited = screen.wait_for("FINISHED", LIMIT);
    if options.show {
        println!("{}\n{}", screen.log(), server.log());
    }
    waited?;
    if !screen.log().contains(&format!("PAYLOAD {}", initrd.payload)) {
        return Err(format!("other bytes arrived:\n{}", screen.log()).into());
    }
    Ok((initrd.bytes.len(), sniffer.finish()?))
}
