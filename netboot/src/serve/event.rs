//! What happens in the server, one line each.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bootproto_core::{Code, Numbered};
use bootproto_dhcp::server as dhcp;
use bootproto_tftp::Negotiated;
use bootproto_tftp::wire::Direction;
use serde_json::{Value, json};

use crate::{Error, Trouble, size};

/// A port's purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Service {
    /// DHCP or `ProxyDHCP`.
    Dhcp,
    /// The PXE boot server.
    Pxe,
    /// TFTP.
    Tftp,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Dhcp => "dhcp",
            Self::Pxe => "pxe",
            Self::Tftp => "tftp",
        }
    }
}

/// All transfers of a server's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many ended well.
    pub done: u64,
    /// How many failed.
    pub failed: u64,
    /// How many requests were refused.
    pub refused: u64,
    /// Bytes of the files that were transferred whole.
    pub bytes: u64,
}

/// Something that happened. It prints as one line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A port is open.
    Listening {
        /// What for.
        service: Service,
        /// Where.
        address: SocketAddr,
    },
    /// The DHCP side did something.
    Dhcp(dhcp::Event),
    /// A transfer began.
    Started {
        /// Whose.
        client: SocketAddr,
        /// What.
        file: String,
        /// Which way.
        direction: Direction,
        /// How many bytes it will have, where that is known.
        size: Option<u64>,
    },
    /// A transfer ended well.
    Done {
        /// Whose.
        client: SocketAddr,
        /// What.
        file: String,
        /// Which way.
        direction: Direction,
        /// How many bytes.
        bytes: u64,
        /// How long it took.
        time: Duration,
        /// What it ran with.
        negotiated: Negotiated,
        /// Datagrams that had to be sent again.
        retransmissions: u32,
    },
    /// A transfer failed.
    Failed {
        /// Whose.
        client: SocketAddr,
        /// What.
        file: String,
        /// Which way.
        direction: Direction,
        /// How many bytes had gone by.
        bytes: u64,
        /// The number of the reason.
        code: Code,
        /// The reason.
        why: String,
    },
    /// A client asked for a file's size and broke off, as ROMs do before they read it.
    Probed {
        /// Whose.
        client: SocketAddr,
        /// What.
        file: String,
    },
    /// A request was refused.
    Refused {
        /// Whose.
        client: SocketAddr,
        /// What was asked for.
        file: String,
        /// Why.
        trouble: Trouble,
    },
    /// Something went wrong that ends no more than itself.
    Trouble(Error),
    /// The server ends.
    Stopped(Totals),
}

/// `sent` or `received`, seen from the server.
fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Write => "received",
        _ => "sent",
    }
}

impl Event {
    /// The event as an object for a program.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Listening { service, address } => {
                json!({"event": "listening", "service": service.name(), "address": address.to_string()})
            }
            Self::Dhcp(event) => dhcp_json(event),
            Self::Started { client, file, direction, size } => json!({
                "event": "started", "client": client.to_string(), "file": file, "direction": verb(*direction),
                "size": size,
            }),
            Self::Done { client, file, direction, bytes, time, negotiated, retransmissions } => json!({
                "event": "done", "client": client.to_string(), "file": file, "direction": verb(*direction),
                "bytes": bytes, "seconds": time.as_secs_f64(), "bytes_per_second": size::per_second(*bytes, *time),
                "blksize": negotiated.block_size, "windowsize": negotiated.window_size,
                "retransmissions": retransmissions,
            }),
            Self::Failed { client, file, direction, bytes, code, why } => json!({
                "event": "failed", "client": client.to_string(), "file": file, "direction": verb(*direction),
                "bytes": bytes, "code": code.to_string(), "why": why,
            }),
            Self::Probed { client, file } => {
                json!({"event": "probed", "client": client.to_string(), "file": file})
            }
            Self::Refused { client, file, trouble } => json!({
                "event": "refused", "client": client.to_string(), "file": file,
                "code": trouble.code().to_string(), "pxe": trouble.entry().pxe, "why": trouble.to_string(),
            }),
            Self::Trouble(error) => {
                let mut value = error.json();
                value["event"] = json!("trouble");
                value
            }
            Self::Stopped(totals) => json!({
                "event": "stopped", "done": totals.done, "failed": totals.failed, "refused": totals.refused,
                "bytes": totals.bytes,
            }),
        }
    }
}

fn dhcp_json(event: &dhcp::Event) -> Value {
    let (name, hardware, address) = match event {
        dhcp::Event::Ignored(ignored) => {
            return json!({
                "event": "dhcp-ignored", "code": ignored.code().to_string(), "why": ignored.to_string(),
            });
        }
        dhcp::Event::Offered { hardware, address, .. } => ("dhcp-offered", hardware, Some(address)),
        dhcp::Event::Acknowledged { hardware, address, .. } => ("dhcp-acknowledged", hardware, Some(address)),
        dhcp::Event::Bootp { hardware, address, .. } => ("bootp", hardware, Some(address)),
        dhcp::Event::Refused { hardware, address, .. } => ("dhcp-refused", hardware, Some(address)),
        dhcp::Event::Withdrawn { hardware, address } => ("dhcp-withdrawn", hardware, Some(address)),
        dhcp::Event::Declined { hardware, address } => ("dhcp-declined", hardware, Some(address)),
        dhcp::Event::Released { hardware, address } => ("dhcp-released", hardware, Some(address)),
        dhcp::Event::Informed { hardware, address, .. } => ("dhcp-informed", hardware, Some(address)),
        dhcp::Event::ProxyOffered { hardware, .. } => ("proxy-offered", hardware, None),
        dhcp::Event::BootServed { hardware, .. } => ("boot-served", hardware, None),
        other => return json!({"event": "dhcp", "text": other.to_string()}),
    };
    json!({
        "event": name, "hardware": hardware.to_string(), "address": address.map(ToString::to_string),
        "text": event.to_string(),
    })
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { service, address } => write!(f, "{} listens on {address}", service.name()),
            Self::Dhcp(event) => write!(f, "dhcp {event}"),
            Self::Started { client, file, direction, size } => {
                let doing = if *direction == Direction::Write { "stores" } else { "reads" };
                write!(f, "tftp {client} {doing} {file}")?;
                size.map_or(Ok(()), |bytes| write!(f, " ({})", size::human(bytes)))
            }
            Self::Done { client, file, direction, bytes, time, negotiated, retransmissions } => {
                let verb = verb(*direction);
                write!(f, "tftp {client} {verb} {file}: {} in {}", size::human(*bytes), size::time(*time))?;
                write!(f, ", {}", size::rate(*bytes, *time))?;
                write!(f, ", blksize {} windowsize {}", negotiated.block_size, negotiated.window_size)?;
                if *retransmissions > 0 {
                    write!(f, ", {retransmissions} sent again")?;
                }
                Ok(())
            }
            Self::Failed { client, file, bytes, code, why, .. } => {
                write!(f, "tftp {client} failed {file} after {}: {why} ({code})", size::human(*bytes))
            }
            Self::Probed { client, file } => write!(f, "tftp {client} asked for the size of {file}"),
            Self::Refused { client, file, trouble } => {
                write!(f, "tftp {client} refused {file}: {trouble} ({})", trouble.code())
            }
            Self::Trouble(error) => write!(f, "trouble: {error}"),
            Self::Stopped(totals) => write!(
                f,
                "stopped: {} transfers done ({}), {} failed, {} refused",
                totals.done,
                size::human(totals.bytes),
                totals.failed,
                totals.refused
            ),
        }
    }
}
