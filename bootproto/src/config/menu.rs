//! A configuration as a whole: what holds for all entries, the entries, and which one starts by itself.

use crate::config::entry::without_dash;
use crate::config::statement::first_word;
use crate::config::{Entry, Fault, Item, Items, Problem, Statement};

/// A view of a configuration's text. It holds nothing but the text: every question reads it again.
///
/// Put the included files in first, see [`Includes`](crate::config::Includes): an INCLUDE that still stands in the text
/// says nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu<'t> {
    text: &'t [u8],
}

/// What holds for the whole configuration. Of several statements of one kind the last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings<'t> {
    /// DEFAULT.
    pub default: Option<&'t [u8]>,
    /// UI, or a DEFAULT that names one of PXELINUX's menu programs.
    pub ui: Option<&'t [u8]>,
    /// ONTIMEOUT.
    pub on_timeout: Option<&'t [u8]>,
    /// TIMEOUT in tenths of a second; 0 waits for ever.
    pub timeout_tenths: u32,
    /// TOTALTIMEOUT in tenths of a second; 0 waits for ever.
    pub total_timeout_tenths: u32,
    /// PROMPT: ask before anything is started. Without it only a menu asks.
    pub prompt: bool,
    /// NOESCAPE: no key interrupts.
    pub no_escape: bool,
    /// IMPLICIT: a word that is no label names a kernel.
    pub implicit: bool,
    /// ALLOWOPTIONS: a person may add options.
    pub allow_options: bool,
    /// MENU TITLE of the outermost menu.
    pub title: Option<&'t [u8]>,
    /// The APPEND of no label, as it stands at the end.
    pub append: &'t [u8],
    /// The SYSAPPEND of no label, as it stands at the end.
    pub sysappend: u32,
}

impl Settings<'_> {
    /// Whether somebody is to be asked: there is a menu or a prompt. Otherwise the default starts at once.
    #[must_use]
    pub const fn asks(&self) -> bool {
        self.prompt || self.ui.is_some()
    }
}

impl<'t> Menu<'t> {
    /// A view of `text`.
    ///
    /// # Errors
    /// [`Fault::NotText`] if there are NUL bytes before the end: that is some other file. Other bytes need not be
    /// UTF-8.
    pub fn parse(text: &'t [u8]) -> Result<Self, Fault> {
        let text = bootproto_core::trim_nul(text);
        if text.contains(&0) { Err(Fault::NotText) } else { Ok(Self { text }) }
    }

