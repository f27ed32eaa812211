//! The eight steps of a boot.
//!
//! Every event, failure and trace of the family names one of these. Only the names belong here; who does what in a
//! step is told in the modules that do it.

use core::fmt;

/// One step of a boot, in the order in which they happen.
///
/// The list is complete on purpose: a program may match all eight.
#[expect(clippy::exhaustive_enums, reason = "a boot has these eight steps; a program may match them all")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The boot order picks the network device.
    Select = 1,
    /// DHCP gives the address, the servers and the boot file.
    Configure,
    /// The network boot program comes over TFTP and starts.
    Load,
    /// The configuration file is found, fetched and read; an entry is chosen.
    Choose,
    /// The kernel and every initrd come and are placed in memory.
    Fetch,
    /// Size and digest of what came are checked.
    Verify,
    /// The kernel is started with its command line.
    Start,
    /// The kernel's own scripts mount the root.
    Root,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 8] = [
        Self::Select,
        Self::Configure,
        Self::Load,
        Self::Choose,
        Self::Fetch,
        Self::Verify,
        Self::Start,
        Self::Root,
    ];

    /// The step's number, 1 to 8.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Select => 1,
            Self::Configure => 2,
            Self::Load => 3,
            Self::Choose => 4,
            Self::Fetch => 5,
            Self::Verify => 6,
            Self::Start => 7,
            Self::Root => 8,
        }
    }

    /// The step with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }

    /// The step's name, one lower-case word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Configure => "configure",
            Self::Load => "load",
            Self::Choose => "choose",
            Self::Fetch => "fetch",
            Self::Verify => "verify",
            Self::Start => "start",
            Self::Root => "root",
        }
    }

    /// What happens in the step, in one line.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Select => "the boot order picks the network device",
            Self::Configure => "DHCP gives the address, the servers and the boot file",
            Self::Load => "the network boot program comes over TFTP and starts",
            Self::Choose => "the configuration file is found and an entry is chosen",
            Self::Fetch => "the kernel and its initrds come and are placed in memory",
            Self::Verify => "sizes and digests are checked",
            Self::Start => "the kernel starts with its command line",
            Self::Root => "the kernel's own scripts mount the root",
        }
    }
}

impl fmt::Display for Step {
    /// Prints the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn numbers_run_from_one_to_eight_and_lead_back() {
        for (step, number) in Step::ALL.into_iter().zip(1_u8..) {
            assert_eq!(step.number(), number);
            assert_eq!(Step::from_number(number), Some(step));
        }
        assert_eq!(Step::from_number(0), None);
        assert_eq!(Step::from_number(9), None);
    }

    #[test]
    fn a_step_prints_its_name() {
        extern crate std;
        assert_eq!(std::format!("{:>7}|{}", Step::Load, Step::Root), "   load|root");
    }
}
