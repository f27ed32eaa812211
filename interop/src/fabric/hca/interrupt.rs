//! The card's interrupt line. The proxy device can raise it only under KVM; QEMU's test protocol (`-qtest`,
//! docs/devel/qtest.rst in QEMU) moves any input of its interrupt controller, also while the machine runs emulated.

use crate::Outcome;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;

/// The line, level-triggered as INTx is.
#[derive(Debug)]
pub(super) struct Interrupt {
    qtest: UnixStream,
    raised: Option<u8>,
}

impl Interrupt {
    pub(super) fn new(qtest: UnixStream) -> Outcome<Self> {
        qtest.set_nonblocking(true)?;
        Ok(Self { qtest, raised: None })
    }

    /// Raises or lowers it, on an input of the I/O APIC.
    pub(super) fn set(&mut self, line: u8, high: bool) -> Outcome {
        let wanted = high.then_some(line);
        if wanted == self.raised {
            return Ok(());
        }
        if let Some(before) = self.raised {
            self.command(before, 0)?;
        }
        if let Some(line) = wanted {
            self.command(line, 1)?;
        }
        self.raised = wanted;
        Ok(())
    }

    fn command(&mut self, line: u8, level: u8) -> Outcome {
        let command = format!("set_irq_in ioapic unnamed-gpio-in {line} {level}\n");
        self.qtest.write_all(command.as_bytes())?;
        // Its answers ("OK") are not waited for, but must not pile up.
        let mut answers = [0; 256];
        loop {
            match self.qtest.read(&mut answers) {
                Ok(0) => return Err("QEMU's test protocol is closed".into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
