//! A boot that takes over the address and the answers of whoever loaded us.

use bootproto_core::Instant;
use bootproto_dhcp::client as dhcp;

use super::boot::shown;
use super::file::AT_ONCE;
use super::machine::{Client, Pending};
use super::{Config, ConfigError};

impl Client {
    /// A client that spares its own DHCP: a PXE ROM, or UEFI's PXE base code, keeps the DHCP server's acknowledgement,
    /// the proxy's offer and the boot server's acknowledgement.
    ///
    /// The events are those of any boot, without `Offered`: at the first
    /// [`handle_timeout`](bootproto_core::Machine::handle_timeout) [`Event::Configured`](super::Event::Configured) comes,
    /// then what [`Load`](super::Load) asks for. The lease counts from `now`.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` can't be, or that the packets can't be taken over: `ack` is no
    /// acknowledgement with an address, or one of the others can't be read. Then the way is [`new`](Self::new).
    pub fn from_cached(
        config: Config,
        now: Instant,
        ack: &[u8],
        proxy: Option<&[u8]>,
        boot_server: Option<&[u8]>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let identity = (shown(&config.dhcp), config.dhcp.uuid());
        let dhcp = config.dhcp.with_boot_required(true);
        let dhcp = dhcp::Client::from_cached(dhcp, now, ack, proxy, boot_server)
            .map_err(|error| ConfigError::Dhcp { error })?;
        let mut client = Self::around(config.knobs, config.seed, identity, dhcp, now);
        client.pending = Some((now.saturating_add(AT_ONCE), Pending::Configured));
        Ok(client)
    }
}
