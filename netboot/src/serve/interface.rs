//! On which interface and with which address the server speaks.

use std::net::Ipv4Addr;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_nametoindex};

use crate::{Error, Mistake};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listen {
    /// The interface to which the sockets are tied, if to one.
    pub interface: Option<String>,
    /// The server's address.
    pub address: Ipv4Addr,
    /// The network's mask.
    pub mask: Ipv4Addr,
    /// The largest packet of the interface, if it is known.
    pub mtu: Option<u16>,
}

impl Listen {
    /// The address `wanted`, or the first one, of an interface that is up.
    ///
    /// # Errors
    /// [`Mistake::NoInterface`], [`Mistake::InterfaceDown`], [`Mistake::NoAddress`], [`Mistake::NotOurs`].
    pub fn interface(name: &str, wanted: Option<Ipv4Addr>) -> Result<Self, Error> {
        if if_nametoindex(name).is_err() {
            return Err(Error::mistake(Mistake::NoInterface, name));
        }
        let mut up = true;
        let mut seen = false;
        for (address, mask, flags) in addresses(name)? {
            up = flags.contains(InterfaceFlags::IFF_UP);
            let Some(address) = address else { continue };
            seen = true;
            if up && wanted.is_none_or(|wanted| wanted == address) {
                let mask = mask.unwrap_or(Ipv4Addr::BROADCAST);
                return Ok(Self { interface: Some(name.to_owned()), address, mask, mtu: mtu(name) });
            }
        }
        Err(match wanted {
            _ if !up => Error::mistake(Mistake::InterfaceDown, name)
                .with_hint(format!("bring it up: ip link set {name} up")),
            Some(wanted) if seen => Error::mistake(Mistake::NotOurs, wanted.to_string())
                .because(format!("not an address of {name}")),
            _ => Error::mistake(Mistake::NoAddress, name)
                .with_hint(format!("give it one: ip addr add 192.0.2.1/24 dev {name}")),
        })
    }

    /// One address of this machine, and the interface that has it.
    ///
    /// # Errors
    /// [`Mistake::NotOurs`], [`Mistake::InterfaceDown`].
    pub fn address(address: Ipv4Addr) -> Result<Self, Error> {
        if address.is_loopback() {
            return Ok(Self::loopback(address));
        }
        if address.is_unspecified() {
            return Err(Error::mistake(Mistake::Argument, address.to_string())
                .because("a server needs one address that its clients can be told")
                .with_hint("name one of `ip addr`, or use --interface"));
        }
        match all()?.into_iter().find(|(_, (found, _, _))| *found == Some(address)) {
            Some((name, _)) => Self::interface(&name, Some(address)),
            None => Err(Error::mistake(Mistake::NotOurs, address.to_string())),
        }
    }

    /// An address of 127.0.0.0/8, all of which are this machine's.
    #[must_use]
    pub fn loopback(address: Ipv4Addr) -> Self {
        Self { interface: None, address, mask: Ipv4Addr::new(255, 0, 0, 0), mtu: None }
    }
}

type Found = (Option<Ipv4Addr>, Option<Ipv4Addr>, InterfaceFlags);

/// Every address of every interface.
fn all() -> Result<Vec<(String, Found)>, Error> {
    let all = getifaddrs().map_err(|error| Error::network("listing the interfaces", &error.into()))?;
    Ok(all
        .map(|found| {
            let v4 = |address: Option<nix::sys::socket::SockaddrStorage>| {
                address.and_then(|address| address.as_sockaddr_in().map(|address| address.ip()))
            };
            (found.interface_name, (v4(found.address), v4(found.netmask), found.flags))
        })
        .collect())
}

fn addresses(name: &str) -> Result<Vec<Found>, Error> {
    Ok(all()?.into_iter().filter(|(interface, _)| interface == name).map(|(_, found)| found).collect())
}

#[cfg(target_os = "linux")]
fn mtu(name: &str) -> Option<u16> {
    crate::link::mtu(name).ok().map(|bytes| u16::try_from(bytes).unwrap_or(u16::MAX))
}

#[cfg(not(target_os = "linux"))]
fn mtu(_: &str) -> Option<u16> {
    None
}

#[cfg(test)]
mod tests {
    use super::Listen;
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_is_found_with_its_mask() {
        let listen = Listen::interface("lo", None).unwrap();
        assert_eq!((listen.address, listen.mask), (Ipv4Addr::LOCALHOST, Ipv4Addr::new(255, 0, 0, 0)));
    }

    #[test]
    fn what_is_not_there_is_a_mistake() {
        let code = |result: Result<Listen, crate::Error>| result.unwrap_err().code().to_string();
        assert_eq!(code(Listen::interface("nonesuch0", None)), "BP6302");
        assert_eq!(code(Listen::interface("../lo", None)), "BP6302");
        assert_eq!(code(Listen::interface("lo", Some(Ipv4Addr::new(192, 0, 2, 1)))), "BP6308");
    }
}
