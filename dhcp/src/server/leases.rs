//! Deciding about addresses: RFC 2131 section 4.3.

use core::net::Ipv4Addr;

use bootproto_core::Instant;

use super::answer::Kind;
use super::binding::State;
use super::request::Request;
use super::{Binding, ClientKey, Config, Event, Ignored, LeftOut, Refusal, table};

/// What a request leads to: an event, and an answer if there is one.
pub(super) type Outcome = Result<(Event, Option<Kind>), Ignored>;

/// A decision over the table: the settings, the rows, and the request at its time.
#[derive(Debug)]
pub(super) struct Desk<'s> {
    pub(super) config: &'s Config,
    pub(super) rows: &'s mut [Binding],
    pub(super) request: &'s Request,
    pub(super) now: Instant,
    /// Where the datagram came from.
    pub(super) source: Option<Ipv4Addr>,
}

impl<'s> Desk<'s> {
    /// DHCPDISCOVER, section 4.3.1.
    pub(super) fn discover(self) -> Outcome {
        let (index, address) = self.place()?;
        let lease = self.lease();
        let hardware = self.request.header.hardware;
        let (now, time) = (self.now, self.config.offer_time);
        let is_leased = {
            let row = self.rows.get(index).ok_or(Ignored::PoolExhausted)?;
            row.key == self.key_for(row) && row.is_leased(now)
        };
        // A client that restarted keeps the lease it has until it takes the new one.
        if !is_leased && let Some(row) = self.take_row(index, address) {
            row.offer(now, time);
        }
        Ok((
            Event::Offered { hardware, address, left_out: LeftOut::NOTHING },
            Some(Kind::Offer { address, lease }),
        ))
    }

    /// DHCPREQUEST, section 4.3.2: the client's state shows in what it fills in.
    pub(super) fn request(self) -> Outcome {
        let request = self.request;
        match (request.server, request.requested, request.header.ciaddr) {
            (Some(server), _, _) if server != self.config.address => self.withdraw(server),
            (Some(_), _, _) => self.select(),
            (None, Some(address), ciaddr) if ciaddr.is_unspecified() => self.reboot(address),
            (None, _, ciaddr) if !ciaddr.is_unspecified() => self.renew(ciaddr),
            (None, _, _) => Err(Ignored::MissingOption { option: 50 }),
        }
    }

    /// The client took another server's offer.
    fn withdraw(self, server: Ipv4Addr) -> Outcome {
        let (hardware, now) = (self.request.header.hardware, self.now);
        let index = table::row_of(self.rows, self.config, self.request, now);
        let row = index.and_then(|index| self.rows.get_mut(index));
        match row {
            Some(row) if matches!(row.state, State::Offered { .. }) => {
                row.state = State::Released { since: now };
                Ok((Event::Withdrawn { hardware, address: row.address }, None))
            }
            Some(_) | None => Err(Ignored::OtherServer { server }),
        }
    }

    /// SELECTING: the client takes our offer.
    fn select(self) -> Outcome {
        let request = self.request;
        let asked = request.requested.or(Some(request.header.ciaddr)).filter(|asked| !asked.is_unspecified());
        match self.own_row() {
            Some((index, own)) if asked.is_none_or(|asked| asked == own) && self.may_keep(index) => {
                Ok(self.grant(index, own))
            }
            Some((_, own)) => Ok(self.refuse(asked.unwrap_or(own), Refusal::OtherAddress)),
            None => Ok(self.refuse(asked.unwrap_or(Ipv4Addr::UNSPECIFIED), Refusal::NotAvailable)),
        }
    }

    /// INIT-REBOOT: the client remembers an address.
    fn reboot(self, asked: Ipv4Addr) -> Outcome {
        match self.own_row() {
            Some((index, own)) if own == asked && self.may_keep(index) => Ok(self.grant(index, own)),
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
            //# Server SHOULD send a DHCPNAK message to the client if the 'requested
            //# IP address' is incorrect, or is on the wrong network.
            _ if self.is_elsewhere(asked) => Ok(self.refuse(asked, Refusal::WrongNetwork)),
            own => self.contradict(own, asked),
        }
    }

