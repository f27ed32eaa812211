//! Sizes, rates and times as people write and read them.

use std::time::Duration;

/// Reads `1500`, `64K`, `10M`, `2G`: powers of 1024.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let number: u64 =
        digits.parse().map_err(|_| "not a size: write a number, or one with K, M or G".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "too large".to_owned())
}

/// `12 bytes`, `1.5 MiB`.
pub(crate) fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64;
    let mut unit = "";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// Bytes per second, for a table or a log line.
pub(crate) fn rate(bytes: u64, time: Duration) -> String {
    format!("{}/s", human(per_second(bytes, time)))
}

/// Bytes per second.
pub(crate) fn per_second(bytes: u64, time: Duration) -> u64 {
    (bytes as f64 / time.as_secs_f64().max(1e-6)) as u64
}

/// `850 µs`, `12 ms`, `3.2 s`.
pub(crate) fn time(time: Duration) -> String {
    match time.as_micros() {
        micros @ ..1_000 => format!("{micros} µs"),
        micros @ 1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_read_with_their_suffix_and_without_overflow() {
        assert_eq!(super::parse("64K"), Ok(65_536));
        assert_eq!(super::parse("1500"), Ok(1_500));
        assert_eq!(super::parse("2g"), Ok(2 << 30));
        assert!(super::parse("").is_err());
        assert!(super::parse("K").is_err());
        assert!(super::parse("-1").is_err());
        assert!(super::parse("99999999999G").is_err());
        assert!(super::parse("1µ").is_err());
    }

    #[test]
    fn sizes_are_printed_short() {
        assert_eq!(super::human(1_023), "1023 bytes");
        assert_eq!(super::human(1_536), "1.5 KiB");
        assert_eq!(super::human(5 << 30), "5.0 GiB");
    }
}
