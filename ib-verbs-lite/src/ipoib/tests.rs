//! Interfaces that talk over a fabric in memory, and strangers among them.

mod codec;
mod lab;
mod laws;
mod strangers;
mod talk;
