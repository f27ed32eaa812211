//! Headers of kernels: what is read from true ones, and what is refused.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::type_complexity,
    reason = "tests"
)]

use bootproto::linux::{HEAD_BYTES, HeaderError, Image, Kernel, Looks, X86, identify};
use bootproto_core::Numbered;
use proptest::prelude::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// The size of the file that the vector comes from.
const DEBIAN_FILE: u64 = 14_186_432;

fn debian() -> Vec<u8> {
    let mut head = vec![0; 0x1f1];
    head.extend(testkit::vectors::named(FOLDER, "debian-6.1-cloud-amd64-setup-header").bytes);
    head.resize(HEAD_BYTES, 0xa5);
    head
}

fn patched(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let mut head = debian();
    for (at, bytes) in changes {
        head[*at..*at + bytes.len()].copy_from_slice_checked(bytes);
    }
    head
}

trait CopyChecked {
    fn copy_from_slice_checked(&mut self, from: &[u8]);
}

impl CopyChecked for [u8] {
    fn copy_from_slice_checked(&mut self, from: &[u8]) {
        assert_eq!(bootproto_core::copy_into(self, from), from.len());
    }
}

fn x86(head: &[u8]) -> X86 {
    match identify(head).unwrap() {
        Image::Kernel(Kernel::X86(x86)) => x86,
        other => panic!("{other:?}"),
    }
}

/// Another 64-byte header: code, text offset, image size, flags, and the magic numbers at 48 and 56.
fn image(offset: u64, size: u64, flags: u64, at_48: &[u8; 8], at_56: &[u8; 4]) -> Vec<u8> {
    let mut head = vec![0x4d, 0x5a, 0, 0, 0, 0, 0, 0];
    head.extend(offset.to_le_bytes());
    head.extend(size.to_le_bytes());
    head.extend(flags.to_le_bytes());
    head.extend([2, 0, 0, 0]);
    head.resize(48, 0);
    head.extend(at_48);
    head.extend(at_56);
    head.extend([0x40, 0, 0, 0]);
    head.resize(HEAD_BYTES, 0xa5);
    head
}

#[test]
fn a_debian_kernel_says_what_it_needs() {
    let kernel = x86(&debian());
    assert_eq!(kernel.version, 0x20f);
    assert_eq!((kernel.setup_sects, kernel.setup_bytes()), (0x27, 20480));
    assert_eq!(kernel.protected_bytes(), 0xd8220 * 16);
    assert_eq!(kernel.initrd_ceiling(), 0x8000_0000);
    assert_eq!(
        (kernel.relocatable_kernel, kernel.kernel_alignment, kernel.min_alignment),
        (true, 0x20_0000, 0x15)
    );
    assert_eq!(kernel.xloadflags, 0x7f);
    assert_eq!(kernel.command_line_limit(), 2047);
    assert_eq!((kernel.payload_offset, kernel.payload_length), (0x2cc, 0x00d6_96cc));
    assert_eq!((kernel.pref_address, kernel.runtime_bytes()), (0x0100_0000, 0x0337_8000));
    assert_eq!(kernel.handover_offset, 0x00d7_2f10);
    // The signature makes the file longer than the header says, and that is right.
    assert!(kernel.file_bytes() < DEBIAN_FILE);
    assert_eq!(Kernel::X86(kernel).check_size(DEBIAN_FILE), Ok(()));
}

#[test]
fn a_file_shorter_than_its_header_says_is_refused() {
    let kernel = Kernel::X86(x86(&debian()));
    let needed = 20480 + 0xd8220 * 16 - 15;
    assert_eq!(kernel.check_size(needed), Ok(()));
    let error = kernel.check_size(needed - 1).unwrap_err();
    assert_eq!(error, HeaderError::FileTooShort { needed, length: needed - 1 });
    assert_eq!(error.code().to_string(), "BP3406");
}

#[test]
fn headers_that_lie_are_refused_by_number() {
    let cases: [(&[(usize, &[u8])], HeaderError); 8] = [
        (&[(0x1fe, &[0, 0])], HeaderError::BadBootFlag),
        (&[(0x206, &[0xff, 0x01])], HeaderError::BadVersion { version: 0x1ff }),
        (&[(0x206, &[0x00, 0x03])], HeaderError::BadVersion { version: 0x300 }),
        (&[(0x211, &[0x00])], HeaderError::LoadsLow),
        (&[(0x230, &[1, 0, 0x20, 0])], HeaderError::BadAlignment { alignment: 0x20_0001 }),
        (&[(0x230, &[0, 0, 0, 0])], HeaderError::BadAlignment { alignment: 0 }),
        (&[(0x260, &[0, 0, 0x10, 0])], HeaderError::BadRuntimeSize { size: 0x10_0000 }),
        (&[(0x24c, &[0xff; 4])], HeaderError::BadPayload),
    ];
    for (changes, error) in cases {
        assert_eq!(identify(&patched(changes)), Err(error), "{changes:x?}");
    }
    assert_eq!(identify(&patched(&[(0x202, b"HdrT")])), Ok(Image::Unknown(Looks::BootSector)));
}

#[test]
fn fields_that_an_older_protocol_lacks_are_not_read() {
    // 0xa5 behind the header of 2.00 must not matter.
    let mut head = patched(&[(0x206, &[0x00, 0x02]), (0x1f1, &[0])]);
    head[0x224..].fill(0xa5);
    let kernel = x86(&head);
    assert_eq!(kernel.setup_bytes(), 5 * 512);
    assert_eq!(kernel.initrd_addr_max, 0x37ff_ffff);
    assert_eq!((kernel.cmdline_size, kernel.relocatable_kernel), (255, false));
    assert_eq!((kernel.pref_address, kernel.init_size, kernel.xloadflags), (0x10_0000, 0, 0));
    assert_eq!(kernel.protected_bytes(), 0x8220 * 16, "the upper half of syssize came with 2.04");
    assert_eq!(kernel.runtime_bytes(), 3 * 0x8220 * 16);
    assert_eq!(x86(&patched(&[(0x206, &[0x04, 0x02])])).protected_bytes(), 0xd8220 * 16);
}

