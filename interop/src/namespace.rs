//! Network namespaces without a name.
//!
//! Each is held by a thread of its own, the keeper. Whatever has to happen inside runs on that thread, and programs
//! started there belong to the namespace. When the keeper ends, for whatever reason, the kernel removes the namespace
//! and kills the programs ([`crate::process`] asks for that).

use crate::Outcome;
use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

type Job = Box<dyn FnOnce() + Send>;

/// A network namespace; dropping it removes it.
#[derive(Debug)]
pub struct Namespace {
    jobs: Option<Sender<Job>>,
    keeper: Option<JoinHandle<()>>,
    thread: i32,
}

impl Namespace {
    /// Makes a namespace whose loopback is up.
    ///
    /// # Errors
    /// The kernel refuses: no right to make one (see [`crate::runner`] for what is tried first).
    pub fn new(name: &str) -> Outcome<Self> {
        let (jobs, inbox) = channel::<Job>();
        let (report, reported) = channel();
        let keeper = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // SAFETY: only the network namespace of this thread changes; file descriptors stay shared.
            let made = unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) };
            let thread = rustix::thread::gettid().as_raw_nonzero().get();
            let _ = report.send(made.map(|()| thread));
            if made.is_ok() {
                inbox.into_iter().for_each(|job| job());
            }
        })?;
        let thread = reported.recv()?.map_err(|error| format!("can't make a network namespace: {error}"))?;
        let namespace = Self { jobs: Some(jobs), keeper: Some(keeper), thread };
        namespace.ip("link set lo up")?;
        Ok(namespace)
    }

    /// The thread that holds it: what `ip link set ... netns` takes.
    #[must_use]
    pub fn thread(&self) -> i32 {
        self.thread
    }

    /// Runs something inside: a socket made there belongs to the namespace wherever it is used later.
    ///
    /// # Panics
    /// Where the job does.
    pub fn enter<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (answer, answered) = channel::<Result<T, Box<dyn Any + Send>>>();
        let job: Job = Box::new(move || {
            let _ = answer.send(catch_unwind(AssertUnwindSafe(job)));
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        assert!(sent, "the keeper of the namespace is gone");
        match answered.recv().expect("the keeper answers every job") {
            Ok(value) => value,
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Runs `ip` with lines of its batch language.
    ///
    /// # Errors
    /// With what `ip` said.
    pub fn ip(&self, batch: &str) -> Outcome {
        let batch = batch.to_owned();
        self.enter(move || -> Outcome {
            let mut child = Command::new("ip")
                .args(["-batch", "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(|error| format!("needs iproute2: ip: {error}"))?;
            child.stdin.take().expect("it was asked for").write_all(batch.as_bytes())?;
            let output = child.wait_with_output()?;
            let text = String::from_utf8_lossy(&output.stderr);
            if output.status.success() { Ok(()) } else { Err(format!("ip: {batch}: {text}").into()) }
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}
