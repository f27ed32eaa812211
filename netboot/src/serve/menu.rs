//! The boot menu that PXE ROMs show, and how a person writes it.

use std::str::FromStr;

use bootproto_dhcp::server::{self, Service};

use super::config::architecture;

/// The first boot server type of our own: those from here on are free to use (PXE 2.1 table 2-1).
const FIRST_TYPE: u16 = 0x8000;

/// The local disk's boot server type.
const LOCAL: u16 = 0;

/// The most bytes that a line's text may have, and a file's name.
const LONGEST: (usize, usize) = (48, 127);

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuLine {
    /// Only machines of this architecture (option 93) see it; `None` is for all.
    pub architecture: Option<u16>,
    /// What a person reads.
    pub text: String,
    /// What is booted then; without it, the local disk.
    pub file: Option<String>,
}

impl FromStr for MenuLine {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let (text, file) = line.rsplit_once('=').ok_or("write TEXT=FILE, or TEXT= for the local disk")?;
        let (architecture, text) = match text.split_once(':') {
            Some((name, text)) if architecture(name).is_some() => (architecture(name), text),
            _ => (None, text),
        };
        match (text.len(), file.len()) {
            (0, _) => Err("the line has no text".to_owned()),
            (length, _) if length > LONGEST.0 => Err(format!("the text is longer than {} bytes", LONGEST.0)),
            (_, length) if length > LONGEST.1 => {
                Err(format!("the file's name is longer than {} bytes", LONGEST.1))
            }
            _ => {
                let file = (!file.is_empty()).then(|| file.to_owned());
                Ok(Self { architecture, text: text.to_owned(), file })
            }
        }
    }
}

/// What ROMs show before the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What a person reads.
    pub text: String,
    /// For how many seconds; then the first line is taken. 0 takes it at once, 255 shows the menu and waits.
    pub seconds: u8,
}

impl Default for Prompt {
    fn default() -> Self {
        Self { text: "Press F8 for the boot menu".to_owned(), seconds: 10 }
    }
}

/// The server's settings with the menu.
pub(super) fn with_menu(
    mut settings: server::Config,
    lines: &[MenuLine],
    prompt: Option<&Prompt>,
) -> server::Config {
    if lines.is_empty() {
        return settings;
    }
    for (kind, line) in (FIRST_TYPE..).zip(lines) {
        let kind = if line.file.is_some() { kind } else { LOCAL };
        let file = line.file.as_deref().unwrap_or_default();
        let mut service = Service::new(kind, line.text.as_bytes(), file.as_bytes());
        if let Some(architecture) = line.architecture {
            service = service.with_arch(architecture);
        }
        settings = settings.with_service(service);
    }
    let prompt = prompt.cloned().unwrap_or_default();
    settings.with_prompt(prompt.seconds, prompt.text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::MenuLine;

    #[test]
    fn a_line_has_a_text_and_a_file_and_perhaps_an_architecture() {
        let line = |text: &str| {
            let line: MenuLine = text.parse().unwrap();
            (line.architecture, line.text, line.file.unwrap_or_default())
        };
        assert_eq!(line("Install=pxelinux.0"), (None, "Install".into(), "pxelinux.0".into()));
        assert_eq!(line("a=b=c"), (None, "a=b".into(), "c".into()));
        assert_eq!(line("x86-uefi:Grub=grubx64.efi"), (Some(7), "Grub".into(), "grubx64.efi".into()));
        assert_eq!(line("Note: old=x"), (None, "Note: old".into(), "x".into()));
        assert_eq!(line("Local disk="), (None, "Local disk".into(), String::new()));
    }

    #[test]
    fn what_no_rom_could_show_is_refused() {
        let long = "x".repeat(200);
        for text in ["", "no file", "=file", &format!("{long}=f"), &format!("t={long}")] {
            assert!(text.parse::<MenuLine>().is_err(), "{text}");
        }
    }
}
