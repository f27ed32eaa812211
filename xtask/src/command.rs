//! Starting programs from the repository's root.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a chore ends with: the text is for the person.
pub(crate) type Done<T = ()> = Result<T, String>;

/// The repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// How it reads on a terminal.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let line = words.join(" ");
    line.rsplit_once("/cargo ").map_or(line.clone(), |(_, rest)| format!("cargo {rest}"))
}

/// Runs it with its output passed on.
pub(crate) fn run(command: &mut Command) -> Done {
    let line = shown(command);
    let status = command.status().map_err(|error| format!("{line}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{line}: {status}")) }
}

/// Runs it with its output passed on, and has each line of standard output looked at.
pub(crate) fn run_watched(command: &mut Command, mut look: impl FnMut(&str)) -> Done {
    let line = shown(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{line}: {error}"))?;
    if let Some(output) = child.stdout.take() {
        for read in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&read);
            println!("{text}");
            look(&text);
        }
    }
    let status = child.wait().map_err(|error| format!("{line}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{line}: {status}")) }
}

/// What it prints, if it succeeds.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