#[test]
fn a_header_cut_anywhere_says_how_much_is_missing() {
    let head = debian();
    for length in 0..HEAD_BYTES {
        let result = identify(&head[..length]);
        if length < 0x206 {
            assert!(matches!(result, Ok(Image::Unknown(_))), "{length:#x}");
        } else if length < 0x268 {
            let Err(HeaderError::Truncated { needed }) = result else { panic!("{length:#x}: {result:?}") };
            assert!(needed > length && needed <= 0x268, "{length:#x}: {needed:#x}");
        } else {
            assert_eq!(result, identify(&head), "{length:#x}");
        }
    }
}

#[test]
fn arm64_and_riscv_images_are_read() {
    let arm = image(0, 0x0200_0000, 0b1010, &[0; 8], b"ARM\x64");
    let Ok(Image::Kernel(Kernel::Arm64(header))) = identify(&arm) else { panic!() };
    assert_eq!((header.text_offset, header.image_size, header.flags), (0, 0x0200_0000, 0b1010));
    let kernel = Kernel::Arm64(header);
    assert_eq!(kernel.check_size(0x0200_0000), Ok(()));
    assert_eq!(kernel.check_size(0x0200_0001), Err(HeaderError::BadRuntimeSize { size: 0x0200_0000 }));
    assert_eq!(kernel.check_size(63), Err(HeaderError::FileTooShort { needed: 64, length: 63 }));

    let risc = image(0x20_0000, 0x0150_0000, 0, b"RISCV\0\0\0", b"RSC\x05");
    let Ok(Image::Kernel(Kernel::RiscV(header))) = identify(&risc) else { panic!() };
    assert_eq!((header.text_offset, header.image_size, header.version), (0x20_0000, 0x0150_0000, 2));
    assert_eq!(Kernel::RiscV(header).name(), "riscv");
}

#[test]
fn an_old_arm64_image_lies_at_its_fixed_offset() {
    let Ok(Kernel::Arm64(header)) = Kernel::parse(&image(0x1234, 0, 0, &[0; 8], b"ARM\x64")) else {
        panic!()
    };
    assert_eq!((header.text_offset, header.image_size), (0x8_0000, 0));
}

#[test]
fn images_that_lie_are_refused() {
    let cases = [
        (image(0, 0x100_0000, 1, &[0; 8], b"ARM\x64"), HeaderError::BigEndian),
        (image(0, 0x100_0000, 1, b"RISCV\0\0\0", b"RSC\x05"), HeaderError::BigEndian),
        (image(u64::MAX, 0x100_0000, 0, &[0; 8], b"ARM\x64"), HeaderError::BadOffset { offset: u64::MAX }),
        (image(1 << 40, 0x100_0000, 0, &[0; 8], b"RSC\x05"), HeaderError::BadOffset { offset: 1 << 40 }),
        (image(0, 0, 0, b"RISCV\0\0\0", b"RSC\x05"), HeaderError::BadRuntimeSize { size: 0 }),
    ];
    for (head, error) in cases {
        assert_eq!(identify(&head), Err(error));
    }
}

#[test]
fn other_files_are_named() {
    let pxelinux = [0xea, 0x24, 0x7c, 0, 0, 0x90, 0x90, 0x90, 0xac, 0xc8, 0x83, 0x29, 0x1c];
    let cases: [(&[u8], Looks); 14] = [
        (b"", Looks::Empty),
        (b"\x7fELF\x02\x01", Looks::Elf),
        (b"MZ\x90\0", Looks::Pe),
        (b"MZ\0\0zimg\0\0\0\0", Looks::EfiZboot),
        (b"\x1f\x8b\x08", Looks::Gzip),
        (b"\xfd7zXZ\0", Looks::Xz),
        (b"\x28\xb5\x2f\xfd", Looks::Zstd),
        (b"#!ipxe\nchain x", Looks::IpxeScript),
        (b"#!/bin/sh", Looks::Script),
        (b"070701000", Looks::Cpio),
        (b"\xd0\x0d\xfe\xed\0", Looks::DeviceTree),
        (b"<!DOCTYPE html>", Looks::Html),
        (&pxelinux, Looks::Pxelinux),
        (b"\xea\x05\0\xc0\x07", Looks::Other),
    ];
    for (head, looks) in cases {
        assert_eq!(identify(head), Ok(Image::Unknown(looks)));
        assert_eq!(Kernel::parse(head), Err(HeaderError::NotKernel));
        assert!(!looks.name().is_empty());
    }
}

proptest! {
    #[test]
    fn no_header_panics_and_what_is_accepted_is_sane(noise: Vec<u8>, at in 0x1f1_usize..0x280, magic: bool) {
        let mut head = if magic { debian() } else { vec![] };
        for (index, byte) in noise.iter().enumerate() {
            if let Some(place) = head.get_mut(at + index) {
                *place = *byte;
            }
        }
        if head.is_empty() {
            head = noise;
        }
        if let Ok(Image::Kernel(kernel)) = identify(&head) {
            let _ = kernel.check_size(DEBIAN_FILE);
            if let Kernel::X86(x86) = kernel {
                prop_assert!(x86.setup_sects > 0);
                prop_assert!(!x86.relocatable_kernel || x86.kernel_alignment.is_power_of_two());
                prop_assert!(x86.runtime_bytes() >= x86.protected_bytes());
            }
        }
    }
}
