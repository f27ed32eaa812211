//! What a Linux kernel's file says about itself, and where it, its initrds and its command line go in memory.
//!
//! What belongs here: the headers of x86, arm64 and RISC-V kernels, what a BIOS tells of memory, the search for free
//! memory, and the parameter page or real-mode segment that an x86 kernel is handed. What does not: the jump into the kernel, and files that are no kernels beyond naming
//! what they seem to be.
//!
//! Sources: the kernel's own `Documentation/arch/x86/boot.rst`, `Documentation/arch/arm64/booting.rst` and
//! `Documentation/arch/riscv/boot-image-header.rst`.
//!
//! Once a file's first [`HEAD_BYTES`] are there, its kernel can be placed; the parameters and the initrds follow, each
//! when its turn comes:
//!
//! ```
//! use bootproto::linux::{Kernel, Layout, MemoryMap, Region};
//!
//! # let mut head = [0_u8; 64];
//! # head[16..24].copy_from_slice(&0x200_0000_u64.to_le_bytes());
//! # head[56..60].copy_from_slice(b"ARM\x64");
//! // `head` holds the first bytes of an arm64 kernel that takes 32 MiB.
//! let regions = [Region { start: 0x4000_0000, length: 0x2000_0000, usable: true }];
//! let map = MemoryMap::new(&regions);
//! let kernel = Kernel::parse(&head).expect("a kernel");
//! let mut layout = Layout::new();
//! assert_eq!(layout.place_kernel(&map, &kernel, None).unwrap().store, 0x4000_0000);
//! assert_eq!(layout.place_parameters(&map, "console=ttyAMA0".len()), Ok(0x4200_0000));
//! let initrd = layout.place_initrd(&map, Some(5_000_000)).unwrap();
//! assert_eq!(initrd.start, 0x4200_1000);
//! ```

mod bios;
mod error;
mod identify;
mod image;
mod layout;
mod memory;
mod real_mode;
mod x86;
mod zero_page;

pub use bios::{region_from_88, region_from_e820, regions_from_e801};
pub use error::{HeaderError, PlaceError};
pub use identify::{HEAD_BYTES, Image, Kernel, Looks, identify};
pub use image::{Arm64, RiscV};
pub use layout::{InitrdSlot, KernelSlot, Layout};
pub use memory::{MemoryMap, Region, Span, Want};
pub use real_mode::{REAL_MODE_BYTES, write_real_mode};
pub use x86::X86;
pub use zero_page::{ZERO_PAGE_BYTES, write_zero_page};
