//! What the operating system knows of an interface's link.
//!
//! It is asked, not /sys: that shows the interfaces of the namespace it was mounted in, which need not be ours.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::drive::{Stop, wait};
use crate::{Error, Mistake, Trouble};
use std::os::fd::AsFd;

/// How often a link that is coming up is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Whether the interface is up.
pub(crate) fn is_up(name: &str) -> io::Result<bool> {
    flag(name, libc::IFF_UP)
}

/// Whether the interface has a link: a cable, and somebody at its other end.
pub(crate) fn has_link(name: &str) -> io::Result<bool> {
    flag(name, libc::IFF_RUNNING)
}

/// The interface's MTU: bytes of IP in a frame.
pub(crate) fn mtu(name: &str) -> io::Result<usize> {
    let request = ask(name, libc::SIOCGIFMTU)?;
    // SAFETY: SIOCGIFMTU has filled in this member of the union.
    Ok(usize::try_from(unsafe { request.ifr_ifru.ifru_mtu }).unwrap_or(1_500))
}

/// The interface's Ethernet address.
///
/// # Errors
/// There is no such interface, or it is no Ethernet.
pub(crate) fn ethernet_address(name: &str) -> Result<[u8; 6], Error> {
    let what = || format!("interface {name}");
    let request = ask(name, libc::SIOCGIFHWADDR).map_err(|_| Error::mistake(Mistake::NoInterface, what()))?;
    // SAFETY: SIOCGIFHWADDR has filled in this member of the union.
    let found = unsafe { request.ifr_ifru.ifru_hwaddr };
    if found.sa_family != libc::ARPHRD_ETHER {
        return Err(Error::mistake(Mistake::NoInterface, what())
            .because("it is no Ethernet interface")
            .with_hint("see `ip link` for those with link/ether"));
    }
    let mut address = [0; 6];
    for (to, from) in address.iter_mut().zip(found.sa_data) {
        *to = from.to_ne_bytes()[0];
    }
    Ok(address)
}

/// Waits for a link, for a switch needs its time; an error if there is none within `limit`.
///
/// # Errors
/// [`Mistake::InterfaceDown`], [`Trouble::NoLink`], [`Trouble::Interrupted`].
pub(crate) fn wait_for_link(name: &str, limit: Duration, stop: &Stop) -> Result<(), Error> {
    let what = || format!("interface {name}");
    if !is_up(name).map_err(|_| Error::mistake(Mistake::NoInterface, what()))? {
        return Err(Error::mistake(Mistake::InterfaceDown, what())
            .with_hint(format!("bring it up: ip link set {name} up")));
    }
    let begin = std::time::Instant::now();
    while !has_link(name).map_err(|error| Error::network(what(), &error))? {
        if begin.elapsed() >= limit {
            return Err(Error::failure(&Trouble::NoLink, what()));
        }
        if wait([stop.as_fd()].into_iter(), Some(LOOK))? && stop.is_stopped() {
            return Err(Error::failure(&Trouble::Interrupted, "waiting for a link"));
        }
    }
    Ok(())
}

fn flag(name: &str, flag: libc::c_int) -> io::Result<bool> {
    let request = ask(name, libc::SIOCGIFFLAGS)?;
    // SAFETY: SIOCGIFFLAGS has filled in this member of the union.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    Ok(libc::c_int::from(flags) & flag != 0)
}

/// One question of the SIOCGIF family.
fn ask(name: &str, question: libc::Ioctl) -> io::Result<libc::ifreq> {
    if name.len() >= libc::IFNAMSIZ {
        return Err(io::ErrorKind::NotFound.into());
    }
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // SAFETY: an ifreq is plain data, for which all zeroes is a value.
    let mut request: libc::ifreq = unsafe { core::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    // SAFETY: the questions of this family read and write one ifreq, which lives until the call returns.
    if unsafe { libc::ioctl(socket.as_raw_fd(), question, &raw mut request) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::{ethernet_address, has_link, is_up, mtu};

    #[test]
    fn loopback_is_up_and_no_ethernet() {
        assert!(is_up("lo").unwrap() && has_link("lo").unwrap());
        assert!(mtu("lo").unwrap() >= 1_500);
        let error = ethernet_address("lo").unwrap_err();
        assert_eq!((error.exit_code(), error.code().to_string().as_str()), (2, "BP6302"), "{error}");
    }

    #[test]
    fn what_is_no_interface_is_told() {
        for name in ["nonesuch0", "", "a-name-that-is-far-too-long", "../lo"] {
            assert!(is_up(name).is_err() && mtu(name).is_err(), "{name}");
            assert_eq!(ethernet_address(name).unwrap_err().exit_code(), 2, "{name}");
        }
    }
}
