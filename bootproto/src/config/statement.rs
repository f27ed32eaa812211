//! What one line of a configuration says.

use crate::config::Fault;
use crate::config::name::parse_decimal;
use nom::bytes::complete::{take_while, take_while1};
use nom::{IResult, Parser};

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

fn word(input: &[u8]) -> IResult<&[u8], &[u8]> {
    (take_while(is_blank), take_while1(|byte| !is_blank(byte))).map(|(_, word)| word).parse(input)
}

/// The first word of `text` and what follows it, both trimmed.
pub(crate) fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    match word(text) {
        Ok((rest, word)) => (word, trim(rest)),
        Err(_nothing) => (b"", b""),
    }
}

/// A keyword in lower case; the longest known one has 15 letters.
struct Keyword {
    bytes: [u8; 16],
    length: usize,
}

impl Keyword {
    fn new(word: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        bytes.get_mut(..word.len())?;
        bootproto_core::copy_into(&mut bytes, word);
        bytes.make_ascii_lowercase();
        Some(Self { bytes, length: word.len() })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Whether the trimmed line `text` begins with the keyword `keyword` (lower case).
pub(crate) fn begins_with(text: &[u8], keyword: &[u8]) -> bool {
    first_word(text).0.eq_ignore_ascii_case(keyword)
}

/// What the trimmed, non-empty line `text` says.
pub(crate) fn parse(text: &[u8]) -> Result<Statement<'_>, Fault> {
    let (first, rest) = first_word(text);
    let keyword = Keyword::new(first).ok_or(Fault::UnknownKeyword)?;
    let key = keyword.as_bytes();
    if key == b"menu" {
        return parse_menu(text, rest);
    }
    if let Some(kind) = kernel_kind(key) {
        let (file, options) = first_word(value(rest)?);
        return Ok(Statement::Kernel { kind, file, options });
    }
    Ok(match key {
        b"label" => Statement::Label(first_word(value(rest)?).0),
        b"initrd" => Statement::Initrd(value(rest)?),
        b"append" => Statement::Append(rest),
        b"ipappend" | b"sysappend" => Statement::SysAppend(number(rest)?),
        b"fdt" | b"devicetree" => Statement::Fdt(value(rest)?),
        b"fdtdir" | b"devicetreedir" => Statement::FdtDir(value(rest)?),
        b"localboot" => Statement::LocalBoot(signed(rest)?),
        b"default" => Statement::Default(value(rest)?),
        b"ui" => Statement::Ui(value(rest)?),
        b"ontimeout" => Statement::OnTimeout(value(rest)?),
        b"timeout" => Statement::Timeout(number(rest)?),
        b"totaltimeout" => Statement::TotalTimeout(number(rest)?),
        b"prompt" => Statement::Prompt(number(rest)? != 0),
        b"noescape" => Statement::NoEscape(number(rest)? != 0),
        b"implicit" => Statement::Implicit(number(rest)? != 0),
        b"allowoptions" => Statement::AllowOptions(number(rest)? != 0),
        b"say" => Statement::Say(rest),
        b"display" => Statement::Display(value(rest)?),
        b"include" => Statement::Include { file: first_word(value(rest)?).0, tag: None },
        other if is_idle(other) => Statement::Other(text),
        _ => return Err(Fault::UnknownKeyword),
    })
}

fn parse_menu<'t>(text: &'t [u8], rest: &'t [u8]) -> Result<Statement<'t>, Fault> {
    let (second, rest) = first_word(value(rest)?);
    let keyword = Keyword::new(second).ok_or(Fault::UnknownKeyword)?;
    Ok(match keyword.as_bytes() {
        b"label" => Statement::MenuLabel(rest),
        b"title" => Statement::MenuTitle(rest),
        b"default" => Statement::MenuDefault,
        b"hide" => Statement::MenuHide,
        b"disable" | b"disabled" => Statement::MenuDisable,
        b"separator" => Statement::MenuSeparator,
        b"passwd" => Statement::MenuPassword(rest),
        b"begin" => Statement::MenuBegin(rest),
        b"end" => Statement::MenuEnd,
        b"exit" | b"goto" | b"quit" => Statement::MenuLeads,
        b"include" => {
            let (file, tag) = first_word(value(rest)?);
            Statement::Include { file, tag: (!tag.is_empty()).then_some(tag) }
        }
        other if is_idle_menu(other) => Statement::Other(text),
        _ => return Err(Fault::UnknownKeyword),
    })
}

fn kernel_kind(key: &[u8]) -> Option<Kind> {
    Some(match key {
        b"kernel" => Kind::Kernel,
        b"linux" => Kind::Linux,
        b"boot" => Kind::Boot,
        b"bss" => Kind::Bss,
        b"pxe" => Kind::Pxe,
        b"fdimage" => Kind::FloppyImage,
        b"com32" => Kind::Com32,
        b"comboot" => Kind::ComBoot,
        b"config" => Kind::Config,
        _ => return None,
    })
}

/// Keywords that are known and have nothing to say to a network boot.
fn is_idle(key: &[u8]) -> bool {
    const IDLE: &[&[u8]] = &[
        b"serial",
        b"console",
        b"font",
        b"kbdmap",
        b"onerror",
        b"nohalt",
        b"nocomplete",
        b"path",
        b"sendcookies",
        b"background",
        b"fdtoverlays",
        b"kaslrseed",
        b"fallback",
        b"endtext",
    ];
    IDLE.contains(&key) || is_function_key(key)
}

/// `f0` to `f12`: files that a key shows.
fn is_function_key(key: &[u8]) -> bool {
    key.strip_prefix(b"f").and_then(parse_decimal).is_some_and(|number| number <= 12)
}

/// The same below `MENU`: looks, and ways between submenus.
fn is_idle_menu(key: &[u8]) -> bool {
    const IDLE: &[&[u8]] = &[
        b"background",
        b"color",
        b"colour",
        b"msgcolor",
        b"msgcolour",
        b"resolution",
        b"hidden",
        b"hiddenkey",
        b"shiftkey",
        b"save",
        b"nosave",
        b"onerror",
        b"master",
        b"indent",
        b"start",
        b"autoboot",
        b"tabmsg",
        b"notabmsg",
        b"passprompt",
        b"clear",
        b"immediate",
        b"width",
        b"margin",
        b"passwordmargin",
        b"rows",
        b"tabmsgrow",
        b"cmdlinerow",
        b"endrow",
        b"passwordrow",
        b"timeoutrow",
        b"helpmsgrow",
        b"helpmsgendrow",
        b"hiddenrow",
        b"hshift",
        b"vshift",
        b"unhide",
        b"cmdline",
        b"totaltimeout",
        b"timeout",
    ];
    IDLE.contains(&key)
}

const fn value(rest: &[u8]) -> Result<&[u8], Fault> {
    if rest.is_empty() { Err(Fault::MissingValue) } else { Ok(rest) }
}

/// A number as C writes it: decimal, or hexadecimal behind `0x`.
fn number(rest: &[u8]) -> Result<u32, Fault> {
    let (word, _) = first_word(value(rest)?);
    let hexadecimal = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X"));
    let number = match hexadecimal {
        Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {
            core::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok())
        }
        Some(_) => None,
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
