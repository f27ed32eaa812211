//! Where kernel, parameters and initrds are put: never on one another, never outside usable memory.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::type_complexity,
    clippy::disallowed_methods,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod soundness;

use bootproto::linux::{
    Image, Kernel, Layout, MemoryMap, PlaceError, REAL_MODE_BYTES, Region, Span, ZERO_PAGE_BYTES, identify,
    region_from_88, region_from_e820, regions_from_e801, write_real_mode, write_zero_page,
};
use proptest::prelude::*;
use soundness::{Case, lies_in_usable};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
const DEBIAN_FILE: u64 = 14_186_432;
const MIB: u64 = 0x10_0000;
const GIB: u64 = 0x4000_0000;

fn head() -> Vec<u8> {
    let mut head = vec![0; 0x1f1];
    head.extend(testkit::vectors::named(FOLDER, "debian-6.1-cloud-amd64-setup-header").bytes);
    head
}

fn debian() -> Kernel {
    Kernel::parse(&head()).unwrap()
}

/// The same header as protocol 2.02 would read it: not relocatable, at 1 MiB.
fn old() -> Kernel {
    let mut bytes = head();
    bytes[0x206..0x208].fill(2);
    Kernel::parse(&bytes).unwrap()
}

/// A kernel of another architecture with this offset and size.
fn image(offset: u64, size: u64, magic: &[u8; 4]) -> Kernel {
    let mut head = vec![0; 8];
    head.extend(offset.to_le_bytes());
    head.extend(size.to_le_bytes());
    head.resize(56, 0);
    head.extend(magic);
    head.resize(64, 0);
    match identify(&head).unwrap() {
        Image::Kernel(kernel) => kernel,
        other => panic!("{other:?}"),
    }
}

const fn usable(start: u64, length: u64) -> Region {
    Region { start, length, usable: true }
}

const fn reserved(start: u64, length: u64) -> Region {
    Region { start, length, usable: false }
}

/// What QEMU tells of a machine with 1 GiB (`-m 1024`).
const PC: [Region; 5] = [
    usable(0, 0x9_fc00),
    reserved(0x9_fc00, 0x400),
    reserved(0xf_0000, 0x1_0000),
    usable(MIB, 0x3fed_f000),
    reserved(0x3ffd_f000, 0x2_1000),
];

#[test]
fn a_debian_kernel_runs_where_it_likes_best_without_a_copy() {
    let map = MemoryMap::new(&PC);
    let mut layout = Layout::new();
    let slot = layout.place_kernel(&map, &debian(), Some(DEBIAN_FILE)).unwrap();
    assert_eq!(slot.run, 16 * MIB);
    assert_eq!(slot.store, 16 * MIB - 20480);
    assert_eq!(slot.runtime, Span::new(16 * MIB, 0x0337_8000));
    assert!(slot.limit >= DEBIAN_FILE);
    assert_eq!(layout.kernel_stored(DEBIAN_FILE), Ok(()));
    let too_much = slot.limit + 1;
    assert_eq!(
        layout.kernel_stored(too_much),
        Err(PlaceError::KernelGrew { length: too_much, limit: slot.limit })
    );

    assert_eq!(layout.place_parameters(&map, 100), Ok(0x1_1000));
    assert_eq!(layout.zero_page(), Some(Span::new(0x1_0000, 4096)));
    assert_eq!(layout.command_line(), Some(Span::new(0x1_1000, 101)));

    let first = layout.place_initrd(&map, Some(5000)).unwrap();
    assert!(first.start >= slot.file.end && first.start.is_multiple_of(4096) && first.pad.is_empty());
    let second = layout.place_initrd(&map, Some(1)).unwrap();
    assert_eq!(second.start, first.start + 8192);
    assert_eq!(second.pad, Span { start: first.start + 5000, end: second.start });
    assert_eq!(layout.initrds(), Some(Span { start: first.start, end: second.start + 1 }));
}

#[test]
fn a_kernel_moves_up_when_its_favourite_place_is_taken() {
    let mut regions = PC.to_vec();
    regions.push(reserved(20 * MIB, MIB));
    let mut layout = Layout::new();
    let slot = layout.place_kernel(&MemoryMap::new(&regions), &debian(), Some(DEBIAN_FILE)).unwrap();
    assert_eq!(slot.run, 22 * MIB, "the next multiple of 2 MiB with the setup part before it");
}