    /// Its statements, line by line.
    #[must_use]
    pub const fn items(&self) -> Items<'t> {
        Items::new(self.text)
    }

    /// What holds for the whole configuration.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other statements are about one entry")]
    pub fn settings(&self) -> Settings<'t> {
        let mut walk = Walk::new(self.text);
        let mut settings = Settings {
            default: None,
            ui: None,
            on_timeout: None,
            timeout_tenths: 0,
            total_timeout_tenths: 0,
            prompt: false,
            no_escape: false,
            implicit: true,
            allow_options: true,
            title: None,
            append: b"",
            sysappend: 0,
        };
        while let Some(item) = walk.next() {
            let Ok(statement) = item.statement else { continue };
            match statement {
                Statement::Default(text) => settings.default = Some(text),
                Statement::Ui(text) => settings.ui = Some(text),
                Statement::OnTimeout(text) => settings.on_timeout = Some(text),
                Statement::Timeout(tenths) => settings.timeout_tenths = tenths,
                Statement::TotalTimeout(tenths) => settings.total_timeout_tenths = tenths,
                Statement::Prompt(on) => settings.prompt = on,
                Statement::NoEscape(on) => settings.no_escape = on,
                Statement::Implicit(on) => settings.implicit = on,
                Statement::AllowOptions(on) => settings.allow_options = on,
                Statement::MenuTitle(text) if walk.depth == 0 => settings.title = Some(text),
                _ => {}
            }
        }
        (settings.append, settings.sysappend) = (walk.append, walk.sysappend);
        if settings.ui.is_none() {
            settings.ui = settings.default.filter(|text| is_menu_program(first_word(text).0));
        }
        settings
    }

    /// Its entries in order, hidden and disabled ones too.
    #[must_use]
    pub const fn entries(&self) -> Entries<'t> {
        Entries { text: self.text, walk: Walk::new(self.text), index: 0 }
    }

    /// The entry at `index`.
    #[must_use]
    pub fn entry(&self, index: usize) -> Option<Entry<'t>> {
        self.entries().nth(index)
    }

    /// The first entry with this label; upper and lower case differ.
    #[must_use]
    pub fn find(&self, label: &[u8]) -> Option<Entry<'t>> {
        self.entries().find(|entry| entry.label == label)
    }

    /// The entry that `line` asks for: a label, or a kernel's name where IMPLICIT allows that, and options behind it.
    ///
    /// This is for DEFAULT and ONTIMEOUT lines and for what a person types; whether the latter may add options, see
    /// [`Settings::allow_options`].
    ///
    /// # Errors
    /// [`Fault::NoSuchLabel`], [`Fault::EntryDisabled`], [`Fault::NothingToBoot`] for an empty line.
    pub fn command(&self, line: &'t [u8]) -> Result<Entry<'t>, Fault> {
        let (name, typed) = first_word(line);
        if name.is_empty() {
            return Err(Fault::NothingToBoot);
        }
        if let Some(entry) = self.find(name) {
            return if entry.boots() { Ok(Entry { typed, ..entry }) } else { Err(Fault::EntryDisabled) };
        }
        let settings = self.settings();
        if !settings.implicit {
            return Err(Fault::NoSuchLabel);
        }
        Ok(Entry { typed, append: settings.append, sysappend: settings.sysappend, ..Entry::bare(name) })
    }

    /// The entry that starts when nobody interferes.
    ///
    /// With a menu, MENU DEFAULT goes before DEFAULT; without one it is the other way round. A configuration that says
    /// neither starts the label `linux`, or else its first entry.
    ///
    /// # Errors
    /// As [`command`](Self::command) for the DEFAULT line; [`Fault::NothingToBoot`] if there is no entry at all.
    pub fn default_entry(&self) -> Result<Entry<'t>, Fault> {
        let settings = self.settings();
        let marked = || self.usable().find(|entry| entry.is_menu_default);
        if settings.ui.is_some()
            && let Some(entry) = marked()
        {
            return Ok(entry);
        }
        if let Some(line) = settings.default.filter(|text| !is_menu_program(first_word(text).0)) {
            return self.command(line);
        }
        let otherwise =
            || self.usable().find(|entry| entry.label == b"linux").or_else(|| self.usable().next());
        marked().or_else(otherwise).ok_or(Fault::NothingToBoot)
    }

    /// The entry that starts when the time to choose is over: ONTIMEOUT, or else the default.
    ///
    /// # Errors
    /// As [`default_entry`](Self::default_entry).
    pub fn timeout_entry(&self) -> Result<Entry<'t>, Fault> {
        match self.settings().on_timeout {
            Some(line) => self.command(line),
            None => self.default_entry(),
        }
    }

    fn usable(&self) -> impl Iterator<Item = Entry<'t>> {
        self.entries().filter(Entry::boots)
    }

    /// Everything in the text that is wrong or unknown, in order. None of it keeps the rest from being read.
    #[must_use]
    pub const fn problems(&self) -> Problems<'t> {
        Problems { text: self.text, walk: Walk::new(self.text), labels: 0 }
    }
}

/// The programs that show a menu; naming one as DEFAULT asks for a menu, not for a kernel.
fn is_menu_program(name: &[u8]) -> bool {
    let start = name.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash.saturating_add(1));
    let own = name.get(start..).unwrap_or_default();
    [&b"menu.c32"[..], b"vesamenu.c32", b"gfxboot.c32", b"gfxmenu.c32"]
        .iter()
        .any(|known| own.eq_ignore_ascii_case(known))
}

