//! One entry of a configuration, with everything that applies to it.

use crate::config::statement::{first_word, trim};
use crate::config::{Items, Kind, Statement};

/// What an entry starts and with what. All names are as written: [`Location`](crate::config::Location) takes them
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<'t> {
    /// Its place among the labels, from 0; `None` for a kernel that was named without a label.
    pub index: Option<usize>,
    /// Its name.
    pub label: &'t [u8],
    /// The line of its LABEL, from 1; 0 without one.
    pub line: u32,
    /// Its text in the menu, as written.
    pub menu_label: Option<&'t [u8]>,
    /// Which keyword names the file; [`Kind::of`] tells more of a plain KERNEL.
    pub kind: Kind,
    /// The file. Without a KERNEL line that is the label's own name.
    pub kernel: &'t [u8],
    /// What the KERNEL line says behind the file.
    pub kernel_options: &'t [u8],
    /// APPEND, its own or else the global one; empty where `-` says so.
    pub append: &'t [u8],
    /// What was typed or written behind the label.
    pub typed: &'t [u8],
    /// The bits of SYSAPPEND, its own or else the global ones.
    pub sysappend: u32,
    /// The device tree.
    pub fdt: Option<&'t [u8]>,
    /// Where device trees lie.
    pub fdt_dir: Option<&'t [u8]>,
    /// LOCALBOOT: start from the disk instead.
    pub local_boot: Option<i32>,
    /// The lines of TEXT HELP.
    pub help: Option<&'t [u8]>,
    /// MENU PASSWD.
    pub password: Option<&'t [u8]>,
    /// MENU DEFAULT.
    pub is_menu_default: bool,
    /// MENU HIDE.
    pub is_hidden: bool,
    /// MENU DISABLE.
    pub is_disabled: bool,
    /// MENU EXIT and the like: it leads to another menu and starts nothing.
    pub is_way: bool,
    /// How many MENU BEGIN it stands below.
    pub depth: u8,
    /// The text of its statements, for the INITRD lines.
    pub(super) body: &'t [u8],
}

impl<'t> Entry<'t> {
    /// An entry that boots `kernel` and has nothing else.
    pub(crate) const fn bare(kernel: &'t [u8]) -> Self {
        Self {
            index: None,
            label: kernel,
            line: 0,
            menu_label: None,
            kind: Kind::Kernel,
            kernel,
            kernel_options: b"",
            append: b"",
            typed: b"",
            sysappend: 0,
            fdt: None,
            fdt_dir: None,
            local_boot: None,
            help: None,
            password: None,
            is_menu_default: false,
            is_hidden: false,
            is_disabled: false,
            is_way: false,
            depth: 0,
            body: b"",
        }
    }

    /// Takes over what a statement below its LABEL says.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other statements are not about one entry")]
    pub(crate) const fn apply(&mut self, statement: &Statement<'t>) {
        match *statement {
            Statement::Kernel { kind, file, options } => {
                (self.kind, self.kernel, self.kernel_options) = (kind, file, options);
            }
            Statement::Append(text) => self.append = without_dash(text),
            Statement::SysAppend(mask) => self.sysappend = mask,
            Statement::Fdt(file) => self.fdt = Some(file),
            Statement::FdtDir(directory) => self.fdt_dir = Some(directory),
            Statement::LocalBoot(number) => self.local_boot = Some(number),
            Statement::MenuLabel(text) => self.menu_label = Some(text),
            Statement::MenuPassword(text) => self.password = Some(text),
            Statement::Help(text) => self.help = Some(text),
            Statement::MenuDefault => self.is_menu_default = true,
            Statement::MenuHide => self.is_hidden = true,
            Statement::MenuDisable => self.is_disabled = true,
            Statement::MenuLeads => self.is_way = true,
            _ => {}
        }
    }

    /// Whether it can be started.
    #[must_use]
    pub const fn boots(&self) -> bool {
        !self.is_disabled && !self.is_way
    }

    /// Its text in the menu without the `^` before the hot key: MENU LABEL, or the label.
    pub fn title(&self) -> impl Iterator<Item = u8> + use<'t> {
        self.menu_label.unwrap_or(self.label).iter().copied().filter(|byte| *byte != b'^')
    }

    /// The key behind the `^` of MENU LABEL, in lower case.
    #[must_use]
    pub fn hot_key(&self) -> Option<u8> {
        let text = self.menu_label?;
        let at = text.iter().position(|byte| *byte == b'^')?;
        text.get(at.saturating_add(1)).map(u8::to_ascii_lowercase)
    }

    /// The initrds in order.
    ///
    /// What was typed as `initrd=` counts first, then `initrd=` in APPEND, then the INITRD lines; within the first two
    /// the last one counts. Several INITRD lines add up.
    #[must_use]
    pub fn initrds(&self) -> Initrds<'t> {
        match self.initrd_option() {
            Some(files) => Initrds { files, body: Items::new(b"") },
            None => Initrds { files: b"", body: Items::new(self.body) },
        }
    }

    /// The last `initrd=` among the options.
    pub(crate) fn initrd_option(&self) -> Option<&'t [u8]> {
        [self.typed, self.append, self.kernel_options].into_iter().find_map(last_initrd)
    }
}

/// `-` as the whole of APPEND means nothing.
pub(crate) const fn without_dash(text: &[u8]) -> &[u8] {
    match text {
        b"-" => b"",
        other => other,
    }
}

fn last_initrd(options: &[u8]) -> Option<&[u8]> {
    let mut rest = options;
    let mut found = None;
    loop {
        let (word, after) = first_word(rest);
        if word.is_empty() {
            return found;
        }
        if let Some(files) = word.strip_prefix(b"initrd=") {
            found = Some(files);
        }
        rest = after;
    }
}

/// The names of an entry's initrds; empty names are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initrds<'t> {
    files: &'t [u8],
    body: Items<'t>,
}

impl<'t> Iterator for Initrds<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        loop {
            while !self.files.is_empty() {
                let end = self.files.iter().position(|byte| *byte == b',').unwrap_or(self.files.len());
                let name = trim(self.files.get(..end).unwrap_or_default());
                self.files = self.files.get(end.saturating_add(1)..).unwrap_or_default();
                if !name.is_empty() {
                    return Some(name);
                }
            }
            if let Ok(Statement::Initrd(files)) = self.body.next()?.statement {
                self.files = files;
            }
        }
    }
}
