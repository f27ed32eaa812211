//! The numbers of what can go wrong in this crate: each once, each in its range.

use bootproto::client::{ConfigError, Unexpected};
use bootproto::config::Fault;
use bootproto::linux::{HeaderError, PlaceError};
use bootproto::verify::VerifyError;
use bootproto_core::{Entry, Numbered};

#[test]
fn every_number_is_used_once_and_lies_in_its_range() {
    let tables: [(&[Entry], core::ops::Range<u16>); 7] = [
        (Unexpected::TABLE, 3101..3201),
        (bootproto::Fault::TABLE, 3201..3301),
        (ConfigError::TABLE, 3301..3401),
        (HeaderError::TABLE, 3401..3451),
        (PlaceError::TABLE, 3451..3501),
        (Fault::TABLE, 3501..3601),
        (VerifyError::TABLE, 3601..3701),
    ];
    for (table, range) in tables {
        let mut codes: Vec<u16> = table.iter().map(|entry| entry.code.0).collect();
        assert!(codes.iter().all(|code| range.contains(code)), "{range:?}");
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), table.len(), "{range:?}");
        assert!(table.iter().all(|entry| !entry.text.is_empty() && entry.hint.ends_with('.')));
    }
}
