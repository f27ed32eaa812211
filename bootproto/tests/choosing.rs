//! Menus, timeouts and includes.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test")]

mod common;

use core::time::Duration;

use common::{Answer, Driver};
use testkit::world::{Ended, Link};

const MENU: &str = "PROMPT 1\nTIMEOUT 50\nDEFAULT one\nONTIMEOUT three\n\
                    LABEL one\nKERNEL vmlinuz\nAPPEND first\n\
                    LABEL two\nKERNEL vmlinuz\nAPPEND second\n\
                    LABEL three\nKERNEL vmlinuz\nAPPEND third\n\
                    LABEL disk\nLOCALBOOT 0x80\n";

fn boot(text: &str, answer: Answer) -> common::Run {
    let tftp = common::tftp_server().with_file("lab/pxelinux.cfg/default", text);
    let driver = Driver { answer, ..Driver::new() };
    common::boot_with(common::config(), common::dhcp_server(), tftp, Link::perfect(), 1, driver)
}

#[test]
fn a_choice_is_booted_at_once() {
    let run = boot(MENU, Answer::Choose(1));
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    assert_eq!(run.command_line(), "BOOT_IMAGE=vmlinuz second");
    assert!(run.now.as_micros() < 3_000_000);
}

#[test]
fn nobody_there_means_the_entry_for_that_case_after_the_timeout() {
    let run = boot(MENU, Answer::Wait);
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    assert!(run.driver.logged("Choose { default: Some(2), timeout: Some(5s) }"), "{:#?}", run.driver.log);
    assert!(run.driver.logged("ChoiceTimedOut"));
    assert_eq!(run.command_line(), "BOOT_IMAGE=vmlinuz third");
    assert!(run.now.as_micros() > 5_000_000);
}

#[test]
fn a_key_stops_the_clock() {
    let run = boot(MENU, Answer::Hold);
    assert_eq!(run.ended, Ended::Limit);
    assert!(!run.driver.logged("ChoiceTimedOut"));
}

#[test]
fn without_a_prompt_the_default_boots_at_once() {
    let run = boot(&MENU.replace("PROMPT 1", "PROMPT 0"), Answer::Wait);
    assert!(run.is_ready());
    assert!(!run.driver.logged("Choose"));
    assert_eq!(run.command_line(), "BOOT_IMAGE=vmlinuz first");
}

#[test]
fn the_disk_can_be_chosen() {
    let run = boot(MENU, Answer::Choose(3));
    assert!(run.driver.logged("LocalBoot { disk: 128 }"), "{:#?}", run.driver.log);
    assert!(run.client.is_finished());
}

#[test]
fn an_entry_that_is_not_there_ends_the_boot() {
    let run = boot(MENU, Answer::Choose(9));
    assert_eq!(run.code(), "BP3205");
    assert_eq!(run.client.failure().unwrap().step, bootproto::Step::Choose);
}

#[test]
fn included_files_stand_where_they_are_named() {
    let tftp = common::tftp_server()
        .with_file("lab/pxelinux.cfg/default", "DEFAULT b\nINCLUDE lab/more.cfg\nLABEL c\nKERNEL c\n")
        .with_file("lab/lab/more.cfg", "INCLUDE even.cfg\nLABEL b\nKERNEL vmlinuz\n")
        .with_file("lab/even.cfg", "LABEL a\nKERNEL a\nAPPEND in a\n");
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    let text = String::from_utf8(run.driver.texts.configuration().to_vec()).unwrap();
    let labels: Vec<&str> = text.lines().filter(|line| line.starts_with("LABEL")).collect();
    assert_eq!(labels, ["LABEL a", "LABEL b", "LABEL c"], "{text}");
}

#[test]
fn an_included_file_that_is_missing_or_empty_is_passed_over() {
    let text = "INCLUDE nowhere.cfg\nINCLUDE empty.cfg\nDEFAULT b\nLABEL b\nKERNEL vmlinuz\n";
    let tftp =
        common::tftp_server().with_file("lab/pxelinux.cfg/default", text).with_file("lab/empty.cfg", "");
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert!(run.is_ready(), "{:#?}\n{}", run.driver.log, run.trace);
    assert!(run.driver.missing.contains(&"lab/nowhere.cfg".to_owned()));
}

#[test]
fn files_that_include_each_other_end_the_boot() {
    let tftp = common::tftp_server()
        .with_file("lab/pxelinux.cfg/default", "INCLUDE round.cfg\n")
        .with_file("lab/round.cfg", "INCLUDE round.cfg\nLABEL a\nKERNEL a\n");
    let run = common::boot(common::config(), common::dhcp_server(), tftp);
    assert_eq!(run.code(), "BP3508");
    assert_eq!(run.client.failure().unwrap().step, bootproto::Step::Choose);
    assert!(run.now.as_micros() < 5_000_000);
}

#[test]
fn a_caller_who_splices_nothing_does_not_go_round_for_ever() {
    let tftp = common::tftp_server()
        .with_file("lab/pxelinux.cfg/default", "INCLUDE more.cfg\n")
        .with_file("lab/more.cfg", "LABEL a\nKERNEL a\n");
    let client = bootproto::Client::new(common::config(), bootproto_core::Instant::default()).unwrap();
    let mut world = testkit::world::World::new(common::Booter(client), Link::perfect(), 1)
        .with_address(common::CLIENT)
        .with_peer(common::Both { dhcp: common::dhcp_server(), tftp });
    let ended = world.run(Duration::from_secs(60), |booter, now, event| {
        if matches!(event, bootproto::client::Event::NeedText) {
            booter.0.continue_with(now, b"INCLUDE more.cfg\n", b"");
        }
    });
    assert_eq!(ended, Ok(Ended::Idle), "it has finished, and waits for nothing");
    assert_eq!(world.machine.0.failure().unwrap().code().to_string(), "BP3207");
}

#[test]
fn a_configuration_larger_than_the_callers_buffer_ends_the_boot() {
    let tftp = common::tftp_server().with_file("lab/pxelinux.cfg/default", "# x\n".repeat(1000));
    let run = common::boot_with(
        common::config(),
        common::dhcp_server(),
        tftp,
        Link::perfect(),
        1,
        Driver::with_room(2000),
    );
    assert_eq!(run.code(), "BP3510");
}

#[test]
fn a_key_does_not_stop_the_clock_of_totaltimeout() {
    let run = boot(&format!("TOTALTIMEOUT 100\n{MENU}"), Answer::Hold);
    assert!(run.is_ready(), "{:#?}", run.driver.log);
    assert!(run.driver.logged("Choose { default: Some(2), timeout: Some(5s) }"), "{:#?}", run.driver.log);
    assert_eq!(run.command_line(), "BOOT_IMAGE=vmlinuz third");
    assert!(run.now.as_micros() > 10_000_000);
}

#[test]
fn an_entry_that_leads_to_another_menu_is_no_kernel_s_name() {
    let text =
        "PROMPT 1\nLABEL a\nKERNEL vmlinuz\nLABEL back\nMENU EXIT\nLABEL off\nMENU DISABLE\nKERNEL vmlinuz\n";
    for index in [1, 2] {
        let run = boot(text, Answer::Choose(index));
        assert_eq!(run.code(), "BP3205", "{:#?}", run.driver.log);
        assert!(!run.driver.missing.iter().any(|name| name.ends_with("back")));
    }
}
