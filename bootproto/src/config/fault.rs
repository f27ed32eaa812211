//! What can be wrong with a configuration, with stable numbers.

use core::fmt;

bootproto_core::numbered! {
    /// What is wrong with a configuration file.
    ///
    /// Some of these end the reading (an include that never ends), the others are reported beside what could be read.
    pub enum Fault {
        /// A keyword that neither PXELINUX nor its menus know.
        UnknownKeyword = 3501, "the keyword is unknown and was passed over", "Check the spelling of the line.";
        /// A keyword whose value is missing.
        MissingValue = 3502, "the keyword needs a value", "Complete the line.";
        /// A number that is none, or out of range.
        BadNumber = 3503, "the value is not a number in range", "Correct the number.";
        /// A statement that only makes sense below a LABEL.
        OutsideLabel = 3504, "the statement belongs below a LABEL", "Move the line below its LABEL.";
        /// Two entries with one name; the first counts.
        DuplicateLabel = 3505, "the label exists already; the first one counts", "Give each entry its own label.";
        /// MENU BEGIN deeper than is followed.
        TooDeep = 3506, "menus are nested too deeply", "Nest fewer menus.";
        /// MENU END without MENU BEGIN.
        UnbalancedEnd = 3507, "MENU END without MENU BEGIN", "Remove the line or add its MENU BEGIN.";
        /// Includes nested more than 16 deep: nearly always a file that includes itself.
        IncludeTooDeep = 3508, "files include each other more than 16 deep", "Look for a file that includes itself.";
        /// More includes than are followed in one configuration.
        IncludeTooMany = 3509, "the configuration includes more than 128 files", "Include fewer files.";
        /// The configuration with all its included files does not fit the caller's buffer.
        TooLarge { /** Bytes it would take. */ needed: usize } = 3510 ["PXE-E79"], "the configuration needs {needed} bytes, more than there is room for", "Make the configuration smaller.";
        /// A position that lies outside the text.
        BadRange = 3511, "the place to include at is outside the text", "This is a defect in the program; report it.";
        /// A file name with nothing in it.
        NameEmpty = 3512, "a file name is empty", "Name a file.";
        /// A file name longer than a TFTP request can carry.
        NameTooLong = 3513, "a file name is longer than 255 bytes", "Use a shorter path or prefix.";
        /// No such label, and IMPLICIT 0 forbids to take the word as a kernel's name.
        NoSuchLabel = 3514, "there is no such label", "Choose one of the labels of the configuration.";
        /// No entry, no DEFAULT: there is nothing to start.
        NothingToBoot = 3515 ["PXE-E74"], "the configuration has no entry to boot", "Add a LABEL with a KERNEL.";
        /// An entry with MENU DISABLE, or one that only leads to another menu.
        EntryDisabled = 3516, "the entry is disabled or only leads to another menu", "Choose another entry.";
        /// The command line is longer than the kernel takes.
        CommandLineTooLong { /** Its length. */ length: usize, /** What the kernel takes. */ limit: usize } = 3517, "the command line has {length} bytes, the kernel takes {limit}", "Shorten APPEND.";
        /// A file of zeros, a kernel or the like in the place of a text.
        NotText = 3518 ["PXE-E74"], "the file holds NUL bytes and is no configuration", "Check which file the server sends.";
    }
}

/// A [`Fault`] and the line it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem<'t> {
    /// What is wrong.
    pub fault: Fault,
    /// The line, counted from 1, in the text as it is put together after all includes.
    pub line: u32,
    /// The words it is about.
    pub text: &'t [u8],
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.fault, self.text.escape_ascii())
    }
}

impl core::error::Error for Problem<'_> {}
