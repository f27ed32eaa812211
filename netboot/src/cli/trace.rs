//! `trace`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::TraceArgs;
use super::run::print;
use crate::error::plain;
use crate::transfer::Sink;
use crate::{Error, Mistake, capture};

pub(super) fn run(args: &TraceArgs, json: bool) -> Result<(), Error> {
    let to = target(args)?;
    if json && to == Path::new("-") {
        return Err(Error::mistake(Mistake::Argument, "--json")
            .because("standard output can't be both events and the file")
            .with_hint("name a file"));
    }
    let name =
        if args.log == Path::new("-") { "standard input".into() } else { args.log.display().to_string() };
    let log = read(&args.log)
        .map_err(|error| Error::mistake(Mistake::Unreadable, name.clone()).because(plain(&error)))?;
    let mut captures = capture::find(&log, &name)?;
    let (count, number) = (captures.len(), args.number.map_or(captures.len(), usize::from));
    if number > count {
        return Err(Error::mistake(Mistake::Argument, format!("--number {number}"))
            .because(format!("the log has {count}"))
            .with_hint("count from 1"));
    }
    let capture = captures.swap_remove(number - 1);
    let mut sink = Sink::create(&to)?;
    sink.write_at(0, &capture.file).map_err(|error| Error::local_file(to.display().to_string(), &error))?;
    sink.finish()?;
    if json {
        print(&json!({
            "event": "done", "from": name, "line": capture.line, "to": to.display().to_string(),
            "packets": capture.packets, "bytes": capture.file.len(), "number": number, "of": count,
        }));
        return Ok(());
    }
    // Standard output may be the file itself.
    let _ = writeln!(
        std::io::stderr(),
        "{name}, line {}: {} packets to {}, capture {number} of {count}",
        capture.line,
        capture.packets,
        to.display()
    );
    Ok(())
}

fn target(args: &TraceArgs) -> Result<PathBuf, Error> {
    match &args.file {
        Some(file) => Ok(file.clone()),
        None if args.log == Path::new("-") => Err(Error::mistake(Mistake::Argument, "-")
            .because("the capture file has no name")
            .with_hint("name it after the -")),
        None => Ok(args.log.with_extension("pcapng")),
    }
}

fn read(log: &Path) -> std::io::Result<Vec<u8>> {
    if log == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(log)
}
