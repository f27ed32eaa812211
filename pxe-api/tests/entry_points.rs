//! Finding the PXE stack: the real structures at their real addresses, and every way they can be wrong.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::doc_markdown,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_const_for_fn,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use bootproto_pxe_api::entry::{
    BangPxe, Clues, Convention, How, Int1a, Memory, Pxenv, UndiRoms, Window, find, free_kilobytes, place,
};
use bootproto_pxe_api::rom::UndiRomId;
use bootproto_pxe_api::undi::Kept;
use bootproto_pxe_api::{Layout, Refusal, SegmentOffset, byte_sum};
use common::vector;
use proptest::prelude::*;
use zerocopy::IntoBytes;

const PXENV: SegmentOffset = SegmentOffset::new(0x9c48, 0x0780);
const BANG: SegmentOffset = SegmentOffset::new(0x9c48, 0x0720);
const STACK: SegmentOffset = SegmentOffset::new(0x9ccc, 0x2f02);
const FREE: u16 = 625;

/// The upper base memory of the recorded boot: both structures and the stack with the pointer.
struct Low(Vec<u8>);

impl Low {
    fn new() -> Self {
        let mut low = Self(vec![0; 0xa_0000]);
        low.put(PXENV, &vector("e1000-pxenv"));
        low.put(BANG, &vector("e1000-bang-pxe"));
        low.put(STACK.checked_add(4).unwrap(), BANG.as_bytes());
        low
    }

