//! Who chooses where the network leaves a choice.

use std::time::Duration;

use bootproto::config::Menu;

use crate::Error;

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// This one: an entry's index, or a boot server's type.
    This(usize),
    /// What the time-out would take; where there is no time-out, the default at once.
    Default,
}

/// Answers menus.
pub trait Chooser {
    /// Chooses an entry of a configuration; `default` is what the time-out would take after `timeout`.
    ///
    /// # Errors
    /// What was asked for is not there.
    fn entry(
        &mut self,
        menu: &Menu<'_>,
        default: Option<usize>,
        timeout: Option<Duration>,
    ) -> Result<Choice, Error>;

    /// Chooses a boot server of a PXE menu by its type; the first line is what the time-out would take.
    ///
    /// # Errors
    /// What was asked for is not there.
    fn server(
        &mut self,
        prompt: &str,
        lines: &[(u16, String)],
        timeout: Option<Duration>,
    ) -> Result<Choice, Error>;
}

/// Nobody is there to choose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Chooser for Nobody {
    fn entry(&mut self, _: &Menu<'_>, _: Option<usize>, _: Option<Duration>) -> Result<Choice, Error> {
        Ok(Choice::Default)
    }

    fn server(&mut self, _: &str, _: &[(u16, String)], _: Option<Duration>) -> Result<Choice, Error> {
        Ok(Choice::Default)
    }
}
