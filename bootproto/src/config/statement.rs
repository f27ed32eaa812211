//! What one line of a configuration says.

use crate::config::Fault;
use crate::config::name::parse_decimal;
use bootproto_core::text::hexadecimal as from_hexadecimal;

/// What kind of file an entry starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Kind {
    /// `KERNEL`: the file itself tells.
    #[default]
    Kernel,
    /// `LINUX`: a Linux kernel, whatever its name.
    Linux,
    /// `BOOT`: a boot sector.
    Boot,
    /// `BSS`: a boot sector of SYSLINUX.
    Bss,
    /// `PXE`: a network boot program.
    Pxe,
    /// `FDIMAGE`: a floppy image.
    FloppyImage,
    /// `COM32`: a program for SYSLINUX.
    Com32,
    /// `COMBOOT`: an older program for SYSLINUX.
    ComBoot,
    /// `CONFIG`: another configuration file.
    Config,
}

impl Kind {
    /// What PXELINUX takes a KERNEL line's file for by its ending; a Linux kernel where the ending says nothing.
    fn by_ending(file: &[u8]) -> Self {
        const ENDINGS: [(&[u8], Kind); 7] = [
            (b".com", Kind::ComBoot),
            (b".cbt", Kind::ComBoot),
            (b".c32", Kind::Com32),
            (b".img", Kind::FloppyImage),
            (b".bss", Kind::Bss),
            (b".bin", Kind::Boot),
            (b".0", Kind::Pxe),
        ];
        let ends_in = |ending: &[u8]| {
            let tail = file.len().checked_sub(ending.len()).and_then(|start| file.get(start..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
        };
        ENDINGS.into_iter().find(|(ending, _)| ends_in(ending)).map_or(Self::Linux, |(_, kind)| kind)
    }

    /// What kind `file` is of for PXELINUX: the keyword tells, or for KERNEL the file's ending.
    ///
    /// The ending is a poor witness (`vmlinuz-6.1.0` counts as a boot program). Where the file is at hand, ask
    /// [`identify`](crate::linux::identify) first.
    #[must_use]
    pub fn of(self, file: &[u8]) -> Self {
        if self == Self::Kernel { Self::by_ending(file) } else { self }
    }
}

/// One statement. Texts are the caller's bytes, without the blanks around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statement<'t> {
    /// `LABEL`: an entry begins.
    Label(&'t [u8]),
    /// `KERNEL`, `LINUX` and their kin.
    Kernel {
        /// Which of them.
        kind: Kind,
        /// The file.
        file: &'t [u8],
        /// What stands behind the file: the first options.
        options: &'t [u8],
    },
    /// `INITRD`, files separated by commas.
    Initrd(&'t [u8]),
    /// `APPEND`; `-` stands for nothing at all.
    Append(&'t [u8]),
    /// `IPAPPEND`, `SYSAPPEND`: a bit mask.
    SysAppend(u32),
    /// `FDT`, `DEVICETREE`.
    Fdt(&'t [u8]),
    /// `FDTDIR`, `DEVICETREEDIR`.
    FdtDir(&'t [u8]),
    /// `LOCALBOOT` and its number; without one, 0.
    LocalBoot(i32),
    /// `DEFAULT`: a label, or a kernel with options.
    Default(&'t [u8]),
    /// `UI`: the menu program to start; with one, there is a menu.
    Ui(&'t [u8]),
    /// `ONTIMEOUT`: what to start when nobody chooses.
    OnTimeout(&'t [u8]),
    /// `TIMEOUT`, tenths of a second; 0 is for ever.
    Timeout(u32),
    /// `TOTALTIMEOUT`, tenths of a second; 0 is for ever.
    TotalTimeout(u32),
    /// `PROMPT`: whether to ask even when nobody pressed a key.
    Prompt(bool),
    /// `NOESCAPE`: whether keys are to be ignored.
    NoEscape(bool),
    /// `IMPLICIT`: whether a word that is no label is a kernel's name.
    Implicit(bool),
    /// `ALLOWOPTIONS`: whether a person may add options.
    AllowOptions(bool),
    /// `SAY`: a text to show.
    Say(&'t [u8]),
    /// `DISPLAY`: a file to show.
    Display(&'t [u8]),
    /// `INCLUDE`, `MENU INCLUDE`.
    Include {
        /// The file.
        file: &'t [u8],
        /// The submenu that its contents make, where `MENU INCLUDE` names one.
        tag: Option<&'t [u8]>,
    },
    /// `MENU TITLE`.
    MenuTitle(&'t [u8]),
    /// `MENU LABEL`: the entry's text in the menu.
    MenuLabel(&'t [u8]),
    /// `MENU DEFAULT`: the entry is the one to start.
    MenuDefault,
    /// `MENU HIDE`: the entry is not shown.
    MenuHide,
    /// `MENU DISABLE`: the entry is shown and can't be chosen.
    MenuDisable,
    /// `MENU SEPARATOR`: an empty line in the menu.
    MenuSeparator,
    /// `MENU PASSWD`: the entry asks for a password.
    MenuPassword(&'t [u8]),
    /// `MENU BEGIN`: a submenu begins.
    MenuBegin(&'t [u8]),
    /// `MENU END`.
    MenuEnd,
    /// `MENU EXIT`, `MENU GOTO`, `MENU QUIT`: the entry starts nothing, it leads to another menu.
    MenuLeads,
    /// `TEXT HELP` to `ENDTEXT`: lines about the entry.
    Help(&'t [u8]),
    /// Known, and without meaning for a network boot: colours, fonts, the serial console.
    Other(&'t [u8]),
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

/// `text` without the blanks at both ends.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let [first, rest @ ..] = text {
        if !is_blank(*first) {
            break;
        }
        text = rest;
    }
    while let [rest @ .., last] = text {
        if !is_blank(*last) {
            break;
        }
        text = rest;
    }
    text
}

/// The first word of `text` and what follows it, both trimmed.
pub(crate) fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    // Not by nom: it divides slices in a way that panics, as far as the compiler sees.
    let text = trim(text);
    let end = text.iter().position(|byte| is_blank(*byte)).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, b""));
    (word, trim(rest))
}

/// Whether the trimmed line `text` begins with the keyword `keyword` (lower case).
pub(crate) fn begins_with(text: &[u8], keyword: &[u8]) -> bool {
    first_word(text).0.eq_ignore_ascii_case(keyword)
}

/// What has a meaning at the beginning of a line.
#[derive(Clone, Copy)]
enum Keyword {
    Menu,
    Kernel(Kind),
    Label,
    Initrd,
    Append,
    SysAppend,
    Fdt,
    FdtDir,
    LocalBoot,
    Default,
    Ui,
    OnTimeout,
    Timeout,
    TotalTimeout,
    Prompt,
    NoEscape,
    Implicit,
    AllowOptions,
    Say,
    Display,
    Include,
}

const KEYWORDS: &[(&str, Keyword)] = &[
    ("menu", Keyword::Menu),
    ("kernel", Keyword::Kernel(Kind::Kernel)),
    ("linux", Keyword::Kernel(Kind::Linux)),
    ("boot", Keyword::Kernel(Kind::Boot)),
    ("bss", Keyword::Kernel(Kind::Bss)),
    ("pxe", Keyword::Kernel(Kind::Pxe)),
    ("fdimage", Keyword::Kernel(Kind::FloppyImage)),
    ("com32", Keyword::Kernel(Kind::Com32)),
    ("comboot", Keyword::Kernel(Kind::ComBoot)),
    ("config", Keyword::Kernel(Kind::Config)),
    ("label", Keyword::Label),
    ("initrd", Keyword::Initrd),
    ("append", Keyword::Append),
    ("ipappend", Keyword::SysAppend),
    ("sysappend", Keyword::SysAppend),
    ("fdt", Keyword::Fdt),
    ("devicetree", Keyword::Fdt),
    ("fdtdir", Keyword::FdtDir),
    ("devicetreedir", Keyword::FdtDir),
    ("localboot", Keyword::LocalBoot),
    ("default", Keyword::Default),
    ("ui", Keyword::Ui),
    ("ontimeout", Keyword::OnTimeout),
    ("timeout", Keyword::Timeout),
    ("totaltimeout", Keyword::TotalTimeout),
    ("prompt", Keyword::Prompt),
    ("noescape", Keyword::NoEscape),
    ("implicit", Keyword::Implicit),
    ("allowoptions", Keyword::AllowOptions),
    ("say", Keyword::Say),
    ("display", Keyword::Display),
    ("include", Keyword::Include),
];

/// Keywords that are known and have nothing to say to a network boot.
const IDLE: &str = "serial console font kbdmap onerror nohalt nocomplete path sendcookies background fdtoverlays \
                    kaslrseed fallback endtext";

/// What has a meaning behind `MENU`.
#[derive(Clone, Copy)]
enum MenuKeyword {
    Label,
    Title,
    Default,
    Hide,
    Disable,
    Separator,
    Password,
    Begin,
    End,
    Leads,
    Include,
}

const MENU_KEYWORDS: &[(&str, MenuKeyword)] = &[
    ("label", MenuKeyword::Label),
    ("title", MenuKeyword::Title),
    ("default", MenuKeyword::Default),
    ("hide", MenuKeyword::Hide),
    ("disable", MenuKeyword::Disable),
    ("disabled", MenuKeyword::Disable),
    ("separator", MenuKeyword::Separator),
    ("passwd", MenuKeyword::Password),
    ("begin", MenuKeyword::Begin),
    ("end", MenuKeyword::End),
    ("exit", MenuKeyword::Leads),
    ("goto", MenuKeyword::Leads),
    ("quit", MenuKeyword::Leads),
    ("include", MenuKeyword::Include),
];

/// The same as [`IDLE`] behind `MENU`: looks, and ways between submenus.
const MENU_IDLE: &str = "background color colour msgcolor msgcolour resolution hidden hiddenkey shiftkey save nosave \
                         onerror master indent start autoboot tabmsg notabmsg passprompt clear immediate width margin \
                         passwordmargin rows tabmsgrow cmdlinerow endrow passwordrow timeoutrow helpmsgrow \
                         helpmsgendrow hiddenrow hshift vshift unhide cmdline totaltimeout timeout";

fn find<K: Copy>(keywords: &[(&str, K)], word: &[u8]) -> Option<K> {
    let found = keywords.iter().find(|(keyword, _)| word.eq_ignore_ascii_case(keyword.as_bytes()));
    found.map(|(_, meaning)| *meaning)
}

fn holds(keywords: &str, word: &[u8]) -> bool {
    keywords.as_bytes().split(|byte| *byte == b' ').any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// What the trimmed, non-empty line `text` says.
pub(crate) fn parse(text: &[u8]) -> Result<Statement<'_>, Fault> {
    let (word, rest) = first_word(text);
    let Some(keyword) = find(KEYWORDS, word) else {
        let idle = holds(IDLE, word) || is_function_key(word);
        return if idle { Ok(Statement::Other(text)) } else { Err(Fault::UnknownKeyword) };
    };
    Ok(match keyword {
        Keyword::Menu => return parse_menu(text, rest),
        Keyword::Kernel(kind) => {
            let (file, options) = first_word(value(rest)?);
            Statement::Kernel { kind, file, options }
        }
        Keyword::Label => Statement::Label(first_word(value(rest)?).0),
        Keyword::Initrd => Statement::Initrd(value(rest)?),
        Keyword::Append => Statement::Append(rest),
        Keyword::SysAppend => Statement::SysAppend(number(rest)?),
        Keyword::Fdt => Statement::Fdt(value(rest)?),
        Keyword::FdtDir => Statement::FdtDir(value(rest)?),
        Keyword::LocalBoot => Statement::LocalBoot(signed(rest)?),
        Keyword::Default => Statement::Default(value(rest)?),
        Keyword::Ui => Statement::Ui(value(rest)?),
        Keyword::OnTimeout => Statement::OnTimeout(value(rest)?),
        Keyword::Timeout => Statement::Timeout(number(rest)?),
        Keyword::TotalTimeout => Statement::TotalTimeout(number(rest)?),
        Keyword::Prompt => Statement::Prompt(number(rest)? != 0),
        Keyword::NoEscape => Statement::NoEscape(number(rest)? != 0),
        Keyword::Implicit => Statement::Implicit(number(rest)? != 0),
        Keyword::AllowOptions => Statement::AllowOptions(number(rest)? != 0),
        Keyword::Say => Statement::Say(rest),
        Keyword::Display => Statement::Display(value(rest)?),
        Keyword::Include => Statement::Include { file: first_word(value(rest)?).0, tag: None },
    })
}

fn parse_menu<'t>(text: &'t [u8], rest: &'t [u8]) -> Result<Statement<'t>, Fault> {
    let (word, rest) = first_word(value(rest)?);
    let Some(keyword) = find(MENU_KEYWORDS, word) else {
        return if holds(MENU_IDLE, word) { Ok(Statement::Other(text)) } else { Err(Fault::UnknownKeyword) };
    };
    Ok(match keyword {
        MenuKeyword::Label => Statement::MenuLabel(rest),
        MenuKeyword::Title => Statement::MenuTitle(rest),
        MenuKeyword::Default => Statement::MenuDefault,
        MenuKeyword::Hide => Statement::MenuHide,
        MenuKeyword::Disable => Statement::MenuDisable,
        MenuKeyword::Separator => Statement::MenuSeparator,
        MenuKeyword::Password => Statement::MenuPassword(rest),
        MenuKeyword::Begin => Statement::MenuBegin(rest),
        MenuKeyword::End => Statement::MenuEnd,
        MenuKeyword::Leads => Statement::MenuLeads,
        MenuKeyword::Include => {
            let (file, tag) = first_word(value(rest)?);
            Statement::Include { file, tag: (!tag.is_empty()).then_some(tag) }
        }
    })
}

/// `f0` to `f12`: files that a key shows.
fn is_function_key(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"f").or_else(|| word.strip_prefix(b"F"));
    digits.and_then(parse_decimal).is_some_and(|number| number <= 12)
}

const fn value(rest: &[u8]) -> Result<&[u8], Fault> {
    if rest.is_empty() { Err(Fault::MissingValue) } else { Ok(rest) }
}

/// A number as C writes it: decimal, or hexadecimal behind `0x`.
fn number(rest: &[u8]) -> Result<u32, Fault> {
    let (word, _) = first_word(value(rest)?);
    let hexadecimal = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X"));
    let number = match hexadecimal {
        Some(digits) => from_hexadecimal(digits).and_then(|number| u32::try_from(number).ok()),
        None => parse_decimal(word),
    };
    number.ok_or(Fault::BadNumber)
}

/// `LOCALBOOT` takes -1, and nothing at all stands for 0.
fn signed(rest: &[u8]) -> Result<i32, Fault> {
    if rest.is_empty() {
        return Ok(0);
    }
    let (magnitude, negative) = rest.strip_prefix(b"-").map_or((rest, false), |digits| (digits, true));
    let magnitude = i32::try_from(number(magnitude)?).map_err(|_large| Fault::BadNumber)?;
    Ok(if negative { magnitude.saturating_neg() } else { magnitude })
}
