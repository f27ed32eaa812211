//! Inputs that the corpus begins with.

use std::path::Path;

/// An input and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// What it is: the vector it comes from, or what it does.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Seed {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// The repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The real packets of a crate, as they are: `tests/vectors`, which say where each comes from.
pub(crate) fn vectors(folder: &str) -> Vec<Seed> {
    let all = testkit::vectors::load(root().join(folder).join("tests/vectors"));
    let all = all.unwrap_or_else(|error| panic!("{error}"));
    all.into_iter().map(|vector| Seed::new(vector.name, vector.bytes)).collect()
}

/// The files of a folder, such as another crate's own corpus.
pub(crate) fn files(folder: &str) -> Vec<Seed> {
    let place = root().join(folder);
    let entries = std::fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    let mut seeds: Vec<Seed> = entries
        .map(|entry| {
            let path = entry.and_then(|entry| Ok((entry.file_name(), std::fs::read(entry.path())?)));
            let (name, bytes) = path.unwrap_or_else(|error| panic!("{}: {error}", place.display()));
            Seed::new(name.to_string_lossy(), bytes)
        })
        .collect();
    seeds.sort_by(|one, other| one.name.cmp(&other.name));
    seeds
}

/// Scripts for `laws::ops_from_bytes` behind a byte that chooses the machine: all of the conversation in order, half of
/// it and then silence, and each datagram harmed.
pub(crate) fn scripts(machine: u8, name: &str, datagrams: usize) -> Vec<Seed> {
    let all = u8::try_from(datagrams).unwrap_or(u8::MAX);
    let timeouts = [11, 0, 0, 0, 15, 0, 0, 0].repeat(12);
    let harmed: Vec<u8> = (0..all.min(24)).flat_map(|which| [3 + 32 * (which % 8), which, 0, 40]).collect();
    let in_turn: Vec<u8> = (0..all.min(24)).flat_map(|which| [0, which, 0, 0, 15, 255, 0, 0]).collect();
    vec![
        Seed::new(format!("{name}-whole"), [vec![machine, all], timeouts.clone()].concat()),
        Seed::new(format!("{name}-falls-silent"), [vec![machine, all / 2], timeouts].concat()),
        Seed::new(format!("{name}-harmed"), [vec![machine, all / 2], harmed].concat()),
        Seed::new(format!("{name}-datagram-by-datagram"), [vec![machine, 0], in_turn].concat()),
    ]
}
