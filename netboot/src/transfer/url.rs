//! `tftp://host[:port]/file` (RFC 3617).

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use crate::{Error, Mistake};

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// A name or an address.
    pub host: String,
    /// The server's port, 69 if nothing else was said.
    pub port: u16,
    /// The file's name as it goes over the wire; never a leading slash of the URL's own.
    pub file: Vec<u8>,
}

impl Url {
    /// The server's address. An IPv4 address is taken where there are both.
    ///
    /// # Errors
    /// [`Mistake::UnknownHost`].
    pub fn resolve(&self) -> Result<SocketAddr, Error> {
        let unknown = || Error::mistake(Mistake::UnknownHost, &self.host);
        let all: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| unknown().because(error))?
            .collect();
        all.iter().find(|address| address.is_ipv4()).or_else(|| all.first()).copied().ok_or_else(unknown)
    }

    /// The last part of the file's name, without characters that a file name can't have.
    #[must_use]
    pub fn base_name(&self) -> Option<String> {
        let name = String::from_utf8_lossy(&self.file);
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        (!name.is_empty() && name != "." && name != ".." && !name.contains('\0')).then(|| name.to_owned())
    }
}

impl FromStr for Url {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::mistake(Mistake::Argument, text).because(why).with_hint("write tftp://HOST[:PORT]/FILE")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("is no URL"))?;
        if !scheme.eq_ignore_ascii_case("tftp") {
            return Err(wrong("only tftp:// is supported"));
        }
        let (authority, file) = rest.split_once('/').ok_or_else(|| wrong("names no file"))?;
        let (host, port) = authority_parts(authority).ok_or_else(|| wrong("has no usable host and port"))?;
        let file = percent_decode(file).ok_or_else(|| wrong("has a % without two hexadecimal digits"))?;
        if file.is_empty() {
            return Err(wrong("names no file"));
        }
        Ok(Self { host, port, file })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V6(_)) => write!(f, "tftp://[{host}]")?,
            _ => write!(f, "tftp://{host}")?,
        }
        if self.port != 69 {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "/{}", crate::error::printable(&self.file))
    }
}

fn authority_parts(authority: &str) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None => 69,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
            u8::try_from(value).ok()?
        } else {
            byte
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn parse(text: &str) -> Option<(String, u16, String)> {
        let url: Url = text.parse().ok()?;
        Some((url.host, url.port, String::from_utf8_lossy(&url.file).into_owned()))
    }

    #[test]
    fn hosts_ports_and_files_are_read() {
        let of = |host: &str, port, file: &str| Some((host.to_owned(), port, file.to_owned()));
        assert_eq!(parse("tftp://192.0.2.1/a/b c"), of("192.0.2.1", 69, "a/b c"));
        assert_eq!(parse("TFTP://boot.example:6969//abs"), of("boot.example", 6969, "/abs"));
        assert_eq!(parse("tftp://[2001:db8::1]:70/x%2fy%20z"), of("2001:db8::1", 70, "x/y z"));
    }

    #[test]
    fn what_is_no_url_of_a_file_is_refused() {
        for text in [
            "",
            "a",
            "http://h/f",
            "tftp://h",
            "tftp://h/",
            "tftp:///f",
            "tftp://h:0/f",
            "tftp://h:x/f",
            "tftp://h:70000/f",
            "tftp://[::1/f",
            "tftp://[h]/f",
            "tftp://h/%",
            "tftp://h/%g0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_local_name_never_leaves_the_directory() {
        let base = |file: &str| Url { host: "h".into(), port: 69, file: file.into() }.base_name();
        assert_eq!(base("a/b"), Some("b".into()));
        assert_eq!(base("boot\\x86\\nbp"), Some("nbp".into()));
        assert_eq!(base("a/.."), None);
        assert_eq!(base("a/"), None);
    }
}
