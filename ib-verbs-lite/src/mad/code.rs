//! Classes, methods, attributes and statuses of MADs.

use core::fmt;

use crate::address::newtype_field;

macro_rules! code {
    ($(#[$meta:meta])* $name:ident($inner:ty), $form:literal { $( $(#[$cmeta:meta])* $constant:ident = $value:literal $text:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl $name {
            $( $(#[$cmeta])* pub const $constant: Self = Self($value); )+
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match *self {
                    $( Self::$constant => $text, )+
                    Self(other) => return write!(f, $form, other),
                })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

code! {
    /// The management class (IBTA 13.4.4).
    MgmtClass(u8), "class 0x{:02x}" {
        /// Subnet management, LID-routed.
        SUBN_LID = 0x01 "Subn",
        /// Subnet administration.
        SUBN_ADM = 0x03 "SubnAdm",
        /// Performance management.
        PERF = 0x04 "Perf",
        /// Baseboard management.
        BM = 0x05 "BM",
        /// Device management.
        DEV_MGT = 0x06 "DevMgt",
        /// Communication management.
        COM_MGT = 0x07 "ComMgt",
        /// Subnet management by a directed route.
        SUBN_DIRECTED = 0x81 "Subn (directed)",
    }
}

code! {
    /// The method; the highest bit says response (IBTA 13.4.5).
    Method(u8), "method 0x{:02x}" {
        /// Asks.
        GET = 0x01 "Get",
        /// Changes.
        SET = 0x02 "Set",
        /// Says, without an answer.
        SEND = 0x03 "Send",
        /// Tells of an event.
        TRAP = 0x05 "Trap",
        /// Forwards an event to a subscriber.
        REPORT = 0x06 "Report",
        /// Acknowledges a trap.
        TRAP_REPRESS = 0x07 "TrapRepress",
        /// Asks the SA for several records.
        GET_TABLE = 0x12 "GetTable",
        /// Asks the SA for several records along a trace.
        GET_TRACE_TABLE = 0x13 "GetTraceTable",
        /// Asks the SA for several records with a question of several MADs.
        GET_MULTI = 0x14 "GetMulti",
        /// Takes a record away from the SA.
        DELETE = 0x15 "Delete",
        /// Answers Get and Set.
        GET_RESP = 0x81 "GetResp",
        /// Answers Report.
        REPORT_RESP = 0x86 "ReportResp",
        /// Answers `GetTable`.
        GET_TABLE_RESP = 0x92 "GetTableResp",
        /// Answers `GetMulti`.
        GET_MULTI_RESP = 0x94 "GetMultiResp",
        /// Answers Delete.
        DELETE_RESP = 0x95 "DeleteResp",
    }
}

impl Method {
    /// Whether it is a response. `TrapRepress` has no response bit, yet nobody answers it (IBTA 13.4.5).
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 & 0x80 != 0 || self.0 == Self::TRAP_REPRESS.0
    }

    /// The method that answers this one; `None` where nothing does.
    #[must_use]
    pub const fn response(self) -> Option<Self> {
        Some(match self {
            Self::GET | Self::SET => Self::GET_RESP,
            Self::TRAP => Self::TRAP_REPRESS,
            Self::REPORT | Self::GET_TABLE | Self::GET_MULTI | Self::DELETE => Self(self.0 | 0x80),
            Self::GET_TRACE_TABLE => Self::GET_TABLE_RESP,
            _ => return None,
        })
    }
}

code! {
    /// What a MAD is about. The numbers mean one thing in subnet management, another in the SA and so on; the
    /// constants say which.
    AttributeId(u16), "attribute 0x{:04x}" {
        /// `ClassPortInfo`, in every class but subnet management.
        CLASS_PORT_INFO = 0x0001 "ClassPortInfo",
        /// Notice.
        NOTICE = 0x0002 "Notice",
        /// `InformInfo`, in the SA.
        INFORM_INFO = 0x0003 "InformInfo",
        /// Subnet management: `NodeDescription`. Communication management: REQ.
        NODE_DESCRIPTION = 0x0010 "NodeDescription",
        /// Subnet management: `NodeInfo`; the SA: `NodeRecord`.
        NODE_INFO = 0x0011 "NodeInfo/NodeRecord",
        /// Subnet management: `SwitchInfo`; the SA: `PortInfoRecord`; performance management: `PortCounters`.
        SWITCH_INFO = 0x0012 "SwitchInfo/PortInfoRecord/PortCounters",
        /// `GUIDInfo`.
        GUID_INFO = 0x0014 "GUIDInfo",
        /// `PortInfo`.
        PORT_INFO = 0x0015 "PortInfo",
        /// `P_KeyTable`.
        P_KEY_TABLE = 0x0016 "P_KeyTable",
        /// `SLtoVLMappingTable`.
        SL_TO_VL = 0x0017 "SLtoVLMappingTable",
        /// `VLArbitrationTable`.
        VL_ARBITRATION = 0x0018 "VLArbitrationTable",
        /// `SMInfo`.
        SM_INFO = 0x0020 "SMInfo",
        /// The SA: `ServiceRecord`.
        SERVICE_RECORD = 0x0031 "ServiceRecord",
        /// The SA: `PathRecord`.
        PATH_RECORD = 0x0035 "PathRecord",
        /// The SA: `MCMemberRecord`.
        MC_MEMBER_RECORD = 0x0038 "MCMemberRecord",
    }
}

impl AttributeId {
    /// The SA's name for 0x0011.
    pub const NODE_RECORD: Self = Self::NODE_INFO;
    /// The SA's name for 0x0012.
    pub const PORT_INFO_RECORD: Self = Self::SWITCH_INFO;
    /// Performance management's name for 0x0012.
    pub const PORT_COUNTERS: Self = Self::SWITCH_INFO;
    /// CM: request for a connection (IBTA 12.6).
    pub const CM_REQ: Self = Self(0x0010);
    /// CM: message receipt acknowledgement.
    pub const CM_MRA: Self = Self(0x0011);
    /// CM: reject.
    pub const CM_REJ: Self = Self(0x0012);
    /// CM: reply.
    pub const CM_REP: Self = Self(0x0013);
    /// CM: ready to use.
    pub const CM_RTU: Self = Self(0x0014);
    /// CM: request for disconnection.
    pub const CM_DREQ: Self = Self(0x0015);
    /// CM: reply to it.
    pub const CM_DREP: Self = Self(0x0016);
    /// CM: service identifier resolution request. It is 0x0017; 0x0016 is DREP.
    pub const CM_SIDR_REQ: Self = Self(0x0017);
    /// CM: reply to it.
    pub const CM_SIDR_REP: Self = Self(0x0018);
    /// CM: load alternate path.
    pub const CM_LAP: Self = Self(0x0019);
    /// CM: reply to it.
    pub const CM_APR: Self = Self(0x001a);
}

code! {
    /// What a response says: the low byte is common to all classes, the high byte is the class's (IBTA 13.4.7; the
    /// SA's are in 15.2.2). On a directed-route SMP the highest bit is the direction, which [`Smp`](super::Smp)
    /// takes out.
    Status(u16), "status 0x{:04x}" {
        /// It worked.
        OK = 0x0000 "ok",
        /// The agent can't take it now.
        BUSY = 0x0001 "busy",
        /// Ask somebody else.
        REDIRECT = 0x0002 "redirection required",
        /// The base or class version is not supported.
        BAD_VERSION = 0x0004 "bad class or version",
        /// The method is not supported.
        BAD_METHOD = 0x0008 "unsupported method",
        /// The method is, for other attributes.
        BAD_METHOD_ATTRIBUTE = 0x000c "unsupported method and attribute",
        /// A field, or the modifier, holds an invalid value.
        BAD_VALUE = 0x001c "invalid attribute or modifier",
        /// SA: no room for the answer.
        SA_NO_RESOURCES = 0x0100 "no resources",
        /// SA: the request is invalid.
        SA_REQ_INVALID = 0x0200 "invalid request",
        /// SA: there is no such record.
        SA_NO_RECORDS = 0x0300 "no records",
        /// SA: more than one record, and Get can return only one.
        SA_TOO_MANY_RECORDS = 0x0400 "too many records",
        /// SA: the requester's GID is invalid.
        SA_REQ_INVALID_GID = 0x0500 "invalid GID",
        /// SA: components are missing, such as those needed to create a group.
        SA_INSUFFICIENT_COMPONENTS = 0x0600 "insufficient components",
        /// SA: not allowed.
        SA_DENIED = 0x0700 "request denied",
    }
}

newtype_field!(MgmtClass(u8), Method(u8), AttributeId(u16), Status(u16));

#[cfg(test)]
mod tests {
    use super::{AttributeId, Method};

    #[test]
    fn nobody_answers_an_answer() {
        for method in 0..=u8::MAX {
            let method = Method(method);
            assert!(!(method.is_response() && method.response().is_some()), "{method}");
            assert!(method.response().is_none_or(Method::is_response), "{method}");
        }
    }

    // iPXE's ib_mad.h has 0x0016 for the SIDR request, which is DREP.
    #[test]
    fn the_sidr_request_is_not_the_disconnection_reply() {
        assert_eq!(AttributeId::CM_SIDR_REQ.0, 0x17);
        assert_eq!(AttributeId::CM_DREP.0, 0x16);
    }
}
