//! What a person and a program are told of the port.

use bootproto_core::Numbered;
use bootproto_ib_verbs_lite::port::Event;
use serde_json::json;

use crate::boot::News;

/// An event as it is told; `None` if it says nothing new.
pub(super) fn news(event: Event) -> Option<News> {
    let (name, text, fields) = match event {
        Event::Link(state) => ("link", format!("the link is {state}"), json!({"state": state.to_string()})),
        Event::Addresses { lid, sm_lid, gid } => (
            "lid",
            format!("the subnet manager (LID {sm_lid}) gives LID {lid} to {gid}"),
            json!({"lid": lid.0, "sm_lid": sm_lid.0, "gid": gid.to_string()}),
        ),
        Event::Reregister => return None,
        Event::Up { group, lid, q_key, mtu, qpn, .. } => (
            "group",
            format!(
                "group {group} joined: LID {lid}, Q_Key {:#010x}, MTU {mtu}; ours is queue pair {qpn}",
                q_key.0
            ),
            json!({"group": group.to_string(), "mlid": lid.0, "q_key": q_key.0, "mtu": mtu.bytes(), "qpn": qpn.get()}),
        ),
        Event::Joined { group, lid, .. } => (
            "group",
            format!("group {group} joined: LID {lid}"),
            json!({"group": group.to_string(), "mlid": lid.0}),
        ),
        Event::NoPartition { p_key, .. } => {
            ("partition", format!("this port is not in partition {p_key} yet"), json!({"p_key": p_key.0}))
        }
        Event::Path { gid, lid } => {
            ("path", format!("the path to {gid} is LID {lid}"), json!({"gid": gid.to_string(), "lid": lid.0}))
        }
        Event::Neighbour { address, link } => (
            "neighbour",
            format!("{address} is {link}"),
            json!({"address": address.to_string(), "gid": link.gid.to_string(), "qpn": link.qpn.get()}),
        ),
        Event::Refused { group, failure } => (
            "group-refused",
            format!("group {group}: {failure} ({})", failure.code()),
            json!({"group": group.to_string(), "code": failure.code().to_string()}),
        ),
        Event::NoPath { gid, failure } => (
            "no-path",
            format!("no path to {gid}: {failure} ({})", failure.code()),
            json!({"gid": gid.to_string(), "code": failure.code().to_string()}),
        ),
        Event::Failed { failure, .. } => {
            ("ipoib", format!("{failure} ({})", failure.code()), json!({"code": failure.code().to_string()}))
        }
        Event::Verbs(error) => {
            ("verbs", format!("{error} ({})", error.code()), json!({"code": error.code().to_string()}))
        }
        Event::IgnoredMad(why) => return Some(News::Ignored(why.code(), why.to_string())),
        Event::IgnoredFrame { why, .. } => return Some(News::Ignored(why.code(), why.to_string())),
        _ => return None,
    };
    Some(News::Line(name, text, fields))
}
