//! From arguments to an exit code.

use std::io::Write;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, Command, boot, documents, trace, transfers};
use crate::drive::Stop;
use crate::{Error, Mistake, serve};

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let _ = BEGIN.set(Instant::now());
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A reader that went away is no failure.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&usage(&error), std::env::args_os().any(|argument| argument == "--json")),
    };
    let json = cli.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, json),
    }
}

fn run(cli: Cli) -> Result<(), Error> {
    match cli.command.unwrap_or(Command::Boot(cli.boot)) {
        Command::Boot(args) => boot::run(&args, cli.json),
        Command::Serve(args) => {
            let mut server = serve::Server::bind(args.config()?)?;
            let json = cli.json;
            server.run(&Stop::on_signals()?, &mut |event| show(event, json))
        }
        Command::Get(args) => transfers::get(&args, cli.json),
        Command::Put(args) => transfers::put(&args, cli.json),
        Command::Trace(args) => trace::run(&args, cli.json),
        Command::Completions { shell } => documents::completions(shell),
        Command::Man { directory } => documents::man(directory.as_deref()),
    }
}

/// One event of the server, on one line.
fn show(event: &serve::Event, json: bool) {
    // Whoever reads the log may go away without ending the service.
    if json {
        return print(&event.json());
    }
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{event}");
    let _ = out.flush();
}

/// When the program began.
static BEGIN: OnceLock<Instant> = OnceLock::new();

/// One object on a line of its own, with the seconds since the program began. A reader that went away ends nothing.
pub(super) fn print(value: &serde_json::Value) {
    let _ = try_print(value);
}

/// The same, for whoever wants to know whether it was written.
pub(super) fn try_print(value: &serde_json::Value) -> std::io::Result<()> {
    let mut value = value.clone();
    value["at"] = (BEGIN.get_or_init(Instant::now).elapsed().as_micros() as f64 / 1e6).into();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}

/// The one line for a person, the object for a program, and the exit code.
fn fail(error: &Error, json: bool) -> ExitCode {
    if json {
        print(&error.json());
    }
    let _ = writeln!(std::io::stderr(), "netboot: {error}");
    ExitCode::from(error.exit_code())
}

/// What is wrong with the arguments, without the paragraphs that the library adds.
fn usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let what: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let what = what.join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what);
    let told = Error::mistake(Mistake::Argument, "arguments").because(what.trim_end_matches(':'));
    match error.get(ContextKind::SuggestedArg).or_else(|| error.get(ContextKind::SuggestedSubcommand)) {
        Some(ContextValue::String(name)) => told.with_hint(format!("did you mean {name}?")),
        Some(ContextValue::Strings(names)) => told.with_hint(format!("did you mean {}?", names.join(" or "))),
        _ => told,
    }
}
