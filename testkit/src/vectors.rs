//! Test vectors on disk: `NAME.hex` with the bytes, `NAME.toml` with where they come from and what they show.
//!
//! What belongs here: reading such a folder, and cutting a vector short. What does not: what the bytes mean.
//!
//! A hex file is pairs of hex digits; white space and everything after a `#` are skipped. A toml file is lines of
//! `key = "value"`; `origin` and `shows` are required, because a vector needs provenance.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    /// The file's name without its ending.
    pub name: String,
    /// The datagram.
    pub bytes: Vec<u8>,
    /// Everything the toml file says.
    pub about: BTreeMap<String, String>,
}

impl Vector {
    /// Where the bytes come from.
    pub fn origin(&self) -> &str {
        &self.about["origin"]
    }

    /// What the vector shows.
    pub fn shows(&self) -> &str {
        &self.about["shows"]
    }
}

/// All vectors of a folder, by name.
///
/// # Errors
/// What is wrong with which file. A hex file without its toml file and the reverse are errors, and so is an empty
/// folder: a test over no vectors proves nothing.
pub fn load(folder: impl AsRef<Path>) -> Result<Vec<Vector>, String> {
    let folder = folder.as_ref();
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: BTreeMap<String, u8> = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let bit = match path.extension().and_then(|ending| ending.to_str()) {
            Some("hex") => 1,
            Some("toml") => 2,
            _ => continue,
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        *names.entry(name).or_default() |= bit;
    }
    if names.is_empty() {
        return Err(format!("{}: no vectors", folder.display()));
    }
    names.into_iter().map(|(name, parts)| one(folder, name, parts)).collect()
}

/// The vector called `name`; panics with the reason if it can't be read, as a test wants.
///
/// # Panics
/// When the vector is missing or malformed.
pub fn named(folder: impl AsRef<Path>, name: &str) -> Vector {
    one(folder.as_ref(), name.to_owned(), 3).unwrap_or_else(|error| panic!("{error}"))
}

fn one(folder: &Path, name: String, parts: u8) -> Result<Vector, String> {
    match parts {
        1 => return Err(format!("{name}.hex has no {name}.toml: where does it come from?")),
        2 => return Err(format!("{name}.toml has no {name}.hex")),
        _ => {}
    }
    let read = |ending: &str| {
        let file = folder.join(format!("{name}.{ending}"));
        fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
    };
    let bytes = hex(&read("hex")?).map_err(|error| format!("{name}.hex: {error}"))?;
    let about = toml(&read("toml")?).map_err(|error| format!("{name}.toml: {error}"))?;
    for key in ["origin", "shows"] {
        if about.get(key).is_none_or(String::is_empty) {
            return Err(format!("{name}.toml: no {key}"));
        }
    }
    Ok(Vector { name, bytes, about })
}

/// Pairs of hex digits; `#` starts a comment.
///
/// # Errors
/// The first thing that is neither.
pub fn hex(text: &str) -> Result<Vec<u8>, String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let digits: Vec<char> = lines.flat_map(str::chars).filter(|digit| !digit.is_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return Err("an odd number of hex digits".into());
    }
    let value = |digit: char| digit.to_digit(16).ok_or_else(|| format!("{digit:?} is no hex digit"));
    digits
        .chunks(2)
        .map(|pair| Ok(u8::try_from(value(pair[0])? * 16 + value(pair[1])?).unwrap_or_default()))
        .collect()
}

/// The hex file's text for `bytes`, sixteen to a line.
pub fn to_hex(bytes: &[u8]) -> String {
    let line = |row: &[u8]| row.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ") + "\n";
    bytes.chunks(16).map(line).collect()
}

/// Lines of `key = "value"`, and comments. Of the escapes only `\"`, `\\` and `\n`.
fn toml(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut pairs = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=').ok_or_else(|| format!("no key in {line:?}"))?;
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let plain = quoted.unwrap_or(value).replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\");
        if pairs.insert(key.trim().to_owned(), plain).is_some() {
            return Err(format!("{} stands there twice", key.trim()));
        }
    }
    Ok(pairs)
}

/// `bytes` cut after every possible length, the shortest first, the whole not included.
pub fn truncations(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..bytes.len()).map(|length| &bytes[..length])
}

#[cfg(test)]
mod tests {
    use super::{hex, load, named, to_hex, toml, truncations};

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

    #[test]
    fn a_folder_is_read_by_name() {
        let all = load(FOLDER).unwrap();
        let names: Vec<&str> = all.iter().map(|vector| vector.name.as_str()).collect();
        assert_eq!(names, ["rrq", "udhcpc-discover", "udhcpc-release", "udhcpc-request"]);
        let rrq = named(FOLDER, "rrq");
        assert_eq!(rrq.bytes, b"\x00\x01file\0octet\0");
        assert!(rrq.origin().contains("RFC 1350"));
        assert!(!rrq.shows().is_empty());
    }

    #[test]
    fn a_folder_without_vectors_is_an_error() {
        assert!(load(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap_err().contains("no vectors"));
        assert!(load("/nowhere/at/all").is_err());
    }

    #[test]
    fn hex_goes_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(hex(&to_hex(&bytes)), Ok(bytes));
        assert_eq!(hex("de ad # comment ff\nbeef"), Ok(vec![0xde, 0xad, 0xbe, 0xef]));
        assert!(hex("abc").is_err());
        assert!(hex("zz").is_err());
    }

    #[test]
    fn toml_lines_are_pairs() {
        let pairs = toml("# about\norigin = \"a \\\"b\\\"\"\n\nn = 3\n").unwrap();
        assert_eq!(pairs["origin"], "a \"b\"");
        assert_eq!(pairs["n"], "3");
        assert!(toml("nothing").is_err());
        assert!(toml("a = \"1\"\na = \"2\"").is_err());
    }

    #[test]
    fn truncations_are_all_proper_prefixes() {
        let all: Vec<&[u8]> = truncations(b"abc").collect();
        assert_eq!(all, [&b""[..], b"a", b"ab"]);
    }
}
