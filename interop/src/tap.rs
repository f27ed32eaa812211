//! TAP and TUN devices, and the one ethtool setting that raw frames need.

use crate::Outcome;
use std::ffi::c_char;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// Opens (and makes) a TAP device in the namespace of the calling thread; reads and writes don't block. It goes away
/// with the file.
///
/// # Errors
/// No `/dev/net/tun`, or no right to use it.
pub fn open(name: &str) -> Outcome<File> {
    device(name, libc::IFF_TAP | libc::IFF_NO_PI)
}

/// Opens (and makes) a TUN device that says to be InfiniBand (hardware type 32) in the namespace of the calling thread.
/// Every packet has four bytes before it, of which the last two are its EtherType. The kernel knows no address of 20
/// bytes on it, so it is good for broadcasts, not for ARP.
///
/// # Errors
/// As [`open`].
pub fn open_infiniband(name: &str) -> Outcome<File> {
    const TUNSETLINK: libc::c_ulong = 0x4004_54cd;
    let tun = device(name, libc::IFF_TUN)?;
    // SAFETY: TUNSETLINK takes its argument by value.
    let result = unsafe {
        libc::ioctl(tun.as_raw_fd(), TUNSETLINK as _, libc::c_ulong::from(libc::ARPHRD_INFINIBAND))
    };
    if result < 0 {
        return Err(format!("TUN {name}: {}", std::io::Error::last_os_error()).into());
    }
    Ok(tun)
}

fn device(name: &str, flags: libc::c_int) -> Outcome<File> {
    let tun = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/net/tun")
        .map_err(|error| format!("/dev/net/tun: {error}"))?;
    let mut request = request(name);
    request.ifr_ifru.ifru_flags = i16::try_from(flags).expect("the flags are below 0x8000");
    // SAFETY: TUNSETIFF reads and writes one ifreq, which lives until the call returns.
    let result = unsafe { libc::ioctl(tun.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    if result < 0 {
        return Err(format!("TAP {name}: {}", std::io::Error::last_os_error()).into());
    }
    Ok(tun)
}

/// Has the kernel compute UDP checksums before a frame leaves this interface of the calling thread's namespace, as on
/// a real wire. A veth pair leaves them half done, and a reader of raw frames would see them wrong.
///
/// # Errors
/// No such interface.
pub fn full_checksums(name: &str) -> Outcome {
    const ETHTOOL_STXCSUM: u32 = 0x17;
    const SIOCETHTOOL: libc::c_ulong = 0x8946;
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    let mut value: [u32; 2] = [ETHTOOL_STXCSUM, 0];
    let mut request = request(name);
    request.ifr_ifru.ifru_data = value.as_mut_ptr().cast();
    // SAFETY: SIOCETHTOOL reads one ifreq and the two words (ethtool_value) that it points to; both live on.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCETHTOOL as _, &raw mut request) };
    if result < 0 {
        return Err(format!("ethtool {name}: {}", std::io::Error::last_os_error()).into());
    }
    Ok(())
}

fn request(name: &str) -> libc::ifreq {
    // SAFETY: an ifreq is plain data, for which all zeroes is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes().take(15)) {
        *to = from as c_char;
    }
    request
}
