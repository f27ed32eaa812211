//! A capture file out of a serial log: what firmware printed with `bootproto::trace`.
//!
//! What belongs here: finding the lines, and telling a whole capture from a damaged one. What does not: what the
//! packets mean; Wireshark knows.

use base64ct::{Base64, Encoding};
use bootproto::trace::{BEGIN, END, LINE};

use crate::{Error, Trouble};

/// The bytes in a line.
const BYTES: usize = LINE / 4 * 3;

/// A capture that a log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The file, in the pcapng format.
    pub file: Vec<u8>,
    /// How many packets it has.
    pub packets: usize,
    /// Which line of the log it begins in, from 1.
    pub line: usize,
}

/// All captures of a log that are whole; `name` is what the log is called.
///
/// Lines may have something in front, such as the time, and other output between them: what is no line of the capture
/// is passed over.
///
/// # Errors
/// [`Trouble::NoCapture`] if there is none, or one of them is damaged, with the line.
pub fn find(log: &[u8], name: &str) -> Result<Vec<Capture>, Error> {
    let damaged = |line: usize, why: String| {
        Error::failure(&Trouble::NoCapture, format!("{name}, line {line}")).because(why)
    };
    let mut captures = Vec::new();
    let mut begun: Option<(usize, Vec<String>)> = None;
    let mut last = 0;
    for (line, text) in (1..).zip(log.split(|byte| *byte == b'\n')) {
        last = line;
        let text = String::from_utf8_lossy(text);
        if text.contains(BEGIN) {
            begun = Some((line, Vec::new()));
        } else if let Some((start, words)) = &mut begun {
            match text.split_once(END) {
                None => words.extend(printable(&text).split_whitespace().last().map(str::to_owned)),
                Some((_, end)) => {
                    let (file, packets) = decode(words, end).map_err(|why| damaged(*start, why))?;
                    captures.push(Capture { file, packets, line: *start });
                    begun = None;
                }
            }
        }
    }
    match begun {
        Some((start, _)) => {
            Err(damaged(start, format!("the capture has no end, up to line {last}; is the log whole?")))
        }
        None if captures.is_empty() => Err(Error::failure(&Trouble::NoCapture, name.to_owned())),
        None => Ok(captures),
    }
}

/// A line without what moves and colours a terminal: control characters, and escape sequences up to their last letter.
fn printable(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' if letters.as_str().starts_with('[') => {
                letters.next();
                letters.find(|letter| ('@'..='~').contains(letter));
            }
            _ if letter.is_control() && letter != '\t' => {}
            _ => text.push(letter),
        }
    }
    text
}

/// The file of which these are the lines, and how many packets it has.
fn decode(words: &[String], end: &str) -> Result<(Vec<u8>, usize), String> {
    let length = end.split_whitespace().next().and_then(|number| number.parse::<usize>().ok());
    let length = length.ok_or("the line at the capture's end does not tell how long it is")?;
    let count = length.div_ceil(BYTES);
    // The last line is as long as the others, or the only one of its length.
    let tail = (length % BYTES).div_ceil(3) * 4 % LINE;
    let mut lines: Vec<&String> = words.iter().filter(|word| word.len() == LINE).collect();
    lines.extend(words.iter().rev().find(|word| tail != 0 && word.len() == tail));
    if lines.len() != count {
        let odd = words.iter().position(|word| word.len() != LINE).map_or(0, |at| at + 1);
        let whole = lines.len();
        return Err(format!(
            "{whole} of its {count} lines are whole; the first odd one is line {odd} of the capture"
        ));
    }
    let mut file = Vec::with_capacity(length);
    for (index, line) in lines.iter().enumerate() {
        let mut bytes = [0; BYTES];
        let decoded = Base64::decode(line.as_bytes(), &mut bytes)
            .map_err(|_| format!("line {} of the capture is no base64", index + 1))?;
        file.extend_from_slice(decoded);
    }
    let packets = packets_of(&file).filter(|_| file.len() == length);
    packets.map(|packets| (file, packets)).ok_or_else(|| "its blocks do not fit together".into())
}

