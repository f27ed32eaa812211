//! The configuration file of a boot: where it may lie, what stands in it, and the command line made from it.
//!
//! What belongs here: names, grammar and rules of PXELINUX's `pxelinux.cfg`, as pure functions over texts that the
//! caller holds. What does not: fetching, waiting for a choice, placing files in memory.
//!
//! The grammar is the one of SYSLINUX 6 (its `doc/syslinux.txt`, `doc/menu.txt` and `doc/pxelinux.txt`). A text is a
//! row of bytes: it need not be UTF-8. Reading never fails as a whole: what is wrong or unknown is told by
//! [`Menu::problems`] and passed over.
//!
//! ```
//! use bootproto::config::{Menu, SystemFacts, command_line};
//!
//! let text = b"DEFAULT debian\nLABEL debian\n KERNEL linux\n INITRD initrd.gz\n APPEND quiet\n";
//! let entry = Menu::parse(text)?.default_entry()?;
//! assert_eq!(entry.kernel, b"linux");
//! assert!(entry.initrds().eq([b"initrd.gz"]));
//!
//! let mut buf = [0; 2048];
//! let line = command_line(&entry, &SystemFacts::default(), 2047, &mut buf)?;
//! assert_eq!(line, b"BOOT_IMAGE=linux quiet initrd=initrd.gz");
//! # Ok::<(), bootproto::config::Fault>(())
//! ```

mod command_line;
mod entry;
mod fault;
mod include;
mod items;
mod menu;
mod name;
mod search;
mod statement;

pub use command_line::{InfinibandFacts, SystemFacts, command_line, write_command_line};
pub use entry::{Entry, Initrds};
pub use fault::{Fault, Problem};
pub use include::{Include, Includes};
pub use items::{Item, Items};
pub use menu::{Entries, Menu, Problems, Settings};
pub use name::{FileName, Host, Location, Scheme, directory};
pub use search::{Candidate, Facts, Rule, Search, printed};
pub use statement::{Kind, Statement};
