//! Headers of Linux kernels (bzImage, arm64 and RISC-V `Image`), and where such a kernel lies in any memory.

use bootproto::linux::{Image, Kernel, Region, ZERO_PAGE_BYTES, identify};
use bootproto::linux::{Layout, MemoryMap, REAL_MODE_BYTES, write_real_mode, write_zero_page};

use crate::shared::boot::soundness::Case;
use crate::{Seed, seed};

/// The bytes before the header: how many regions, how many initrds, what is known; then a region each in 5 bytes, an
/// initrd each in 3.
const FIXED: usize = 6;

/// The first bytes are a machine, the rest the head of a file.
pub fn run(data: &[u8]) {
    let _ = identify(data);
    let Some(([counts, flags, file @ .., line], rest)) = data.split_first_chunk::<FIXED>() else { return };
    let (regions, initrds) = (usize::from(counts % 9), usize::from(counts / 9 % 4));
    let Some((maps, rest)) = rest.split_at_checked(regions * 5) else { return };
    let Some((sizes, head)) = rest.split_at_checked(initrds * 3) else { return };
    let Ok(Image::Kernel(kernel)) = identify(head) else { return };
    sane(&kernel);

    let regions: Vec<Region> = maps.chunks_exact(5).map(region).collect();
    let initrds: Vec<(u64, bool)> = sizes
        .chunks_exact(3)
        .map(|size| (u64::from(u16::from_be_bytes([size[0], size[1]])) << (size[2] % 24), size[2] & 128 != 0))
        .collect();
    let file = u64::from(u16::from_be_bytes([file[0], file[1]])) << (file[2] % 24);
    let case = Case {
        regions: &regions,
        kernel,
        file: (flags & 1 == 0).then_some(file),
        above: flags & 2 != 0,
        command_line: usize::from(*line) * 9,
        initrds: &initrds,
    };
    case.places_soundly();
    parameters(&case, head);
}

/// A place, a length and whether it is usable: pages near 0, or megabytes, or anywhere.
fn region(bytes: &[u8]) -> Region {
    let [kind, start, offset, length, more] = bytes else { return Region { start: 0, length: 0, usable: false } };
    let (start, length) = (u64::from(*start), u64::from(*length));
    let (unit, byte) = ([12, 20, 24, 32, 56][usize::from(kind % 5)], u64::from(*offset));
    Region {
        start: (start << unit) + byte * u64::from(kind & 64),
        length: (length << unit) + u64::from(*more),
        usable: kind & 128 == 0,
    }
}

/// What a header that was accepted says fits together.
fn sane(kernel: &Kernel) {
    assert!(!kernel.name().is_empty());
    for size in [0, 1, 64, 1 << 20, u64::MAX] {
        let _ = kernel.check_size(size);
    }
    if let Kernel::X86(x86) = kernel {
        assert!(x86.setup_sects > 0);
        assert!(!x86.relocatable_kernel || x86.kernel_alignment.is_power_of_two());
        assert!(x86.runtime_bytes() >= x86.protected_bytes());
        assert!(x86.file_bytes() >= x86.protected_bytes().saturating_sub(16));
    }
}

/// The zero page and the real-mode segment, of a head that may be cut anywhere.
fn parameters(case: &Case<'_>, head: &[u8]) {
    let map = MemoryMap::new(case.regions);
    let mut layout = Layout::new().with_initrd_above_4g(case.above);
    if layout.place_kernel(&map, &case.kernel, case.file).is_err() {
        return;
    }
    let _ = layout.place_parameters(&map, case.command_line.min(case.kernel.command_line_limit()));
    let mut page = Box::new([0xa5; ZERO_PAGE_BYTES]);
    let _ = write_zero_page(&mut page, head, &layout, &map);
    let mut segment = vec![0xa5; REAL_MODE_BYTES];
    if let Some(segment) = segment.first_chunk_mut::<REAL_MODE_BYTES>() {
        let line = vec![b'x'; case.command_line];
        let _ = write_real_mode(segment, 0x9_0000, head, &layout, &line);
    }
}

/// A real header in a PC's memory, an older protocol, other architectures, other files.
pub fn seeds() -> Vec<Seed> {
    let debian = seed::vectors("bootproto").into_iter().find(|vector| vector.name.contains("setup-header"));
    let header = debian.map(|vector| vector.bytes).unwrap_or_default();
    let real = [vec![0; 0x1f1], header].concat();
    let image = |offset: u64, size: u64, at_48: &[u8; 8], at_56: &[u8; 4]| {
        let mut head = vec![0x4d, 0x5a, 0, 0, 0, 0, 0, 0];
        head.extend([offset.to_le_bytes(), size.to_le_bytes(), 0b1010_u64.to_le_bytes()].concat());
        head.extend([2, 0, 0, 0]);
        head.resize(48, 0);
        head.extend(at_48);
        head.extend(at_56);
        head.extend([0x40, 0, 0, 0]);
        head
    };
    let mut old = real.clone();
    old[0x206..0x208].fill(2);
    let mut older = real.clone();
    older[0x206..0x208].clone_from_slice(&[0, 2]);
    let heads = [
        ("debian-6.1", real),
        ("protocol-2.02", old),
        ("protocol-2.00", older),
        ("arm64", image(0, 0x0200_0000, &[0; 8], b"ARM\x64")),
        ("arm64-before-image-size", image(0x8_0000, 0, &[0; 8], b"ARM\x64")),
        ("riscv", image(0x20_0000, 0x0150_0000, b"RISCV\0\0\0", b"RSC\x05")),
    ];
    // Four regions and two initrds: 640 KiB, a hole, 1 MiB to 256 MiB, something reserved in it.
    let machine = [
        &[4 + 2 * 9, 0, 0x0d, 0x80, 12, 40][..],
        &[0, 0, 0, 0x9f, 0, 128, 0x9f, 0, 1, 0, 1, 1, 0, 0xff, 0, 129, 20, 0, 1, 0],
        &[0x80, 0, 8, 0x10, 0, 128 + 9],
    ]
    .concat();
    heads.map(|(name, head)| Seed::new(name, [machine.clone(), head].concat())).to_vec()
}
