//! Does one piece of work so many times, for callgrind to count the instructions: `count list` tells the pieces, one a
//! line, `count NAME TIMES` does one. What it costs is what twice as many cost more.

use micro_bench::dhcp::{self, READERS, ROOM, WRITERS};
use micro_bench::tftp::{Engine, Shape, Transfer, shapes};
use std::hint::black_box;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => pieces().iter().for_each(|(name, _)| println!("{name}")),
        [name, times] => {
            let piece = pieces().into_iter().find(|(found, _)| found == name);
            let (Some((_, piece)), Ok(times)) = (piece, times.parse()) else {
                eprintln!(
                    "count: no piece of work called {name}, or {times} is no number; `count list` tells them"
                );
                return ExitCode::from(2);
            };
            piece.run(times);
        }
        _ => {
            eprintln!("usage: count list, count NAME TIMES");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Something to do.
enum Piece {
    Read(fn(&[u8], dhcp::Take<'_>) -> Option<()>),
    Write(fn(&mut [u8; ROOM]) -> Option<usize>),
    /// So many packets.
    Download(Engine, Shape),
}

fn pieces() -> Vec<(String, Piece)> {
    let read = READERS.iter().map(|(name, read, _)| (format!("read-offer/{name}"), Piece::Read(*read)));
    let write = WRITERS.iter().map(|(name, write)| (format!("write-discover/{name}"), Piece::Write(*write)));
    let downloads = shapes().flat_map(|shape| {
        Engine::ALL.into_iter().filter(move |engine| engine.can(shape)).map(move |engine| {
            (format!("download-{shape}/{}", engine.name()), Piece::Download(engine, shape))
        })
    });
    read.chain(write).chain(downloads).collect()
}

impl Piece {
    fn run(&self, times: usize) {
        match *self {
            Self::Read(read) => {
                let offer = dhcp::offer();
                for _ in 0..times {
                    read(black_box(&offer), &mut |answer| {
                        black_box(answer);
                    });
                }
            }
            Self::Write(write) => {
                let mut buffer = [0; ROOM];
                for _ in 0..times {
                    write(black_box(&mut buffer));
                }
            }
            Self::Download(engine, shape) => {
                // The file stays the same, for it is made here too; it is taken in as often as it takes.
                const PACKETS: usize = 1024;
                let mut transfer = Transfer::new(shape, PACKETS * usize::from(shape.block));
                for _ in 0..times.div_ceil(PACKETS) {
                    transfer.run(engine);
                }
            }
        }
    }
}