    /// RENEWING and REBINDING: the client uses an address and wants it longer.
    fn renew(self, address: Ipv4Addr) -> Outcome {
        match self.own_row() {
            Some((index, own)) if own == address && self.may_keep(index) => Ok(self.grant(index, own)),
            Some(_) if self.is_elsewhere(address) => Ok(self.refuse(address, Refusal::WrongNetwork)),
            own @ Some(_) => self.contradict(own, address),
            None => match table::place_at(self.rows, self.config, address, self.now) {
                Some(index) if self.is_reachable() => Ok(self.grant(index, address)),
                Some(_) | None => self.contradict(None, address),
            },
        }
    }

    /// The client has an address that we did not give it: a NAK if we know better, else silence, for another server
    /// may have given it.
    fn contradict(self, own: Option<(usize, Ipv4Addr)>, address: Ipv4Addr) -> Outcome {
        let row = own.and_then(|(index, _)| self.rows.get(index));
        let is_held = row.is_some_and(|row| row.fixed || row.idle_since(self.now).is_none());
        match (is_held, self.is_reachable()) {
            (true, true) => Ok(self.refuse(address, Refusal::OtherAddress)),
            // It moved behind another relay agent, where only an address of our network is surely wrong.
            (true, false) if self.config.is_local(address) => Ok(self.refuse(address, Refusal::WrongNetwork)),
            (false, true) if self.config.authoritative => Ok(self.refuse(address, Refusal::NotAvailable)),
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
            //# If the DHCP server has no record of this client, then it MUST
            //# remain silent, and MAY output a warning to the network
            //# administrator.
            _ => Err(Ignored::NoRecord { address }),
        }
    }

    /// DHCPDECLINE, section 4.3.3.
    pub(super) fn decline(self) -> Outcome {
        self.check_server()?;
        let address = self.request.requested.ok_or(Ignored::MissingOption { option: 50 })?;
        let (hardware, until) =
            (self.request.header.hardware, self.now.saturating_add(self.config.quarantine));
        match self.own_row() {
            Some((index, own)) if own == address => {
                if let Some(row) = self.rows.get_mut(index) {
                    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.3
                    //# The server MUST mark the network address as not available and
                    //# SHOULD notify the local system administrator of a possible
                    //# configuration problem.
                    row.state = State::Declined { until };
                    if !row.fixed {
                        row.key = ClientKey::NOBODY;
                    }
                }
                Ok((Event::Declined { hardware, address }, None))
            }
            Some(_) | None => Err(Ignored::NoRecord { address }),
        }
    }

    /// DHCPRELEASE, section 4.3.4.
    pub(super) fn release(self) -> Outcome {
        self.check_server()?;
        let (hardware, address, now) = (self.request.header.hardware, self.request.header.ciaddr, self.now);
        match self.own_row() {
            Some((index, own)) if own == address => {
                //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.4
                //# Upon receipt of a DHCPRELEASE message, the server marks the
                //# network address as not allocated. The server SHOULD retain a
                //# record of the client's initialization parameters for possible
                //# reuse in response to subsequent requests from the client.
                let row = self.rows.get_mut(index).filter(|row| row.is_leased(now));
                row.ok_or(Ignored::NoRecord { address })?.state = State::Released { since: now };
                Ok((Event::Released { hardware, address }, None))
            }
            Some(_) | None => Err(Ignored::NoRecord { address }),
        }
    }

    /// DHCPINFORM, section 4.3.5.
    pub(super) fn inform(self) -> Outcome {
        let header = &self.request.header;
        let claimed = Some(header.ciaddr).filter(|address| !address.is_unspecified());
        let address = claimed.or(self.source).unwrap_or(Ipv4Addr::UNSPECIFIED);
        // Else anybody could have our answers sent to anybody.
        let is_known = self.own_row().is_some_and(|(_, own)| own == address);
        let is_here = self.is_reachable() && self.config.is_client(address);
        if !is_known && !is_here {
            return Err(Ignored::OtherNetwork { address });
        }
        Ok((
            Event::Informed { hardware: header.hardware, address, left_out: LeftOut::NOTHING },
            Some(Kind::Inform),
        ))
    }

