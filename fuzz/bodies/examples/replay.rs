//! Gives files to the body of a fuzz target: `cargo run -p fuzz-bodies --example replay -- TARGET FILE...`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let Some(target) = fuzz_bodies::TARGETS.iter().find(|target| target.name == name) else {
        let names: Vec<&str> = fuzz_bodies::TARGETS.iter().map(|target| target.name).collect();
        eprintln!("usage: replay TARGET FILE..., where TARGET is one of {}", names.join(", "));
        return ExitCode::from(2);
    };
    for file in words {
        match std::fs::read(&file) {
            Ok(bytes) => (target.run)(&bytes),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::from(2);
            }
        }
        println!("{file}: fine");
    }
    ExitCode::SUCCESS
}
