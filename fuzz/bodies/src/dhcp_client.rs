//! The DHCP client under the laws, in each of its conversations.

use std::sync::LazyLock;

use bootproto_dhcp::client::Client;
use testkit::laws::START;

use crate::shared::dhcp::conversations::{Conversation, Tested, conversations, paths};
use crate::{Seed, seed, shared};

static CONVERSATIONS: LazyLock<Vec<(Tested, Vec<Vec<u8>>)>> =
    LazyLock::new(|| conversations().into_iter().map(beginning).collect());

fn beginning(conversation: Conversation) -> (Tested, Vec<Vec<u8>>) {
    let client = Client::new(conversation.config, START).unwrap_or_else(|error| panic!("{error}"));
    (Tested(client), conversation.answers)
}

/// The first byte says which conversation, the rest is a script.
pub fn run(data: &[u8]) {
    let Some((which, script)) = data.split_first() else { return };
    let (client, answers) = &CONVERSATIONS[usize::from(*which) % CONVERSATIONS.len()];
    shared::obey(client.clone(), script, answers, &paths());
}

/// Each conversation, whole and broken off.
pub fn seeds() -> Vec<Seed> {
    let all = CONVERSATIONS.iter().zip(0_u8..);
    all.flat_map(|((_, answers), which)| {
        seed::scripts(which, &format!("conversation-{which}"), answers.len())
    })
    .collect()
}
