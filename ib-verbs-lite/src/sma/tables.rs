//! The tables of a port: partitions, GUIDs, lanes.

use bootproto_core::num;

use super::config::P_KEYS;
use super::event::Changes;
use crate::mad::Status;
use crate::mad::attribute::{GuidInfo, PKeyTable, SlToVl, VlArbitration};
use crate::{Guid, PKey};

/// The tables of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) p_keys: [PKey; P_KEYS],
    pub(super) guids: [Guid; 8],
    pub(super) sl_to_vl: SlToVl,
    arbitration: [VlArbitration; 4],
}

/// What a question about a table ends with: the attribute, and what a Set changed.
pub(super) type Outcome = Result<([u8; 64], Changes), Status>;

impl Tables {
    /// The default partition, the one GUID, and one lane.
    pub(super) fn new(port_guid: Guid) -> Self {
        let mut p_keys = [PKey(0); P_KEYS];
        p_keys.iter_mut().take(1).for_each(|key| *key = PKey::DEFAULT);
        let mut guids = [Guid(0); 8];
        guids.iter_mut().take(1).for_each(|guid| *guid = port_guid);
        let arbitration = [VlArbitration::default(); 4];
        Self { p_keys, guids, sl_to_vl: SlToVl::default(), arbitration }
    }

    /// A block of the table of partitions, written first if there is something to write.
    pub(super) fn p_keys(&mut self, modifier: u32, capacity: u16, new: Option<&[u8; 64]>) -> Outcome {
        // The high half is a switch's port.
        let block = num::usize_from_u32_saturating(modifier);
        let table = self.p_keys.get_mut(..usize::from(capacity)).unwrap_or_default();
        let Some(keys) = table.chunks_exact_mut(32).nth(block) else {
            return Err(Status::BAD_VALUE);
        };
        let mut changes = Changes::default();
        if let Some(new) = new {
            let new = PKeyTable::parse(new).map_err(|_| Status::BAD_VALUE)?;
            changes.p_keys = keys != new.0.as_slice();
            keys.iter_mut().zip(new.0).for_each(|(place, key)| *place = key);
        }
        let mut answer = PKeyTable::default();
        answer.0.iter_mut().zip(keys).for_each(|(place, key)| *place = *key);
        Ok((answer.to_bytes(), changes))
    }

    /// A block of GUIDs. The first GUID is the port's own, and stays.
    pub(super) fn guids(&mut self, modifier: u32, capacity: u8, new: Option<&[u8; 64]>) -> Outcome {
        if modifier != 0 {
            return Err(Status::BAD_VALUE);
        }
        let mut changes = Changes::default();
        if let Some(new) = new {
            let new = GuidInfo::parse(new).map_err(|_| Status::BAD_VALUE)?;
            let places = self.guids.iter_mut().zip(new.0).take(usize::from(capacity)).skip(1);
            for (place, guid) in places {
                changes.guids |= *place != guid;
                *place = guid;
            }
        }
        Ok((GuidInfo(self.guids).to_bytes(), changes))
    }

    /// Which lane each service level uses. An adapter has one such table, whatever ports the modifier names.
    pub(super) fn sl_to_vl(&mut self, new: Option<&[u8; 64]>) -> Outcome {
        let mut changes = Changes::default();
        if let Some(new) = new {
            let new = SlToVl::parse(new).map_err(|_| Status::BAD_VALUE)?;
            changes.link = new != self.sl_to_vl;
            self.sl_to_vl = new;
        }
        let mut answer = [0; 64];
        bootproto_core::copy_into(&mut answer, &self.sl_to_vl.to_bytes());
        Ok((answer, changes))
    }

    /// A block of the arbitration tables: 1 and 2 of low priority, 3 and 4 of high.
    pub(super) fn arbitration(&mut self, modifier: u32, new: Option<&[u8; 64]>) -> Outcome {
        let block = num::usize_from_u32_saturating(modifier >> 16).checked_sub(1);
        let Some(table) = block.and_then(|block| self.arbitration.get_mut(block)) else {
            return Err(Status::BAD_VALUE);
        };
        let mut changes = Changes::default();
        if let Some(new) = new {
            let new = VlArbitration::parse(new).map_err(|_| Status::BAD_VALUE)?;
            changes.link = new != *table;
            *table = new;
        }
        Ok((table.to_bytes(), changes))
    }
}