/// How many packets there are; nothing if the lengths of the blocks contradict each other.
fn packets_of(mut file: &[u8]) -> Option<usize> {
    const PACKET: u32 = 6;
    let mut packets = 0;
    while !file.is_empty() {
        let kind = u32::from_le_bytes(*file.first_chunk()?);
        let length = *file.get(4..)?.first_chunk::<4>()?;
        let (block, rest) = file.split_at_checked(u32::from_le_bytes(length) as usize)?;
        if block.len() < 12 || !block.ends_with(&length) {
            return None;
        }
        packets += usize::from(kind == PACKET);
        file = rest;
    }
    Some(packets)
}

#[cfg(test)]
mod tests {
    use super::{Capture, find};
    use bootproto::trace::{Direction, Packet, pcapng, write_text};
    use bootproto_core::{Instant, UdpPath};

    fn packets(bytes: &[u8]) -> [Packet<'_>; 3] {
        let path = UdpPath::v4("10.0.0.2:2070".parse().unwrap(), "10.0.0.1:69".parse().unwrap());
        [1, 2, 3].map(|at| Packet::datagram(Instant::from_millis(at), Direction::Sent, path, bytes))
    }

    fn log(bytes: &[u8]) -> (String, Vec<u8>) {
        let (mut text, mut file) = (String::new(), Vec::new());
        write_text(packets(bytes), &mut text).unwrap();
        pcapng::write(packets(bytes), &mut |bytes| file.extend_from_slice(bytes));
        (text, file)
    }

    fn why(log: &str) -> String {
        find(log.as_bytes(), "log").unwrap_err().to_string()
    }

    #[test]
    fn a_capture_is_found_whatever_stands_around_it() {
        for length in 0..130 {
            let bytes: Vec<u8> = (0..length).collect();
            let (text, file) = log(&bytes);
            // A terminal's line ends, a time in front, and a kernel that talks in between.
            let mut around = String::from("SeaBIOS\r\n\r\n");
            for line in text.lines() {
                around.push_str(&format!("[12:00:01.5] \x1b[0m{line}\r\n[   1.23] usb 1-1: new device\r\n"));
            }
            let found = find(around.as_bytes(), "log").unwrap();
            assert_eq!(found, [Capture { file: file.clone(), packets: 3, line: 3 }]);
            let twice = format!("{text}{text}");
            assert_eq!(find(twice.as_bytes(), "log").unwrap().len(), 2);
        }
    }

    #[test]
    fn a_damaged_capture_is_told_with_its_line() {
        let (text, _) = log(&[7; 60]);
        assert!(why("nothing at all").contains("BP6215"), "{}", why("nothing at all"));
        let line: Vec<&str> = text.lines().collect();
        let without_end = line[..line.len() - 1].join("\n");
        assert!(why(&without_end).contains("line 1: the capture has no end"), "{}", why(&without_end));
        // A letter lost anywhere in the lines, a line lost, a letter changed in a length.
        let inside = text.find('\n').unwrap() + 1..text.rfind("-----END").unwrap();
        for at in inside.clone().filter(|at| text.as_bytes()[*at] != b'\n') {
            let damaged = format!("{}{}", &text[..at], &text[at + 1..]);
            assert!(why(&damaged).contains("lines are whole"), "{at}: {}", why(&damaged));
        }
        let mut short = line.clone();
        short.remove(2);
        assert!(why(&short.join("\n")).contains("of its"), "{}", why(&short.join("\n")));
        let mut changed = text.clone().into_bytes();
        changed[inside.start + 6] ^= 1;
        assert!(why(&String::from_utf8(changed.clone()).unwrap()).contains("do not fit together"));
        changed[inside.start + 6] = b'?';
        assert!(why(&String::from_utf8(changed).unwrap()).contains("no base64"));
        assert!(why(&text.replace("PCAPNG 4", "PCAPNG x")).contains("how long"), "{text}");
    }
}
