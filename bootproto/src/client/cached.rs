//! A boot that another program has begun: a PXE ROM, which has an address and what to boot, and started us.

use bootproto_core::Instant;
use bootproto_dhcp::client as dhcp;

use super::machine::{Client, Pending};
use super::{Config, ConfigError, Event};
use crate::Fault;

impl Client {
    /// A client that takes over the answers that a PXE ROM caches (PXE 2.1 section 3.3, `GET_CACHED_INFO`): the DHCP
    /// server's acknowledgement, and where there are any the proxy's and the boot server's answer. The ROM's address
    /// stays ours, and there is no second DHCP.
    ///
    /// [`Event::Configured`] is the first event, and the next the first file's: menus and boot servers were the ROM's.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` can't be, or that the packets name no address: then begin with
    /// [`new`](Self::new).
    pub fn from_cached(
        config: Config,
        now: Instant,
        ack: &[u8],
        proxy: Option<&[u8]>,
        boot_server: Option<&[u8]>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let dhcp = dhcp::Client::from_cached(config.dhcp.clone(), now, ack, proxy, boot_server)
            .map_err(|error| ConfigError::Dhcp { error })?;
        let mut client = Self::with_dhcp(config, now, dhcp);
        client.pending = Some((now, Pending::Configured));
        Ok(client)
    }

    pub(super) const fn taken_over(&mut self, now: Instant) -> Event<'static> {
        self.pending = Some((now, Pending::Begin));
        Event::Configured
    }

    pub(super) fn begin_cached(&mut self, now: Instant) -> Option<Event<'static>> {
        if self.dhcp.boot().is_some() {
            return self.begin(now);
        }
        Some(self.fail(now, Fault::NoBootFile.into()))
    }
}
