//! The corpus of every target, on the body that the fuzzer has. `UPDATE=1` writes the inputs that it begins with anew.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use fuzz_bodies::TARGETS;

fn fuzz() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The files of a folder by name; a folder that is not there has none.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    all.sort();
    all
}

fn names(folder: &str, ending: &str) -> BTreeSet<String> {
    let name = |path: &PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned());
    files(&fuzz().join(folder)).iter().filter_map(name).collect()
}

#[test]
fn every_target_has_a_program_and_a_corpus_and_nothing_else_has() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names("fuzz_targets", ".rs"), targets);
    assert_eq!(names("corpus", ""), targets);
    assert!(names("dictionaries", ".dict").is_subset(&targets));
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in targets {
        let program = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        let call = format!("libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_bodies::{name}::run(data));");
        assert!(program.contains(&call), "{name}.rs is not a call of its body");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
    }
}

#[test]
fn the_corpus_begins_with_the_seeds() {
    for target in TARGETS {
        let folder = fuzz().join("corpus").join(target.name);
        let seeds = (target.seeds)();
        assert!(seeds.len() > 1, "{} has nothing to begin with", target.name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
        }
        for seed in seeds {
            let file = folder.join(&seed.name);
            if std::env::var_os("UPDATE").is_some() {
                fs::write(&file, &seed.bytes).unwrap();
            }
            // A vector that is new in a crate is a seed that is new here.
            let is_kept = fs::read(&file).is_ok_and(|kept| kept == seed.bytes);
            assert!(
                is_kept,
                "{} is not there as it should be: UPDATE=1 cargo test -p fuzz-bodies",
                file.display()
            );
        }
    }
}

#[test]
fn every_input_of_the_corpus_is_fine() {
    for target in TARGETS {
        let inputs = files(&fuzz().join("corpus").join(target.name));
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        let mut failed = Vec::new();
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            if catch_unwind(|| (target.run)(&bytes)).is_err() {
                failed.push(input);
            }
        }
        assert!(failed.is_empty(), "{}: {failed:#?}", target.name);
    }
}

#[test]
fn every_seed_cut_anywhere_is_fine() {
    // The machines' scripts are lists of operations: cut, they are shorter lists. What is parsed is worth it.
    for target in TARGETS.iter().filter(|target| {
        ["dhcp_codec", "tftp_codec", "ib_codec", "pxe_structures", "pxelinux_cfg", "linux_kernel"]
            .contains(&target.name)
    }) {
        for seed in (target.seeds)() {
            for length in 0..seed.bytes.len() {
                let cut = catch_unwind(|| (target.run)(&seed.bytes[..length]));
                assert!(cut.is_ok(), "{}/{}, {length} bytes of it", target.name, seed.name);
            }
        }
    }
}
