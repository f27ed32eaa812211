//! From a file to a server.

use core::ops::ControlFlow;

use bootproto_tftp::client::Event;
use bootproto_tftp::{Source, Upload};

use super::{FileSource, Options, Outcome, Progress, Url, failure, prepare};
use crate::drive::{Clock, Stop, drive, flush};
use crate::{Error, Trouble};

/// Stores the file behind `source` on a server.
///
/// # Errors
/// The TFTP machine's failure, a file that is larger than the limit or can't be read, or `stop`.
pub fn put(
    url: &Url,
    source: FileSource,
    options: &Options,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, Error> {
    let what = format!("storing {url}");
    let size = source.len();
    if size > options.limit {
        return Err(Error::failure(&Trouble::TooLarge, what));
    }
    let (config, mut ports) = prepare(url, options)?;
    let server = config.server();
    let mut machine = Upload::new(config, source)
        .map_err(|error| Error::mistake(crate::Mistake::Argument, url.to_string()).because(error))?;
    let clock = Clock::start();
    let result = drive(&mut machine, &mut ports, &clock, stop, |machine, event, _| {
        match event {
            Event::Opened(negotiated) => progress(Progress::Opened(negotiated)),
            Event::FellBack(_) => progress(Progress::Restarted),
            Event::Done { size } => return ControlFlow::Break(Ok(size)),
            other => {
                if let Some(error) = failure(&other, &what) {
                    return ControlFlow::Break(Err(error));
                }
                progress(Progress::Bytes(machine.acknowledged()));
            }
        }
        ControlFlow::Continue(())
    });
    if result.is_err() {
        machine.abort();
        let _ = flush(&mut machine, &mut ports, &clock, &mut Vec::new());
    }
    let bytes = result??;
    let time = clock.now().saturating_since(bootproto_core::Instant::default());
    Ok(Outcome { server, bytes, time, negotiated: machine.negotiated(), statistics: machine.statistics() })
}
