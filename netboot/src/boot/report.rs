//! What a boot tells while it runs.

use std::net::SocketAddr;

use bootproto::Step;
use bootproto_core::Code;
use serde_json::{Value, json};

use super::News;

/// What is told.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// Something happened.
    Line {
        /// In which step.
        step: Step,
        /// For a person.
        text: String,
        /// For a program.
        json: Value,
    },
    /// A datagram changed nothing. There may be many.
    Ignored {
        /// In which step.
        step: Step,
        /// From whom, if anybody keeps watch.
        from: Option<SocketAddr>,
        /// Its number.
        code: Code,
        /// Why.
        why: String,
    },
    /// Bytes of a file have come.
    Progress {
        /// Whose.
        name: String,
        /// How many so far.
        bytes: u64,
        /// How many there will be, if that is known.
        size: Option<u64>,
    },
    /// The file is complete, or will not be.
    ProgressEnd,
}

impl Report {
    /// What happened below the protocols.
    pub(crate) fn news(step: Step, news: News) -> Self {
        match news {
            News::Line(event, text, fields) => Self::line(step, event, text, fields),
            News::Ignored(code, why) => Self::Ignored { step, from: None, code, why },
        }
    }

    /// A line with the event's name and further fields.
    pub(super) fn line(step: Step, event: &str, text: impl Into<String>, mut fields: Value) -> Self {
        fields["event"] = json!(event);
        fields["step"] = json!(step.name());
        Self::Line { step, text: text.into(), json: fields }
    }
}