/// Menus nested deeper are counted no further.
const DEEPEST: u8 = 16;

/// The items, with what a reader has to remember between them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Walk<'t> {
    items: Items<'t>,
    in_label: bool,
    depth: u8,
    append: &'t [u8],
    sysappend: u32,
}

impl<'t> Walk<'t> {
    const fn new(text: &'t [u8]) -> Self {
        Self { items: Items::new(text), in_label: false, depth: 0, append: b"", sysappend: 0 }
    }

    fn next(&mut self) -> Option<Item<'t>> {
        let mut item = self.items.next()?;
        match item.statement {
            Ok(Statement::Label(_)) => self.in_label = true,
            Ok(Statement::MenuSeparator) => self.in_label = false,
            Ok(Statement::MenuBegin(_)) => {
                self.in_label = false;
                if self.depth < DEEPEST {
                    self.depth = self.depth.saturating_add(1);
                } else {
                    item.statement = Err(Fault::TooDeep);
                }
            }
            Ok(Statement::MenuEnd) => {
                self.in_label = false;
                match self.depth.checked_sub(1) {
                    Some(depth) => self.depth = depth,
                    None => item.statement = Err(Fault::UnbalancedEnd),
                }
            }
            Ok(Statement::Append(text)) if !self.in_label => self.append = without_dash(text),
            Ok(Statement::SysAppend(mask)) if !self.in_label => self.sysappend = mask,
            Ok(
                Statement::Kernel { .. }
                | Statement::Initrd(_)
                | Statement::Fdt(_)
                | Statement::FdtDir(_)
                | Statement::LocalBoot(_)
                | Statement::MenuHide
                | Statement::MenuDisable
                | Statement::MenuLeads,
            ) if !self.in_label => item.statement = Err(Fault::OutsideLabel),
            _ => {}
        }
        Some(item)
    }
}

/// The entries of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<'t> {
    text: &'t [u8],
    walk: Walk<'t>,
    index: usize,
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Entry<'t>> {
        loop {
            let item = self.walk.next()?;
            let Ok(Statement::Label(label)) = item.statement else { continue };
            let mut entry = Entry {
                index: Some(self.index),
                label,
                line: item.line,
                append: self.walk.append,
                sysappend: self.walk.sysappend,
                depth: self.walk.depth,
                ..Entry::bare(label)
            };
            let start = self.walk.items.position();
            let mut end = start;
            loop {
                let before = self.walk.clone();
                let Some(item) = self.walk.next() else { break };
                if !self.walk.in_label || matches!(item.statement, Ok(Statement::Label(_))) {
                    self.walk = before;
                    break;
                }
                end = item.range.end;
                if let Ok(statement) = item.statement {
                    entry.apply(&statement);
                }
            }
            entry.body = self.text.get(start..end).unwrap_or_default();
            self.index = self.index.saturating_add(1);
            return Some(entry);
        }
    }
}

/// Labels behind this many are not compared with the earlier ones: a hostile text must not cost quadratic time.
const LABELS_COMPARED: usize = 256;

/// What is wrong in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems<'t> {
    text: &'t [u8],
    walk: Walk<'t>,
    labels: usize,
}

impl<'t> Iterator for Problems<'t> {
    type Item = Problem<'t>;

    fn next(&mut self) -> Option<Problem<'t>> {
        loop {
            let item = self.walk.next()?;
            let fault = match item.statement {
                Err(fault) => fault,
                Ok(Statement::Label(label)) => {
                    self.labels = self.labels.saturating_add(1);
                    let before = self.text.get(..item.range.start).unwrap_or_default();
                    if self.labels > LABELS_COMPARED || !has_label(before, label) {
                        continue;
                    }
                    Fault::DuplicateLabel
                }
                Ok(_) => continue,
            };
            return Some(Problem { fault, line: item.line, text: item.text });
        }
    }
}

fn has_label(text: &[u8], label: &[u8]) -> bool {
    Items::new(text).any(|item| matches!(item.statement, Ok(Statement::Label(found)) if found == label))
}
