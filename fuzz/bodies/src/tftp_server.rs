//! The server's transfers under the laws: of a file, of a text, of an upload, and for a request made of any bytes.

use bootproto_tftp::server::{Config, Receive, Send};
use bootproto_tftp::wire::{Direction, Request};

use crate::shared::tftp::common::{Case, ack, server_path};
use crate::shared::tftp::conversations::{a_receive, a_send, a_text, paths, stranger, to_a_client};
use crate::{Seed, seed, shared};

const CONTENT: &[u8] = b"What a client asks for with options of its own, in blocks of 8 bytes if it wants to.\n";

/// The first byte says which transfer; for the last, the second is the length of a request, which follows. The rest is
/// a script.
pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let paths = paths(server_path(4000), stranger());
    let acks = |blocks: &[u16]| blocks.iter().copied().map(ack).collect::<Vec<_>>();
    match kind % 4 {
        0 => shared::obey(a_send(), rest, &acks(&[0, 2, 4, 4, 3, 5]), &paths),
        1 => shared::obey(a_text(), rest, &acks(&[0, 1, 3, 3, 4]), &paths),
        2 => shared::obey(a_receive(), rest, &to_a_client()[1..], &paths),
        _ => {
            let Some((length, rest)) = rest.split_first() else { return };
            let (request, script) = rest.split_at(usize::from(*length).min(rest.len()));
            let Ok(request) = Request::parse(request) else { return };
            let (config, path) = (Config::new(1), server_path(4000));
            if request.direction == Direction::Write {
                let Ok(receive) = Receive::new(config, path, &request) else { return };
                shared::obey(Case(receive), script, &to_a_client()[1..], &paths);
            } else {
                let Ok(send) = Send::new(config, path, &request, CONTENT) else { return };
                shared::obey(Case(send), script, &acks(&[0, 1, 2, 3, 4, 11]), &paths);
            }
        }
    }
}

/// Each transfer, whole and broken off; and the requests of real clients.
pub fn seeds() -> Vec<Seed> {
    let all = [("send", 6), ("text", 5), ("receive", to_a_client().len() - 1)];
    let mut seeds: Vec<Seed> =
        all.into_iter().zip(0_u8..).flat_map(|((name, count), kind)| seed::scripts(kind, name, count)).collect();
    for vector in seed::vectors("tftp") {
        let Ok(length) = u8::try_from(vector.bytes.len()) else { continue };
        if Request::parse(&vector.bytes).is_ok() {
            let script = [3, 15, 255, 0, 0, 11, 0, 0, 0, 15, 255, 0, 0];
            seeds.push(Seed::new(vector.name, [&[3, length][..], &vector.bytes, &script].concat()));
        }
    }
    seeds
}
