//! What to start and how.

use bootproto::client::Plan;
use bootproto::linux::{Kernel, Span};

use super::event::{bp_file, file};
use crate::types::{BP_NOWHERE, bp_flag};

/// How many files a plan has at most.
pub const BP_PLAN_FILES: usize = 10;

/// The processor that a kernel is for.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_kernel(pub u8);

/// No kernel: a network boot program is to be started.
pub const BP_KERNEL_NONE: bp_kernel = bp_kernel(0);
/// A bzImage for x86.
pub const BP_KERNEL_X86: bp_kernel = bp_kernel(1);
/// An Image for arm64.
pub const BP_KERNEL_ARM64: bp_kernel = bp_kernel(2);
/// An Image for RISC-V.
pub const BP_KERNEL_RISCV: bp_kernel = bp_kernel(3);

/// A file in memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_placed {
    /// Where its first byte lies, or `BP_NOWHERE`.
    pub address: u64,
    /// How many bytes it has.
    pub size: u64,
    /// Which initrd.
    pub index: u32,
    /// What it is for.
    pub file: bp_file,
    /// Whether its digest was compared.
    pub is_verified: bp_flag,
    /// 0.
    pub reserved: [u8; 2],
}

/// What to start and how. Addresses are `BP_NOWHERE` without a memory map, and where there is nothing of the kind.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct bp_plan {
    /// Where the kernel runs: for x86 the protected-mode part, else the file's first byte.
    pub run: u64,
    /// What must stay free from `run` on while the kernel starts, in bytes.
    pub runtime_length: u64,
    /// Where the protected-mode part lies that has to be moved to `run` first; `BP_NOWHERE` if it lies there.
    pub move_from: u64,
    /// Where the first initrd begins.
    pub initrds: u64,
    /// How many bytes all of them have.
    pub initrds_length: u64,
    /// Where the command line is to be written.
    pub command_line: u64,
    /// How many bytes there are for it, a NUL included.
    pub command_line_length: u64,
    /// Where the parameter page of an x86 kernel is to be written, see `bp_boot_zero_page`.
    pub zero_page: u64,
    /// Where the device tree lies.
    pub device_tree: u64,
    /// For which processor.
    pub kernel: bp_kernel,
    /// How many files there are.
    pub files_count: u8,
    /// 0.
    pub reserved: [u8; 6],
    /// The files in the order in which they came: kernel, initrds, device tree.
    pub files: [bp_placed; BP_PLAN_FILES],
}

impl From<&Plan> for bp_plan {
    fn from(plan: &Plan) -> Self {
        let start = |span: Option<Span>| span.map_or(BP_NOWHERE, |span| span.start);
        let length = |span: Option<Span>| span.map_or(0, Span::length);
        let slot = plan.layout.kernel().map(|(_, slot)| slot);
        let mut files = [bp_placed::default(); BP_PLAN_FILES];
        for (to, from) in files.iter_mut().zip(plan.files()) {
            (to.file, to.index) = file(from.kind);
            (to.address, to.size) = (from.address.unwrap_or(BP_NOWHERE), from.size);
            to.is_verified = from.is_verified.into();
        }
        Self {
            run: plan.run.unwrap_or(BP_NOWHERE),
            runtime_length: slot.map_or(0, |slot| slot.runtime.length()),
            move_from: slot.and_then(|slot| slot.move_from).unwrap_or(BP_NOWHERE),
            initrds: start(plan.initrds),
            initrds_length: length(plan.initrds),
            command_line: start(plan.command_line),
            command_line_length: length(plan.command_line),
            zero_page: start(plan.layout.zero_page()),
            device_tree: plan.device_tree.unwrap_or(BP_NOWHERE),
            kernel: kernel(plan.kernel.as_ref()),
            files_count: u8::try_from(plan.files().len().min(BP_PLAN_FILES)).unwrap_or(0),
            reserved: [0; 6],
            files,
        }
    }
}

const fn kernel(kernel: Option<&Kernel>) -> bp_kernel {
    match kernel {
        Some(Kernel::X86(_)) => BP_KERNEL_X86,
        Some(Kernel::Arm64(_)) => BP_KERNEL_ARM64,
        Some(Kernel::RiscV(_)) => BP_KERNEL_RISCV,
        Some(_) | None => BP_KERNEL_NONE,
    }
}