    fn put(&mut self, at: SegmentOffset, bytes: &[u8]) {
        let at = at.physical() as usize;
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Memory for Low {
    fn read(&self, address: u32, into: &mut [u8]) -> bool {
        Window { base: 0, bytes: &self.0 }.read(address, into)
    }
}

fn clues() -> Clues {
    let int1a = Int1a { ax: 0x564e, carry: false, es_bx: PXENV };
    Clues { stack: Some(STACK), pxenv: Some(PXENV), int1a: Some(int1a), free_kilobytes: Some(FREE) }
}

#[test]
fn the_stack_of_the_recorded_boot_is_found_by_every_clue() {
    let low = Low::new();
    let entry = find(&low, &clues()).unwrap();
    assert_eq!((entry.how, entry.convention, entry.at), (How::Stack, Convention::Stack, BANG));
    assert_eq!(entry.point, SegmentOffset::new(0x9c48, 0x0160));
    let bang = entry.bang_pxe.unwrap();
    assert_eq!(bang.undi_rom_id, SegmentOffset::NULL.checked_add(0x84).unwrap());
    assert_eq!(bang.undi_segments()[1].segment.get(), 0x9c48);
    assert_eq!(bang.base_segments()[0].size.get(), 0);

    let without = |change: fn(&mut Clues)| {
        let mut clues = clues();
        clues.stack = None;
        change(&mut clues);
        find(&low, &clues).unwrap()
    };
    assert_eq!(without(|_| ()).how, How::PxenvPointer);
    assert_eq!(without(|clues| clues.pxenv = None).how, How::Int1aPointer);
    let scan = without(|clues| (clues.pxenv, clues.int1a) = (None, None));
    assert_eq!((scan.how, scan.point), (How::ScanPxe, entry.point));
}

#[test]
fn pxenv_serves_where_its_pointer_leads_nowhere() {
    let mut low = Low::new();
    low.put(BANG, b"?PXE");
    let entry = find(&low, &clues()).unwrap();
    assert_eq!((entry.how, entry.convention), (How::Pxenv, Convention::Registers));
    assert_eq!(entry.point, SegmentOffset::new(0x9c48, 0x0156));
    let scan = Clues { free_kilobytes: Some(FREE), ..Clues::default() };
    assert_eq!(find(&low, &scan).unwrap().how, How::ScanPxenv);
}

#[test]
fn an_old_pxenv_has_no_successor_though_bytes_follow_it() {
    let mut bytes = vector("e1000-pxenv");
    bytes[6..8].copy_from_slice(&[0x99, 0x00]);
    bytes[8] = 40;
    bytes[9] = 0;
    bytes[9] = byte_sum(&bytes[..40]).wrapping_neg();
    let old = Pxenv::checked(&bytes).unwrap();
    assert_eq!((old.successor(), old.pxe_ptr), (None, SegmentOffset::NULL));
}

#[test]
fn each_fault_of_a_structure_is_told() {
    let good = vector("e1000-bang-pxe");
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        BangPxe::checked(&bytes)
    };
    assert!(BangPxe::checked(&good).is_ok());
    assert_eq!(with(0, b'?'), Err(Refusal::BadSignature));
    assert_eq!(with(4, 0x57), Err(Refusal::BadLength));
    assert_eq!(with(4, 0x59), Err(Refusal::Unreadable));
    assert_eq!(with(5, 0), Err(Refusal::BadChecksum));
    let mut no_entry = BangPxe::parse(&good).unwrap();
    no_entry.entry_point_sp = SegmentOffset::NULL;
    no_entry.seal();
    assert_eq!(BangPxe::checked(no_entry.as_bytes()), Err(Refusal::BadEntryPoint));
    for length in 0..good.len() {
        assert_eq!(BangPxe::checked(&good[..length]), Err(Refusal::Unreadable));
    }
}

#[test]
fn sealing_gives_the_recorded_checksums() {
    let mut bang = BangPxe::parse(&vector("e1000-bang-pxe")).unwrap();
    let mut pxenv = Pxenv::parse(&vector("e1000-pxenv")).unwrap();
    (bang.checksum, pxenv.checksum) = (0xa5, 0xa5);
    bang.seal();
    pxenv.seal();
    assert_eq!(
        (bang.as_bytes(), pxenv.as_bytes()),
        (&vector("e1000-bang-pxe")[..], &vector("e1000-pxenv")[..])
    );
}

#[test]
fn what_was_tried_is_told_when_nothing_is_there() {
    let nothing = Low(vec![0; 0xa_0000]);
    let clues = Clues { int1a: Some(Int1a { ax: 0x5650, carry: false, es_bx: PXENV }), ..clues() };
    let not_found = find(&nothing, &clues).unwrap_err();
    let attempts: Vec<_> = not_found.attempts().map(|attempt| (attempt.how, attempt.refusal)).collect();
    assert_eq!(
        attempts,
        [
            (How::Stack, Refusal::Unreadable),
            (How::Pxenv, Refusal::BadSignature),
            (How::Int1a, Refusal::NotInstalled),
            (How::ScanPxe, Refusal::BadSignature),
        ]
    );
}

#[test]
fn a_rom_in_memory_gives_its_loader_and_a_place_for_its_driver() {
    let mut upper = vec![0xff; 0x4_0000];
    let rom = vector("rom-e1000-headers");
    upper[0xa000..0xa000 + rom.len()].copy_from_slice(&rom);
    upper[0x3_0000..0x3_0002].copy_from_slice(&[0x55, 0xaa]);
    let memory = Window { base: 0xc_0000, bytes: &upper };
    let roms: Vec<_> = UndiRoms::new(memory).collect();
    assert_eq!(roms.len(), 1);
    assert_eq!(roms[0].loader, SegmentOffset::new(0xca00, 0x04a4));
    assert_eq!(roms[0].id.version(), (2, 1));
    assert!(roms[0].is_for(0x8086, 0x100e) && !roms[0].is_for(0x8086, 0x100f));

    // 640 KiB less 0x820 bytes of code (rounded) and 0x2f10 of data.
    let placement = place(&roms[0].id, 640).unwrap();
    assert_eq!((placement.code_segment, placement.data_segment), (0x9f7e, 0x9c8d));
    assert_eq!(placement.free_kilobytes, 626);
    let block = placement.loader_block(0x18, SegmentOffset::new(0xf000, 0x6060));
    assert_eq!(
        (block.ax.get(), block.bx.get(), block.es.get(), block.di.get()),
        (0x18, 0xffff, 0xf000, 0x6060)
    );
    assert_eq!(place(&roms[0].id, 64), None, "no room");
    let mut greedy = UndiRomId::zeroed();
    (greedy.code_size, greedy.data_size) = (u16::MAX.into(), u16::MAX.into());
    assert_eq!(place(&greedy, 65535).unwrap().free_kilobytes, 512, "640 KiB is the most there is");
}

/// The recorded ROM's code at 9C480h and data at 9CCC0h (2F10h bytes) lie right above 625 KiB.
#[test]
fn memory_comes_back_from_the_limit_upwards_only() {
    let stack = BangPxe::parse(&vector("e1000-bang-pxe")).unwrap();
    let nothing = Kept::default();
    assert_eq!(free_kilobytes(&stack, &nothing, 625), Some(638));
    assert_eq!(free_kilobytes(&stack, &Kept { undi: true, ..nothing }, 625), None);
    assert_eq!(free_kilobytes(&stack, &nothing, 600), None, "someone else's memory lies between");
    assert_eq!(free_kilobytes(&stack, &nothing, 640), None);
    // Base code below the driver: it alone can go.
    let mut both = stack;
    both.bc_data.physical.set(620 * 1024);
    both.bc_data.size.set(5 * 1024);
    assert_eq!(free_kilobytes(&both, &Kept { undi: true, ..nothing }, 620), Some(625));
    assert_eq!(free_kilobytes(&both, &nothing, 620), Some(638));
    assert_eq!(free_kilobytes(&both, &Kept { base: true, undi: true, refused: None }, 620), None);
}

proptest! {
    /// Whatever lies in memory and whatever the registers say, the search ends with an answer.
    #[test]
    fn a_search_over_anything_ends(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        base in 0x9_c000_u32..0xf_ffff, segment: u16, offset: u16, ax: u16, carry: bool,
    ) {
        let at = SegmentOffset::new(segment, offset);
        let int1a = Int1a { ax, carry, es_bx: at };
        let clues = Clues { stack: Some(at), pxenv: Some(at), int1a: Some(int1a), free_kilobytes: Some(620) };
        let memory = Window { base, bytes: &bytes };
        let _ = find(&memory, &clues);
        let _ = UndiRoms::new(memory).count();
    }

    /// One flipped bit anywhere in a structure is noticed.
    #[test]
    fn a_flipped_bit_is_noticed(at in 0_usize..88, bit in 0_u8..8) {
        let mut bytes = vector("e1000-bang-pxe");
        bytes[at] ^= 1 << bit;
        prop_assert!(BangPxe::checked(&bytes).is_err());
    }
}
