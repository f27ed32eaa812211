//! Completions and manual pages, made from the arguments themselves.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;

use super::Cli;
use crate::{Error, Mistake};

/// Prints the completions for `shell`.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<(), Error> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "netboot", &mut text);
    print(&text)
}

/// Prints the manual page, or writes one for every command into `directory`.
pub(super) fn man(directory: Option<&Path>) -> Result<(), Error> {
    let Some(directory) = directory else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command())
            .render(&mut text)
            .map_err(|error| Error::local_file("writing the manual page", &error))?;
        return print(&text);
    };
    clap_mangen::generate_to(Cli::command(), directory).map_err(|error| {
        Error::mistake(Mistake::Unwritable, format!("writing manual pages into {}", directory.display()))
            .because(error)
    })
}

fn print(text: &[u8]) -> Result<(), Error> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::local_file("writing to standard output", &error))
        }
        _ => Ok(()),
    }
}
