//! The program: arguments, output, exit codes.
//!
//! What belongs here: what a person types and reads. What does not: doing it, which is [`crate::transfer`],
//! [`crate::serve`] and their neighbours.

mod args;
mod boot;
mod boot_args;
mod choose;
mod documents;
mod run;
mod serve_args;
mod show;
mod trace;
mod transfers;

pub use args::{Cli, Command};
pub use run::main;
