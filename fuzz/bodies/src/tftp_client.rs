//! TFTP downloads, one of them in order, one by multicast, and uploads, under the laws; and what a download tells, which
//! must add up to the file.

use crate::shared::tftp::common::{download, path};
use crate::shared::tftp::conversations::{
    a_download, an_upload, paths, small, tells_soundly, to_a_client, to_a_listener, to_an_uploader,
};
use crate::{Seed, seed, shared};

/// The first byte says which transfer, the rest is a script.
pub fn run(data: &[u8]) {
    let Some((kind, script)) = data.split_first() else { return };
    let unicast = paths(path(4000), path(4001));
    match kind % 4 {
        0 => {
            let seeds = to_a_client();
            shared::obey(a_download(), script, &seeds, &unicast);
            let ops = shared::script(script, &seeds, &unicast);
            tells_soundly(download(small().with_limit(100)), &ops, 100);
        }
        1 => {
            let seeds = to_a_client();
            let machine = download(small().with_in_order(true).with_limit(100));
            shared::obey(machine.clone(), script, &seeds, &unicast);
            tells_soundly(machine, &shared::script(script, &seeds, &unicast), 100);
        }
        2 => {
            let (seeds, paths) = to_a_listener();
            let machine = download(small().with_multicast(true).with_limit(100));
            shared::obey(machine.clone(), script, &seeds, &paths);
            tells_soundly(machine, &shared::script(script, &seeds, &paths), 100);
        }
        _ => shared::obey(an_upload(), script, &to_an_uploader(), &unicast),
    }
}

/// Each transfer, whole and broken off.
pub fn seeds() -> Vec<Seed> {
    let all = [
        ("download", to_a_client().len()),
        ("in-order", to_a_client().len()),
        ("multicast", to_a_listener().0.len()),
        ("upload", to_an_uploader().len()),
    ];
    all.into_iter().zip(0_u8..).flat_map(|((name, count), kind)| seed::scripts(kind, name, count)).collect()
}