#[test]
fn a_kernel_that_is_not_relocatable_stays_or_fails() {
    let mut bytes = head();
    bytes[0x234] = 0;
    let kernel = Kernel::parse(&bytes).unwrap();
    let mut layout = Layout::new();
    assert_eq!(layout.place_kernel(&MemoryMap::new(&PC), &kernel, None).unwrap().run, 16 * MIB);
    let mut regions = PC.to_vec();
    regions.push(reserved(20 * MIB, MIB));
    let failed = layout.place_kernel(&MemoryMap::new(&regions), &kernel, None);
    assert!(matches!(failed, Err(PlaceError::KernelRoom { .. })));
}

#[test]
fn a_small_machine_has_no_room_and_says_how_much_is_needed() {
    let small = [usable(0, 0x9_f000), usable(MIB, 31 * MIB)];
    let failed = Layout::new().place_kernel(&MemoryMap::new(&small), &debian(), Some(DEBIAN_FILE));
    assert_eq!(failed, Err(PlaceError::KernelRoom { needed: 20480 + 0x0337_8000 }));
    let none = Layout::new().place_kernel(&MemoryMap::new(&[]), &debian(), None);
    assert!(none.is_err());
}

#[test]
fn initrds_stay_below_what_the_kernel_can_reach_unless_both_sides_agree() {
    let big = [usable(0, 0x9_f000), usable(MIB, 3 * GIB - MIB), usable(4 * GIB, 60 * GIB)];
    let map = MemoryMap::new(&big);
    let place = |layout: Layout, kernel: &Kernel, size: u64| {
        let mut layout = layout;
        layout.place_kernel(&map, kernel, None).unwrap();
        layout.place_initrd(&map, Some(size))
    };
    let near = place(Layout::new(), &debian(), GIB).unwrap();
    assert!(near.start + GIB <= 0x8000_0000);
    let failed = place(Layout::new(), &debian(), 2 * GIB);
    assert!(matches!(failed, Err(PlaceError::InitrdRoom { needed, .. }) if needed == 2 * GIB));
    let allowed = Layout::new().with_initrd_above_4g(true);
    assert_eq!(place(allowed.clone(), &debian(), 8 * GIB).unwrap().start, 4 * GIB);
    let mut bytes = head();
    bytes[0x236] = 0x7d;
    assert!(place(allowed, &Kernel::parse(&bytes).unwrap(), 8 * GIB).is_err(), "this kernel can't");
}

#[test]
fn an_old_kernel_is_moved_to_1_mib_and_gets_its_initrd_below_896_mib() {
    let kernel = old();
    let big = [usable(0, 0x9_f000), usable(MIB, 3 * GIB)];
    let map = MemoryMap::new(&big);
    let mut layout = Layout::new();
    let slot = layout.place_kernel(&map, &kernel, None).unwrap();
    assert_eq!((slot.run, slot.move_from), (MIB, Some(slot.store + 20480)));
    assert!(!slot.file.overlaps(slot.runtime));
    let initrd = layout.place_initrd(&map, None).unwrap();
    assert_eq!(initrd.start + initrd.limit, 0x3800_0000);
}

#[test]
fn an_initrd_of_unknown_size_has_a_limit_and_closes_before_the_next() {
    let map = MemoryMap::new(&PC);
    let mut layout = Layout::new();
    assert_eq!(layout.place_initrd(&map, None), Err(PlaceError::KernelFirst));
    layout.place_kernel(&map, &debian(), None).unwrap();
    let slot = layout.place_initrd(&map, None).unwrap();
    assert_eq!(slot.start + slot.limit, 0x3ffd_f000);
    assert_eq!(layout.place_initrd(&map, None), Err(PlaceError::InitrdOpen));
    let length = slot.limit + 1;
    assert_eq!(layout.initrd_stored(length), Err(PlaceError::InitrdGrew { length, limit: slot.limit }));
    layout.initrd_stored(4097).unwrap();
    assert_eq!(layout.place_initrd(&map, Some(1)).unwrap().start, slot.start + 8192);
    let all = layout.initrds().unwrap();
    assert_eq!(all.length(), 8193);
}

#[test]
fn an_empty_initrd_does_not_lie_behind_memory_that_ends_within_a_page() {
    let regions = [usable(0, 0x9_f000), usable(MIB, 255 * MIB + 0x305)];
    let map = MemoryMap::new(&regions);
    let mut layout = Layout::new();
    layout.place_kernel(&map, &debian(), None).unwrap();
    let all = layout.place_initrd(&map, None).unwrap();
    layout.initrd_stored(all.limit).unwrap();
    assert_eq!(all.start + all.limit, 256 * MIB + 0x305);
    // The next page begins where no memory is, and the gap before it would have to be filled with zeros.
    assert_eq!(layout.place_initrd(&map, Some(0)), Err(PlaceError::InitrdRoom { needed: 0, free: 0 }));
    assert_eq!(layout.initrds().unwrap().end, 256 * MIB + 0x305);
}

