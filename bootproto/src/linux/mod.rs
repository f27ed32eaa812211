//! What a Linux kernel's file says about itself, and where it, its initrds and its command line go in memory.
//!
//! What belongs here: the headers of x86, arm64 and RISC-V kernels, the search for free memory, and the parameter page
//! that an x86 kernel is handed. What does not: the jump into the kernel, and files that are no kernels beyond naming
//! what they seem to be.
//!
//! Sources: the kernel's own `Documentation/arch/x86/boot.rst`, `Documentation/arch/arm64/booting.rst` and
//! `Documentation/arch/riscv/boot-image-header.rst`.

mod error;
mod identify;
mod image;
mod layout;
mod memory;
mod x86;
mod zero_page;

pub use error::{HeaderError, PlaceError};
pub use identify::{HEAD_BYTES, Image, Kernel, Looks, identify};
pub use image::{Arm64, RiscV};
pub use layout::{InitrdSlot, KernelSlot, Layout};
pub use memory::{MemoryMap, Region, Span, Want};
pub use x86::X86;
pub use zero_page::{ZERO_PAGE_BYTES, write_zero_page};
