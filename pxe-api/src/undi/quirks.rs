//! What real ROMs do that the specification does not say: a table, not code.

use super::event::Information;
use crate::blocks::ServiceFlags;

/// When a quirk applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applies {
    /// The ROM calls its interface so.
    Interface(&'static [u8]),
    /// The adapter is this PCI device.
    Pci {
        /// PCI vendor.
        vendor: u16,
        /// PCI device.
        device: u16,
    },
    /// The adapter is on PCI Express.
    PciExpress,
    /// The interrupt line is none from 1 to 15.
    NoInterruptLine,
    /// The driver does not claim to interrupt.
    NoInterruptFlag,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Ask, do not wait for an interrupt.
    Poll,
    /// After a round with frames look again at once, for DONE came too early.
    LookAgain,
    /// Ask for no window: a second frame may find no room, and what the driver then does is worse than to lose it.
    Lockstep,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirk {
    /// When.
    pub applies: Applies,
    /// What.
    pub effect: Effect,
    /// Why.
    pub why: &'static str,
}

/// The table.
pub const QUIRKS: &[Quirk] = &[
    Quirk {
        applies: Applies::Interface(b"Etherboot"),
        effect: Effect::LookAgain,
        why: "Etherboot 5.4 says DONE with frames still waiting",
    },
    poll(0x8086, 0x1502, "Intel 82579LM in HP laptops: claims interrupts, never raises one"),
    poll(0x8086, 0x1503, "Intel 82579V in HP laptops: claims interrupts, never raises one"),
    poll(0x14e4, 0x1687, "Broadcom 5762 in HP 745 G3: claims interrupts, never raises one"),
    // The next six as reported to iPXE, issues 63 and 1423.
    poll(0x8086, 0x10d3, "Intel 82574L: claims interrupts, never raises one"),
    poll(0x8086, 0x1521, "Intel I350 on AMD machines: its interrupts do not come"),
    poll(0x8086, 0x1522, "Intel I350 fibre on AMD machines: its interrupts do not come"),
    poll(0x8086, 0x1592, "Intel E810-C on AMD machines: its interrupts do not come"),
    poll(0x8086, 0x159b, "Intel E810-XXV on AMD machines: its interrupts do not come"),
    poll(0x14e4, 0x1655, "Broadcom BCM5717: claims interrupts, never raises one"),
    lockstep(
        0x8086,
        0x1209,
        "Intel 8255xER: iPXE's driver has four buffers, and wrecks low memory when they are full",
    ),
    lockstep(0x8086, 0x1229, "Intel 82557 to 82559: the same driver"),
    Quirk {
        applies: Applies::PciExpress,
        effect: Effect::Poll,
        why: "on PCI Express the line interrupt that a ROM names often is not the one that comes",
    },
    Quirk {
        applies: Applies::NoInterruptLine,
        effect: Effect::Poll,
        why: "the ROM names an interrupt line that does not exist",
    },
    Quirk {
        applies: Applies::NoInterruptFlag,
        effect: Effect::Poll,
        why: "the ROM does not claim to interrupt",
    },
];

/// A row for an adapter whose ROM is to be asked.
const fn poll(vendor: u16, device: u16, why: &'static str) -> Quirk {
    Quirk { applies: Applies::Pci { vendor, device }, effect: Effect::Poll, why }
}

/// A row for an adapter whose driver has room for very few frames.
const fn lockstep(vendor: u16, device: u16, why: &'static str) -> Quirk {
    Quirk { applies: Applies::Pci { vendor, device }, effect: Effect::Lockstep, why }
}

impl Quirk {
    /// Whether this row applies to an adapter.
    #[must_use]
    pub fn matches(&self, information: &Information, device: Option<(u16, u16)>, pci_express: bool) -> bool {
        match self.applies {
            Applies::Interface(name) => bootproto_core::trim_nul(&information.interface) == name,
            Applies::Pci { vendor, device: id } => device == Some((vendor, id)),
            Applies::PciExpress => pci_express,
            Applies::NoInterruptLine => information.irq.is_none(),
            Applies::NoInterruptFlag => !information.service_flags.contains(ServiceFlags::IRQ),
        }
    }
}
