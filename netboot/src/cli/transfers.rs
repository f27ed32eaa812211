//! `get` and `put`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::args::{GetArgs, PutArgs, TransferArgs};
use super::run::print;
use crate::drive::Stop;
use crate::transfer::{self, FileSource, Options, Outcome, Progress, Sink, Url};
use crate::{Error, Mistake, size};

/// `netboot get`.
pub(super) fn get(args: &GetArgs, json: bool) -> Result<(), Error> {
    let url: Url = args.url.parse()?;
    let local = local_name(&url, args.local.as_deref())?;
    if json && local == Path::new("-") {
        return Err(Error::mistake(Mistake::Argument, "--json")
            .because("standard output can't be both events and the file")
            .with_hint("name a file"));
    }
    let sink = Sink::create(&local)?;
    let stop = Stop::on_signals()?;
    let mut show = Show::new(json, None);
    let outcome = transfer::get(&url, sink, &options(&args.options, args.limit), &stop, &mut |progress| {
        show.progress(progress);
    });
    show.end();
    let outcome = outcome?;
    let name =
        if local == Path::new("-") { "standard output".to_owned() } else { local.display().to_string() };
    show.outcome(&outcome, &url.to_string(), &name);
    Ok(())
}

/// `netboot put`.
pub(super) fn put(args: &PutArgs, json: bool) -> Result<(), Error> {
    let mut url = args.url.clone();
    if url.ends_with('/') {
        let name = args.local.file_name().filter(|_| args.local != Path::new("-"));
        url.push_str(&name.unwrap_or_default().to_string_lossy().replace('%', "%25"));
    }
    let url: Url = url.parse()?;
    // Before the file, which may be read from a person's keyboard.
    url.resolve()?;
    let source = FileSource::open(&args.local, args.limit)?;
    let stop = Stop::on_signals()?;
    let mut show = Show::new(json, Some(bootproto_tftp::Source::len(&source)));
    let outcome = transfer::put(&url, source, &options(&args.options, args.limit), &stop, &mut |progress| {
        show.progress(progress);
    });
    show.end();
    show.outcome(&outcome?, &args.local.display().to_string(), &url.to_string());
    Ok(())
}

fn options(args: &TransferArgs, limit: u64) -> Options {
    Options {
        block_size: args.blksize,
        window_size: args.windowsize,
        give_up: Duration::from_secs(args.timeout.into()),
        netascii: args.netascii,
        limit,
    }
}

/// Where a fetched file goes: as told, into the directory that was told, or here under its own name.
fn local_name(url: &Url, told: Option<&Path>) -> Result<PathBuf, Error> {
    let directory = match told {
        Some(told) if told.is_dir() => told,
        Some(told) => return Ok(told.to_owned()),
        None => Path::new(""),
    };
    let name = url.base_name().ok_or_else(|| {
        Error::mistake(Mistake::Argument, url.to_string())
            .because("the file has no name of its own")
            .with_hint("say where to put it")
    })?;
    Ok(directory.join(name))
}

/// What a person or a program sees of a transfer.
struct Show {
    json: bool,
    bar: Option<ProgressBar>,
    size: Option<u64>,
}

impl Show {
    fn new(json: bool, size: Option<u64>) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            bar.set_style(style(size.is_some()));
            bar
        });
        Self { json, bar, size }
    }

    fn progress(&mut self, progress: Progress) {
        match progress {
            Progress::Opened(negotiated) => {
                if self.json {
                    print(&json!({
                        "event": "opened", "size": negotiated.size, "blksize": negotiated.block_size,
                        "windowsize": negotiated.window_size,
                    }));
                }
                self.size = self.size.or(negotiated.size);
                if let (Some(bar), Some(size)) = (&self.bar, self.size) {
                    bar.set_length(size);
                    bar.set_style(style(true));
                }
            }
            Progress::Bytes(bytes) => {
                if let Some(bar) = &self.bar {
                    bar.set_position(bytes);
                }
            }
            Progress::Restarted => {
                if self.json {
                    print(&json!({"event": "restarted"}));
                }
                if let Some(bar) = &self.bar {
                    bar.set_position(0);
                }
            }
        }
    }

    /// Nothing of the bar is left on the terminal.
    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn outcome(&self, outcome: &Outcome, from: &str, to: &str) {
        let Outcome { bytes, time, negotiated, statistics, server, .. } = outcome;
        if self.json {
            print(&json!({
                "event": "done", "from": from, "to": to, "server": server.to_string(), "bytes": bytes,
                "seconds": time.as_secs_f64(), "bytes_per_second": size::per_second(*bytes, *time),
                "blksize": negotiated.block_size, "windowsize": negotiated.window_size,
                "retransmissions": statistics.retransmissions, "duplicates": statistics.duplicates,
            }));
            return;
        }
        // Standard output may be the file itself.
        let _ = writeln!(
            std::io::stderr(),
            "{from} -> {to}: {} ({bytes} bytes) in {}, {}, blksize {} windowsize {}{}",
            size::human(*bytes),
            size::time(*time),
            size::rate(*bytes, *time),
            negotiated.block_size,
            negotiated.window_size,
            match statistics.retransmissions {
                0 => String::new(),
                count => format!(", {count} sent again"),
            },
        );
    }
}

pub(super) fn style(known: bool) -> ProgressStyle {
    let template = if known {
        "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
    } else {
        "{spinner} {bytes} {bytes_per_sec}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
