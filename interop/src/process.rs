//! Programs started inside a namespace: daemons with their log, and commands with a time limit.
//!
//! Each gets a process group of its own, killed by number at drop, and dies with the keeper of its namespace, so that
//! a test that panics or is interrupted leaves nothing running.

use crate::Outcome;
use crate::namespace::Namespace;
use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// A running program and all it has written.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    text: Mutex<Text>,
    grown: Condvar,
}

#[derive(Debug, Default)]
struct Text {
    output: Vec<u8>,
    errors: Vec<u8>,
    open: usize,
}

/// What a command left.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit.
    pub status: ExitStatus,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

impl Finished {
    /// The same, if the exit was 0.
    ///
    /// # Errors
    /// Otherwise, with all that was written.
    pub fn success(self) -> Outcome<Self> {
        if self.status.success() {
            return Ok(self);
        }
        Err(format!("{}\n{}{}", self.status, self.output, self.errors).into())
    }

    /// Both streams.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{}", self.output, self.errors)
    }
}

impl Program {
    /// Starts it in the namespace. Standard input is empty.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(namespace: &Namespace, command: Command) -> Outcome<Self> {
        Self::start_with(namespace, command, Stdio::null)
    }

    /// As [`start`](Self::start), with a standard input for [`type_in`](Self::type_in).
    ///
    /// # Errors
    /// It can't be started.
    pub fn start_interactive(namespace: &Namespace, command: Command) -> Outcome<Self> {
        Self::start_with(namespace, command, Stdio::piped)
    }

    fn start_with(namespace: &Namespace, command: Command, input: fn() -> Stdio) -> Outcome<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let named = name.clone();
        let mut child = namespace
            .enter(move || spawn(command, input()))
            .map_err(|error| format!("{named} does not start: {error}"))?;
        let log = Arc::new(Log::default());
        log.text.lock().expect("no holder panics").open = 2;
        let streams: [(Option<Box<dyn Read + Send>>, bool); 2] = [
            (child.stdout.take().map(|stream| Box::new(stream) as _), false),
            (child.stderr.take().map(|stream| Box::new(stream) as _), true),
        ];
        for (stream, is_error) in streams {
            let log = Arc::clone(&log);
            std::thread::spawn(move || follow(stream, &log, is_error));
        }
        Ok(Self { name, child, log })
    }

    /// Waits until a text appears in what it writes.
    ///
    /// # Errors
    /// It ended before, or the time is up; with all it wrote.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> Outcome {
        let end = Instant::now() + limit;
        loop {
            if self.log().contains(text) {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() >= end {
                if self.log().contains(text) {
                    return Ok(());
                }
                let how = ended.map_or_else(|| "is silent".to_owned(), |status| format!("ended: {status}"));
                return Err(format!("{}: waiting for {text:?}: {how}\n{}", self.name, self.log()).into());
            }
            let held = self.log.text.lock().expect("no holder panics");
            let _ = self.log.grown.wait_timeout(held, Duration::from_millis(50));
        }
    }

    /// Types something.
    ///
    /// # Errors
    /// It takes no input, or has ended.
    pub fn type_in(&mut self, keys: &[u8]) -> Outcome {
        let input = self.child.stdin.as_mut().ok_or("it takes no input")?;
        input.write_all(keys)?;
        Ok(input.flush()?)
    }

    /// Everything written so far.
    #[must_use]
    pub fn log(&self) -> String {
        let text = self.log.text.lock().expect("no holder panics");
        format!("{}{}", String::from_utf8_lossy(&text.output), String::from_utf8_lossy(&text.errors))
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// The time is up; with all it wrote. It is killed then.
    pub fn finish(mut self, limit: Duration) -> Outcome<Finished> {
        let end = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() >= end {
                return Err(format!("{} still runs after {limit:?}\n{}", self.name, self.log()).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut text = self.log.text.lock().expect("no holder panics");
        // A grandchild may hold the pipe open: what the program itself wrote is there already.
        let grace = Instant::now() + Duration::from_secs(1);
        while text.open > 0 && Instant::now() < grace {
            text = self.log.grown.wait_timeout(text, Duration::from_millis(50)).expect("no holder panics").0;
        }
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (output, errors) = (string(&text.output), string(&text.errors));
        Ok(Finished { status, output, errors })
    }

    /// Ends it with the signal that asks politely, and waits a little.
    pub fn terminate(&mut self) {
        self.signal(rustix::process::Signal::TERM);
        let end = Instant::now() + Duration::from_secs(2);
        while self.is_running() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it at once, with its children.
    pub fn kill(&mut self) {
        // The group first: a server's children go with it. The number can't be another's before `wait`.
        self.signal(rustix::process::Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command in the namespace to its end.
///
/// # Errors
/// It can't be started, or the time is up.
pub fn run(namespace: &Namespace, command: Command, limit: Duration) -> Outcome<Finished> {
    Program::start(namespace, command)?.finish(limit)
}

fn spawn(mut command: Command, input: Stdio) -> std::io::Result<Child> {
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    // SAFETY: between fork and exec only one system call is made, which allocates nothing and takes no lock.
    unsafe {
        command.pre_exec(|| {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            Ok(())
        });
    }
    command.spawn()
}

fn follow(stream: Option<Box<dyn Read + Send>>, log: &Log, is_error: bool) {
    let mut buffer = [0; 4096];
    if let Some(mut stream) = stream {
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let mut text = log.text.lock().expect("no holder panics");
            let into = if is_error { &mut text.errors } else { &mut text.output };
            into.extend_from_slice(&buffer[..length]);
            log.grown.notify_all();
        }
    }
    log.text.lock().expect("no holder panics").open -= 1;
    log.grown.notify_all();
}