#[test]
fn a_command_line_longer_than_the_kernel_takes_is_refused() {
    let map = MemoryMap::new(&PC);
    let mut layout = Layout::new();
    assert_eq!(layout.place_parameters(&map, 1), Err(PlaceError::KernelFirst));
    layout.place_kernel(&map, &debian(), None).unwrap();
    assert!(layout.place_parameters(&map, 2047).is_ok());
    assert_eq!(
        layout.place_parameters(&map, 2048),
        Err(PlaceError::CommandLineTooLong { length: 2048, limit: 2047 })
    );
}

#[test]
fn arm64_and_riscv_lie_at_their_offset_from_2_mib() {
    let ram = [usable(GIB, 2 * GIB), reserved(GIB, 0x1000)];
    let map = MemoryMap::new(&ram);
    let place = |kernel: &Kernel| Layout::new().place_kernel(&map, kernel, None).unwrap().store;
    assert_eq!(place(&image(0, 32 * MIB, b"ARM\x64")), GIB + 2 * MIB);
    assert_eq!(place(&image(0x8_0000, 32 * MIB, b"ARM\x64")), GIB + 0x8_0000);
    assert_eq!(place(&image(2 * MIB, 32 * MIB, b"RSC\x05")), GIB + 2 * MIB);
}

#[test]
fn the_zero_page_tells_the_kernel_where_everything_lies() {
    let map = MemoryMap::new(&PC);
    let mut layout = Layout::new();
    let mut page = [0xa5; ZERO_PAGE_BYTES];
    assert_eq!(write_zero_page(&mut page, &head(), &layout, &map), Err(PlaceError::ParametersMissing));
    layout.place_kernel(&map, &debian(), None).unwrap();
    layout.place_parameters(&map, 10).unwrap();
    let initrd = layout.place_initrd(&map, Some(0x1234)).unwrap();
    assert_eq!(write_zero_page(&mut page, &head()[..0x260], &layout, &map), Err(PlaceError::HeadTooShort));
    write_zero_page(&mut page, &head(), &layout, &map).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
    assert_eq!(&page[0x202..0x206], b"HdrS");
    assert_eq!(page[0x1ef], 0, "the sentinel says that the page was cleared");
    assert_eq!(page[0x210], 0xff);
    assert_eq!(u32_at(0x214), 0x0100_0000);
    assert_eq!(u64::from(u32_at(0x218)), initrd.start);
    assert_eq!(u32_at(0x21c), 0x1234);
    assert_eq!(u32_at(0x228), 0x1_1000);
    assert_eq!((u32_at(0xc0), u32_at(0xc4), u32_at(0xc8)), (0, 0, 0));
    assert_eq!(u32_at(0x260), 0x0337_8000, "the header is copied up to its end");
    assert_eq!(page[0x1e8], 5);
    let fourth = &page[0x2d0 + 3 * 20..][..20];
    assert_eq!(fourth[..8], MIB.to_le_bytes());
    assert_eq!(fourth[8..16], 0x3fed_f000_u64.to_le_bytes());
    assert_eq!(fourth[16..], [1, 0, 0, 0]);
    assert!(page[0x2d0 + 5 * 20..].iter().all(|byte| *byte == 0));
    let many = vec![usable(0, 1); 129];
    let full = write_zero_page(&mut page, &head(), &layout, &MemoryMap::new(&many));
    assert_eq!(full, Err(PlaceError::TooManyRegions { count: 129 }));
}

