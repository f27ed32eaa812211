//! A receiver whose card holds less than a window, and one that takes longer over a window than the round trip.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod common;

use core::time::Duration;

use bootproto_core::Machine as _;
use bootproto_tftp::server;
use common::{Case, Listener, Talk, ack, config, content, data, download, oack, run, world};
use testkit::world::{Link, World};

type Download = Case<bootproto_tftp::Download>;

const LENGTH: usize = 4 << 20;

/// A gigabit, 0.2 ms there and back; 30 µs for every packet that comes, as through emulated firmware.
fn machine(window_size: u16, slots: usize) -> World<Download> {
    let link = Link { rate: 125_000_000, delay: Duration::from_micros(100), ..Link::perfect() };
    let config = config("f").with_window_size(window_size);
    let server = Listener::new(&content(LENGTH), server::Config::new(1));
    world(download(config), link, 1).with_peer(server).with_ring(slots, Duration::from_micros(30))
}

fn goodput(mut world: World<Download>) -> (u64, World<Download>) {
    let mut complete = None;
    world
        .run(Duration::from_secs(600), |machine, now, _| {
            if machine.0.is_complete() {
                complete.get_or_insert(now);
            }
        })
        .unwrap();
    (LENGTH as u64 * 1000 / complete.unwrap().as_micros(), world)
}

/// kB/s by window and by how many packets the card holds, reviewed. Without a window smaller than asked, 8 slots would
/// give 7073 kB/s, and 3032 packets would not fit.
#[test]
fn a_window_that_overruns_the_card_is_halved_until_it_fits() {
    let mut table = String::new();
    for slots in [8, 16, 24, 32, 64] {
        let (fitting, _) = goodput(machine(16.min(slots as u16), slots));
        let (goodput, world) = goodput(machine(64, slots));
        let (asked, overruns) = (world.machine.0.config().window_size(), world.overruns());
        table.push_str(&format!(
            "{slots:2} slots: {goodput} kB/s, {asked} blocks, {overruns} lost; {fitting}\n"
        ));
        assert!(goodput * 2 > fitting, "not half of what a fitting window gives:\n{table}");
    }
    println!("{table}");
}

#[test]
fn a_large_window_is_no_slower_where_it_fits() {
    let [small, large] = [16, 64].map(|window_size| goodput(machine(window_size, 64)).0);
    assert!(large >= small, "{large} kB/s with a window of 64, {small} with 16");
}

/// A window of 64 on a machine that takes 25 ms over it, longer than the shortest interval.
#[test]
fn one_acknowledgement_too_many_does_not_double_every_window() {
    let config = config("f").with_window_size(64).with_block_size(8);
    let mut talk = Talk::new(download(config).0);
    talk.sent();
    talk.wait(Duration::from_millis(1));
    talk.from(2000, &oack(&[("windowsize", "64"), ("blksize", "8")]));
    talk.sent();
    let block = |number: u16| data(number, &[7; 8]);
    let window = |talk: &mut Talk<bootproto_tftp::Download>, from: u16| {
        for number in from..from + 64 {
            talk.wait(Duration::from_micros(400));
            talk.from(2000, &block(number));
        }
        talk.sent()
    };
    talk.wait(Duration::from_millis(1));
    assert_eq!(window(&mut talk, 1), [(2000, ack(64))]);
    // The answer is late, so the acknowledgement goes out again, and then everything comes twice.
    assert_eq!(talk.due(), None);
    assert_eq!(talk.sent(), [(2000, ack(64))]);
    assert_eq!(window(&mut talk, 65), [(2000, ack(128))]);
    assert_eq!(window(&mut talk, 65), []);
    // From now on it waits longer, and a copy that nothing explains is answered.
    assert_eq!(window(&mut talk, 129), [(2000, ack(192))]);
    let wait = talk.machine.poll_timeout().unwrap().saturating_since(talk.now);
    assert!(wait >= Duration::from_millis(50), "{wait:?}");
    talk.wait(wait / 2);
    assert_eq!(window(&mut talk, 129), [(2000, ack(192))]);
}

#[test]
fn what_is_told_again_replaces_what_was_told() {
    let mut world = machine(64, 8);
    let told = run(&mut world, Duration::from_secs(600));
    assert!(!told.rungs.is_empty() && told.bytes == content(LENGTH));
    assert_eq!(told.done, Some(LENGTH as u64));
}
