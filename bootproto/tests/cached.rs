//! A boot that takes over the DHCP answers of whoever loaded us.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test"
)]

use bootproto::client::{Client, Config, ConfigError, Event, Load};
use bootproto::{Fault, Step, client::FileKind};
use bootproto_core::{Instant, Machine as _};
use bootproto_dhcp::{HardwareAddress, client as dhcp};

const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

const fn config() -> Config {
    Config::new(7, dhcp::Config::new(8, HardwareAddress::ethernet(MAC))).with_load(Load::Skip)
}

/// A DHCPACK as UEFI's PXE base code keeps it: 1472 bytes, zeros behind the end. Laid out by hand after RFC 2131
/// section 2.
fn acknowledgement() -> [u8; 1472] {
    let mut packet = [0; 1472];
    packet[..4].copy_from_slice(&[2, 1, 6, 0]);
    packet[16..20].copy_from_slice(&[10, 77, 0, 50]);
    packet[20..24].copy_from_slice(&[10, 77, 0, 1]);
    packet[28..34].copy_from_slice(&MAC);
    packet[108..125].copy_from_slice(b"lab/bootproto.efi");
    let options =
        [99, 130, 83, 99, 53, 1, 5, 54, 4, 10, 77, 0, 1, 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 14, 16, 255];
    packet[236..236 + options.len()].copy_from_slice(&options);
    packet
}

#[test]
fn it_is_configured_at_once_and_asks_for_its_configuration_first() {
    let mut client =
        Client::from_cached(config(), Instant::from_millis(5), &acknowledgement(), None, None).unwrap();
    assert_eq!(client.step(), Step::Configure);
    let mut buffer = [0; Client::MAX_TRANSMIT];
    assert_eq!(client.poll_transmit(Instant::from_millis(5), &mut buffer), Ok(None));
    let at = client.poll_timeout().unwrap();
    assert!(at <= Instant::from_millis(6));
    assert_eq!(client.handle_timeout(at), Some(Event::Configured));
    assert_eq!(client.lease().unwrap().address.octets(), [10, 77, 0, 50]);
    let at = client.poll_timeout().unwrap();
    assert_eq!(client.handle_timeout(at).unwrap_or(Event::Nothing), Event::Nothing);
    let request = client.poll_transmit(at, &mut buffer).unwrap().unwrap();
    assert_eq!(request.path.remote, "10.77.0.1:69".parse().unwrap());
    assert!(request.bytes.starts_with(b"\0\x01lab/pxelinux.cfg/01-52-54-00-12-34-56\0octet\0"));
    assert_eq!((client.step(), client.file_kind()), (Step::Choose, Some(FileKind::Configuration)));
}

#[test]
fn what_is_no_acknowledgement_is_not_taken_over() {
    let mut offer = acknowledgement();
    offer[242] = 2;
    for packet in [&[][..], &[0; 1472], &offer] {
        let client = Client::from_cached(config(), Instant::from_millis(0), packet, None, None);
        assert!(matches!(client, Err(ConfigError::Dhcp { .. })), "{client:?}");
    }
}

#[test]
fn an_acknowledgement_that_names_no_boot_file_is_told_as_such() {
    let mut packet = acknowledgement();
    packet[108..125].fill(0);
    let mut client = Client::from_cached(config(), Instant::from_millis(5), &packet, None, None).unwrap();
    let at = client.poll_timeout().unwrap();
    assert_eq!(client.handle_timeout(at), Some(Event::Configured));
    let at = client.poll_timeout().unwrap();
    let Some(Event::Failed { failure, .. }) = client.handle_timeout(at) else { panic!("{client:?}") };
    assert_eq!((failure.step, failure.cause), (Step::Configure, Fault::NoBootFile.into()));
}
