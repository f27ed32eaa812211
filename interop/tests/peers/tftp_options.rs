//! Our TFTP client's rarer sides, driven from the library: netascii and multicast.

use crate::tftp::Server;
use bootproto_tftp::client::Config;
use bootproto_tftp::netascii::Decoder;
use bootproto_tftp::wire::Mode;
use interop::lan::Lan;
use interop::namespace::Namespace;
use interop::payload::{Tree, digest};
use interop::runner::Case;
use interop::tftp::{Downloaded, download};
use interop::{Outcome, ensure, peers, servers};
use std::net::Ipv4Addr;
use std::time::Duration;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "tftp client, tftpd-hpa: netascii",
        peers: &[&peers::TFTPD_HPA],
        heavy: false,
        run: || netascii(Server::Hpa),
    },
    Case {
        name: "tftp client, atftpd: netascii",
        peers: &[&peers::ATFTPD],
        heavy: false,
        run: || netascii(Server::Atftpd),
    },
    Case {
        name: "tftp client, atftpd: two clients share one multicast transfer (RFC 2090)",
        peers: &[&peers::ATFTPD],
        heavy: false,
        run: multicast,
    },
];

const LIMIT: Duration = Duration::from_secs(60);

fn get(
    inside: &Namespace,
    last: u8,
    name: &'static str,
    with: impl FnOnce(Config) -> Config + Send + 'static,
) -> Outcome<Downloaded> {
    let server = ([10, 77, 0, 1], 69).into();
    let make = move |port: u16| Config::new(port.into(), server, port, name.as_bytes()).map(with);
    download(inside, Ipv4Addr::new(10, 77, 0, last), make, LIMIT)
}

fn netascii(server: Server) -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let client = lan.station("client", Some("10.77.0.3/24"))?;
    // Lines of every length put the CR of a line's end at every place of a block, its last one included.
    let text: String = (0..400).map(|length| format!("{}\rx\n", "-".repeat(length % 90))).collect();
    tree.add("text", text.as_bytes())?;
    let server = server.start(&lan.server, "br0", &tree)?;
    let came = get(&client, 3, "text", |config| config.with_mode(Mode::Netascii).with_block_size(512))
        .map_err(|error| format!("{error}\n{}", server.log()))?;
    ensure!(came.bytes.windows(2).any(|pair| pair == b"\r\n"), "the lines did not end in CR LF");
    let mut decoder = Decoder::new();
    let mut decoded: Vec<u8> = decoder.decode(&came.bytes).flatten().copied().collect();
    decoded.extend_from_slice(decoder.finish());
    ensure!(decoded == text.as_bytes(), "{}", String::from_utf8_lossy(&decoded));
    Ok(())
}

fn multicast() -> Outcome {
    let (lan, tree) = (Lan::new()?, Tree::new()?);
    let (one, two) = (lan.station("one", Some("10.77.0.3/24"))?, lan.station("two", Some("10.77.0.4/24"))?);
    let wanted = tree.add_random("big", 4 << 20)?;
    let server = servers::atftpd(&lan.server, &tree)?;
    let results = std::thread::scope(|scope| {
        let ask = |inside, last| {
            scope.spawn(move || get(inside, last, "big", |config| config.with_multicast(true)))
        };
        let first = ask(&one, 3);
        // The second joins while the first is the master: what it missed comes when it is master itself.
        std::thread::sleep(Duration::from_millis(20));
        let second = ask(&two, 4);
        [first, second].map(|client| client.join().map_err(|_| "a client panicked"))
    });
    for result in results {
        let came = result?.map_err(|error| format!("{error}\n{}", server.log()))?;
        ensure!(digest(&came.bytes) == wanted, "other bytes: {:#?}\n{}", came.events, server.log());
        ensure!(
            came.by_multicast > 1000,
            "only {} blocks by multicast: {:#?}",
            came.by_multicast,
            came.events
        );
    }
    Ok(())
}
