//! Ending a loop that waits for datagrams: from a signal, or from another thread.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use crate::Error;

/// The end that a loop watches. Once stopped it stays stopped.
#[derive(Debug)]
pub struct Stop {
    reader: UnixStream,
    writer: UnixStream,
}

/// The end that another thread holds.
#[derive(Debug)]
pub struct Stopper(UnixStream);

impl Stop {
    /// One that nobody has stopped.
    ///
    /// # Errors
    /// The operating system has no more file descriptors.
    pub fn new() -> Result<Self, Error> {
        let pair = || -> io::Result<Self> {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            writer.set_nonblocking(true)?;
            Ok(Self { reader, writer })
        };
        pair().map_err(|error| Error::network("making a pipe", &error))
    }

    /// One that SIGINT and SIGTERM stop.
    ///
    /// # Errors
    /// The operating system has no more file descriptors.
    pub fn on_signals() -> Result<Self, Error> {
        let stop = Self::new()?;
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            stop.writer
                .try_clone()
                .and_then(|writer| signal_hook::low_level::pipe::register(signal, writer))
                .map_err(|error| Error::network("watching for signals", &error))?;
        }
        Ok(stop)
    }

    /// The other end.
    ///
    /// # Errors
    /// The operating system has no more file descriptors.
    pub fn stopper(&self) -> Result<Stopper, Error> {
        self.writer.try_clone().map(Stopper).map_err(|error| Error::network("making a pipe", &error))
    }

    /// Whether it has been stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        // What was read is put back: a second loop over the same signal ends too.
        let mut byte = [0];
        let stopped = (&self.reader).read(&mut byte).is_ok_and(|length| length > 0);
        if stopped {
            let _ = (&self.writer).write(&byte);
        }
        stopped
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

impl Stopper {
    /// Stops the loop that watches.
    pub fn stop(&self) {
        // A full pipe means that it was told often enough.
        let _ = (&self.0).write(&[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[test]
    fn once_stopped_it_stays_stopped() {
        let stop = Stop::new().unwrap();
        assert!(!stop.is_stopped());
        stop.stopper().unwrap().stop();
        assert!(stop.is_stopped() && stop.is_stopped());
    }
}