    /// BOOTREQUEST of a client without DHCP, RFC 1534.
    pub(super) fn bootp(self) -> Outcome {
        let hardware = self.request.header.hardware;
        // A lease that ends must not become endless: it would never come back to the pool.
        let is_known = self
            .own_row()
            .and_then(|(index, _)| self.rows.get(index))
            .is_some_and(|row| row.fixed || matches!(row.state, State::Leased { until: None }));
        if !is_known && !self.config.dynamic_bootp {
            return Err(Ignored::BootpNotServed);
        }
        let (index, address) = self.place()?;
        if let Some(row) = self.take_row(index, address) {
            row.state = State::Leased { until: None };
        }
        Ok((Event::Bootp { hardware, address, left_out: LeftOut::NOTHING }, Some(Kind::Bootp { address })))
    }

    fn check_server(&self) -> Result<(), Ignored> {
        match self.request.server {
            Some(server) if server != self.config.address => Err(Ignored::OtherServer { server }),
            Some(_) | None => Ok(()),
        }
    }

    /// The client's row that it may use now, and its address.
    fn own_row(&self) -> Option<(usize, Ipv4Addr)> {
        let index = table::row_of(self.rows, self.config, self.request, self.now)?;
        let row = self.rows.get(index)?;
        (!row.is_quarantined(self.now)).then_some((index, row.address))
    }

    /// Whether a client may go on with the address of its row: fixed ones wherever it is, others where the pool has
    /// them and is the client's.
    fn may_keep(&self, index: usize) -> bool {
        let row = self.rows.get(index);
        row.is_some_and(|row| row.fixed || (self.config.is_in_pool(row.address) && self.is_reachable()))
    }

    /// A row for a client that asks for an address.
    fn place(&self) -> Result<(usize, Ipv4Addr), Ignored> {
        let giaddr = self.request.header.giaddr;
        let found = table::place_for(self.rows, self.config, self.request, self.now);
        let (index, address) = found.ok_or(Ignored::PoolExhausted)?;
        let is_fixed = self.rows.get(index).is_some_and(|row| row.fixed);
        if !is_fixed && !self.is_reachable() {
            return Err(Ignored::OtherNetwork { address: giaddr });
        }
        Ok((index, address))
    }

    /// Whether the client is on the network of the pool, as far as the relay agent tells.
    const fn is_reachable(&self) -> bool {
        let giaddr = self.request.header.giaddr;
        giaddr.is_unspecified() || self.config.is_local(giaddr)
    }

    /// Whether an address can't be right where the client is.
    const fn is_elsewhere(&self, address: Ipv4Addr) -> bool {
        self.is_reachable() && !self.config.is_local(address)
    }

    /// How long: what the client asks for, within limits.
    fn lease(&self) -> u32 {
        let most = self.config.max_lease;
        self.request.lease.map_or(self.config.lease, |asked| asked.clamp(1, most))
    }

    /// Whose a row will be: a fixed one stays with the key that it was made for.
    const fn key_for(&self, row: &Binding) -> ClientKey {
        if row.fixed { row.key } else { self.request.key }
    }

    /// Makes a row this client's, but for its state.
    fn take_row(self, index: usize, address: Ipv4Addr) -> Option<&'s mut Binding> {
        let key = self.rows.get(index).map(|row| self.key_for(row))?;
        let row = self.rows.get_mut(index)?;
        row.key = key;
        row.hardware = self.request.header.hardware;
        row.address = address;
        Some(row)
    }

    fn grant(self, index: usize, address: Ipv4Addr) -> (Event, Option<Kind>) {
        let lease = self.lease();
        let hardware = self.request.header.hardware;
        let until = (lease != u32::MAX)
            .then(|| self.now.saturating_add(core::time::Duration::from_secs(u64::from(lease))));
        if let Some(row) = self.take_row(index, address) {
            row.state = State::Leased { until };
        }
        (
            Event::Acknowledged { hardware, address, left_out: LeftOut::NOTHING },
            Some(Kind::Ack { address, lease }),
        )
    }

    const fn refuse(&self, address: Ipv4Addr, reason: Refusal) -> (Event, Option<Kind>) {
        let hardware = self.request.header.hardware;
        (Event::Refused { hardware, address, reason }, Some(Kind::Nak { reason }))
    }
}