/// Whether every page-sized sample and both ends of `span` are usable, said in the plainest way.
/// Field by field after boot.rst's section "Loading the rest of the kernel" and its sample configuration.
#[test]
fn the_real_mode_segment_tells_old_kernels_where_everything_lies() {
    let map = MemoryMap::new(&PC);
    let file: Vec<u8> = head().into_iter().chain([7; 0x8000]).collect();
    let word = |segment: &[u8], at: usize| u32::from_le_bytes(segment[at..at + 4].try_into().unwrap());
    for version in [0x200_u16, 0x201, 0x202, 0x205] {
        let mut file = file.clone();
        file[0x206..0x208].copy_from_slice(&version.to_le_bytes());
        let kernel = Kernel::parse(&file).unwrap();
        let Kernel::X86(x86) = kernel else { panic!("{kernel:?}") };
        assert!(x86.needs_real_mode());
        let mut layout = Layout::new();
        let slot = layout.place_kernel(&map, &kernel, Some(DEBIAN_FILE)).unwrap();
        let initrd = layout.place_initrd(&map, Some(5000)).unwrap();
        let mut segment = Box::new([1; REAL_MODE_BYTES]);
        let stack = write_real_mode(&mut segment, 0x1_0000, &file, &layout, b"quiet").unwrap();
        let old = version < 0x202;
        assert_eq!(stack, if old { 0x9800 } else { 0xe000 });
        assert_eq!(segment[usize::from(stack)..usize::from(stack) + 6], *b"quiet\0");
        assert_eq!((segment[0x210], word(&*segment, 0x214)), (0xff, slot.run as u32));
        assert_eq!((word(&*segment, 0x218), word(&*segment, 0x21c)), (initrd.start as u32, 5000));
        assert_eq!(segment[0x211] & 0x80 != 0, version > 0x200);
        if version > 0x200 {
            assert_eq!(word(&*segment, 0x224) & 0xffff, u32::from(stack) - 0x200);
        }
        if old {
            assert_eq!(segment[0x20..0x24], [0x3f, 0xa3, 0x00, 0x98]);
            assert_eq!(segment[0x212..0x214], (0x9800_u16 + 6).to_le_bytes());
        } else {
            assert_eq!(word(&*segment, 0x228), 0x1_0000 + u32::from(stack));
        }
        let setup = x86.setup_bytes() as usize;
        assert_eq!(segment[0x26c..setup], file[0x26c..setup]);
        assert_eq!(segment[setup..usize::from(stack)].iter().max(), Some(&0));
        let short = write_real_mode(&mut segment, 0x1_0000, &file[..setup - 1], &layout, b"");
        assert_eq!(short, Err(PlaceError::HeadTooShort));
        let long = write_real_mode(&mut segment, 0x1_0000, &file, &layout, &[b'a'; 256]);
        assert_eq!(long, Err(PlaceError::CommandLineTooLong { length: 256, limit: 255 }));
    }
    let Kernel::X86(today) = debian() else { panic!() };
    assert!(!today.needs_real_mode());
}

fn regions() -> impl Strategy<Value = Vec<Region>> {
    let around = prop_oneof![0_u64..64 * MIB, 0_u64..8 * GIB, any::<u64>()];
    let region = (around, prop_oneof![0_u64..0x10_0000, 0_u64..GIB, any::<u64>()], prop::bool::weighted(0.8))
        .prop_map(|(start, length, usable)| Region { start, length, usable });
    prop::collection::vec(region, 0..12)
}

