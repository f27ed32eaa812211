//! From a server into a file.

use core::ops::ControlFlow;

use bootproto_tftp::client::Event;
use bootproto_tftp::{Download, Statistics};

use super::{Options, Outcome, Progress, Sink, Text, Url, failure, prepare};
use crate::Error;
use crate::drive::{Clock, Stop, drive, flush};

/// Fetches a file into `sink`. It gets its name only if it arrives whole.
///
/// # Errors
/// The TFTP machine's failure, a local file that can't be written, or `stop`.
pub fn get(
    url: &Url,
    mut sink: Sink,
    options: &Options,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, Error> {
    let (config, mut ports) = prepare(url, options)?;
    let server = config.server();
    let in_order = options.netascii || !sink.takes_any_order();
    let mut machine = Download::new(config.with_in_order(in_order))
        .map_err(|error| Error::mistake(crate::Mistake::Argument, url.to_string()).because(error))?;
    let clock = Clock::start();
    let mut text = options.netascii.then(Text::default);
    let mut seen = 0;
    let what = format!("fetching {url}");
    let result = drive(&mut machine, &mut ports, &clock, stop, |machine, event, _| {
        let stored = match event {
            Event::Opened(negotiated) => {
                progress(Progress::Opened(negotiated));
                Ok(())
            }
            Event::Data { offset, bytes } => {
                seen += bytes.len() as u64;
                progress(Progress::Bytes(seen));
                let stored = match &mut text {
                    Some(text) => text.write(bytes, |offset, bytes| sink.write_at(offset, bytes)),
                    None => sink.write_at(offset, bytes),
                };
                // Where nothing was lost the last acknowledgement arrives too, and nobody need wait for the end of
                // the machine's patience.
                if stored.is_ok() && machine.is_complete() && is_clean(machine.statistics()) {
                    return ControlFlow::Break(Ok(machine.received()));
                }
                stored
            }
            Event::FellBack(_) => {
                seen = 0;
                text = text.as_ref().map(|_| Text::default());
                progress(Progress::Restarted);
                sink.restart()
            }
            Event::Done { size } => return ControlFlow::Break(Ok(size)),
            ref other => match failure(other, &what) {
                Some(error) => return ControlFlow::Break(Err(error)),
                None => Ok(()),
            },
        };
        match stored {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Err(Error::local_file(&what, &error))),
        }
    });
    if result.is_err() {
        // The server need not wait for us until its own time-out.
        machine.abort();
        let _ = flush(&mut machine, &mut ports, &clock, &mut Vec::new());
    }
    let bytes = result??;
    let time = clock.now().saturating_since(bootproto_core::Instant::default());
    if let Some(text) = text {
        text.finish(|offset, bytes| sink.write_at(offset, bytes))
            .map_err(|error| Error::local_file(&what, &error))?;
    }
    sink.finish()?;
    Ok(Outcome { server, bytes, time, negotiated: machine.negotiated(), statistics: machine.statistics() })
}

fn is_clean(statistics: Statistics) -> bool {
    statistics.retransmissions == 0 && statistics.duplicates == 0
}