fn kernels() -> impl Strategy<Value = Kernel> {
    let sizes = prop_oneof![0_u64..0x100_0000, any::<u64>()];
    prop_oneof![
        3 => Just(debian()),
        1 => Just(old()),
        1 => (0_u64..0x1000_0000, sizes.clone()).prop_map(|(offset, size)| image(offset, size, b"ARM\x64")),
        1 => (0_u64..0x1000_0000, 1_u64..0x100_0000).prop_map(|(offset, size)| image(offset, size, b"RSC\x05")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn nothing_overlaps_and_all_is_usable(
        regions in regions(),
        kernel in kernels(),
        file in prop::option::of(0_u64..64 * MIB),
        above: bool,
        command_line in 0_usize..2000,
        initrds in prop::collection::vec((0_u64..64 * MIB, any::<bool>()), 0..5),
    ) {
        let case = Case { regions: &regions, kernel, file, above, command_line, initrds: &initrds };
        case.places_soundly();
    }

    #[test]
    fn a_free_place_that_exists_is_found(start in 0_u64..4096, pages in 14_000_u64..20_000) {
        // One hole somewhere in reserved memory, exactly at least as large as the kernel needs.
        let hole = usable((16 << 20) + (start << 16), pages << 12);
        let regions = [reserved(0, 1), hole];
        let map = MemoryMap::new(&regions);
        let needed = 20480 + 0x0337_8000;
        let first_run = (hole.start + 20480).next_multiple_of(2 * MIB);
        let fits = first_run - 20480 + needed <= hole.start + hole.length;
        let placed = Layout::new().place_kernel(&map, &debian(), None);
        prop_assert_eq!(placed.is_ok(), fits);
        if let Ok(slot) = placed {
            prop_assert_eq!(slot.run, first_run);
        }
    }
}

/// The answers of INT 15h, AX = E820h on QEMU's machine of 3 GiB (`-m 3072 -machine pc`), and entries that BIOSes are known
/// to make up.
#[test]
fn e820_entries_are_read_and_those_that_do_not_count_are_passed_over() {
    let entry = |start: u64, length: u64, kind: u32, attributes: &[u8]| {
        [&start.to_le_bytes()[..], &length.to_le_bytes(), &kind.to_le_bytes(), attributes].concat()
    };
    let high = entry(MIB, 0xbfed_f000, 1, &[]);
    assert_eq!(region_from_e820(&high), Some((usable(MIB, 0xbfed_f000), 1)));
    let tables = entry(0xbffd_f000, 0x2_1000, 3, &[1, 0, 0, 0]);
    assert_eq!(region_from_e820(&tables), Some((reserved(0xbffd_f000, 0x2_1000), 3)));
    // Bit 1 says that it is not volatile.
    assert_eq!(region_from_e820(&entry(MIB, MIB, 1, &[3, 0, 0, 0])), Some((usable(MIB, MIB), 1)));
    assert_eq!(region_from_e820(&entry(MIB, MIB, 1, &[2, 0, 0, 0])), None);
    assert_eq!(region_from_e820(&entry(MIB, 0, 1, &[])), None);
    assert_eq!(region_from_e820(&entry(MIB, MIB, 0, &[])), Some((reserved(MIB, MIB), 0)));
    for length in 0..20 {
        assert_eq!(region_from_e820(&high[..length]), None);
    }
}

#[test]
fn older_calls_tell_of_memory_up_to_16_mib_and_beyond() {
    // 3 GiB: 15 MiB below 16 MiB, and 0xbf00 blocks of 64 KiB.
    let both = [usable(MIB, 15 * MIB), usable(16 * MIB, 3 * GIB - 16 * MIB - 16 * MIB)];
    assert_eq!(regions_from_e801(0x3c00, 0xbe00, 0x3c00, 0xbe00), both);
    assert_eq!(regions_from_e801(0x3c00, 0xbe00, 0, 0), both);
    assert_eq!(regions_from_e801(0, 0, 0x3c00, 0xbe00), both);
    assert_eq!(regions_from_e801(0, 0, 0xffff, 0), [usable(MIB, 15 * MIB), usable(16 * MIB, 0)]);
    assert_eq!(region_from_88(0xfc00), usable(MIB, 63 * MIB));
}

#[test]
fn stretches_join_neighbours_and_leave_out_what_is_reserved_or_taken() {
    let regions = [usable(4 * MIB, MIB), usable(MIB, 3 * MIB), reserved(2 * MIB, 4096), usable(0, 0x9_fc00)];
    let taken = [Span::new(0x9_0000, MIB)];
    let map = MemoryMap::new(&regions);
    let all: Vec<_> = map.stretches(0x7c00, 4 * MIB + 10, &taken).collect();
    let low = Span { start: 0x7c00, end: 0x9_0000 };
    let middle = Span { start: 0x9_0000 + MIB, end: 2 * MIB };
    let high = Span { start: 2 * MIB + 4096, end: 4 * MIB + 10 };
    assert_eq!(all, [low, middle, high]);
    assert_eq!(map.stretches(0, u64::MAX, &[]).map(Span::length).sum::<u64>(), 0x9_fc00 + 4 * MIB - 4096);
    assert_eq!(map.stretches(5 * MIB, u64::MAX, &[]).count(), 0);
}

proptest! {
    #[test]
    fn stretches_are_what_is_usable_and_not_taken(regions in regions(), taken in regions(), probe: u64) {
        let taken: Vec<_> = taken.iter().map(|region| Span::new(region.start, region.length)).collect();
        let map = MemoryMap::new(&regions);
        let stretches: Vec<_> = map.stretches(0, u64::MAX, &taken).collect();
        for pair in stretches.windows(2) {
            prop_assert!(pair[0].end < pair[1].start);
        }
        for span in &stretches {
            prop_assert!(lies_in_usable(*span, &regions));
            prop_assert!(taken.iter().all(|other| !other.overlaps(*span)));
        }
        let edges = regions.iter().flat_map(|region| [region.start, region.start.saturating_add(region.length)]);
        for probe in edges.chain([probe]) {
            let span = Span::new(probe, 1);
            if !span.is_empty() && lies_in_usable(span, &regions) && taken.iter().all(|other| !other.overlaps(span)) {
                prop_assert!(stretches.iter().any(|stretch| stretch.start <= probe && span.end <= stretch.end));
            }
        }
    }
}
