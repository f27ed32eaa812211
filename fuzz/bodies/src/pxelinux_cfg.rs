//! Configuration files: `pxelinux.cfg` with its includes, names of files, `SHA256SUMS`. Whatever stands in them, what is
//! told of them lies in the text, and every reading of it ends.

use std::net::Ipv4Addr;
use std::ops::Range;

use bootproto::config::{
    Entry, Facts, Fault, Host, Includes, InfinibandFacts, Kind, Location, Menu, Search, SystemFacts,
    command_line, directory,
};
use bootproto::verify::{Digest, Manifest};

use crate::Seed;

/// Room for a text with everything that it includes.
const ROOM: usize = 8192;

/// The first byte says what the rest is: a configuration, with the files that it includes behind NUL bytes; a name and
/// the directory that it is relative to; a list of digests and a name.
pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let (first, second) = rest.split_at(rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len()));
    let second = second.get(1..).unwrap_or_default();
    match kind % 4 {
        0 | 1 => configuration(rest),
        2 => names(first, second),
        _ => manifest(first, second),
    }
}

fn configuration(data: &[u8]) {
    let mut texts = data.split(|byte| *byte == 0);
    let main = texts.next().unwrap_or_default();
    let others: Vec<&[u8]> = texts.collect();
    let mut buffer = vec![0xa5; ROOM];
    buffer[..main.len().min(ROOM)].copy_from_slice(&main[..main.len().min(ROOM)]);
    let length = resolve(&mut buffer, main.len().min(ROOM), &others);
    read(&buffer[..length]);
    // As it may come, with NUL bytes and all.
    read(data);
}

/// Puts the files in the place of the lines that name them, one after the other.
fn resolve(buffer: &mut [u8], mut length: usize, others: &[&[u8]]) -> usize {
    let mut includes = Includes::new();
    for turn in 0..=usize::from(u8::MAX) {
        let include = match includes.next(&buffer[..length]) {
            Ok(Some(include)) => include,
            Ok(None) => return length,
            Err(Fault::IncludeTooDeep | Fault::IncludeTooMany | Fault::NameTooLong) => return length,
            Err(other) => panic!("{other}"),
        };
        let file = others.get(turn % others.len().max(1)).copied().unwrap_or_default();
        let file = &file[..file.len().min(buffer.len() - length)];
        buffer[length..length + file.len()].copy_from_slice(file);
        let before = (buffer.to_vec(), includes.clone());
        match includes.splice(buffer, length, &include, file.len()) {
            Ok(longer) => length = longer,
            Err(fault) => {
                assert!(matches!(fault, Fault::TooLarge { .. } | Fault::NameTooLong), "{fault}");
                assert!(before == (buffer.to_vec(), includes), "what does not fit changes something");
                return length;
            }
        }
        assert!(length <= buffer.len());
    }
    panic!("includes without an end");
}

fn span(of: &[u8]) -> Range<usize> {
    let start = of.as_ptr().addr();
    start..start + of.len()
}

/// Whether `part` lies in `text`; an empty one may lie anywhere.
fn is_within(text: &[u8], part: &[u8]) -> bool {
    let (whole, part) = (span(text), span(part));
    part.is_empty() || (whole.start <= part.start && part.end <= whole.end)
}

fn read(text: &[u8]) {
    let Ok(menu) = Menu::parse(text) else { return };
    let (mut end, mut line) = (0, 0);
    for item in menu.items() {
        assert!(item.range.start >= end && item.range.end <= text.len(), "lines lie behind one another");
        assert!(item.line > line && is_within(text, item.text));
        (end, line) = (item.range.end, item.line);
    }
    let settings = menu.settings();
    for part in [settings.default, settings.ui, settings.on_timeout, settings.title].into_iter().flatten() {
        assert!(is_within(text, part));
    }
    assert!(menu.problems().all(|problem| is_within(text, problem.text) && !problem.to_string().is_empty()));
    for (index, found) in menu.entries().enumerate().take(64) {
        assert!(found.index == Some(index) && is_within(text, found.label));
        assert!(menu.find(found.label).is_some_and(|first| first.index <= found.index));
        if index < 8 {
            assert_eq!(menu.entry(index), Some(found));
        }
        entry(&found);
    }
    for chosen in [menu.default_entry(), menu.timeout_entry()].into_iter().flatten() {
        assert!(chosen.boots(), "what can't be started starts by itself");
        entry(&chosen);
    }
}

/// An entry's names, and the command line that is made of it: one in a buffer that is long enough, one in each that is not.
fn entry(entry: &Entry<'_>) {
    let shown = entry.title().count();
    assert!(shown <= entry.menu_label.unwrap_or(entry.label).len());
    let _ = (entry.hot_key(), entry.kind.of(entry.kernel) == Kind::Kernel);
    let names = entry.initrds().take(64).chain([entry.kernel]).chain(entry.fdt).chain(entry.fdt_dir);
    for name in names.collect::<Vec<_>>() {
        names_of(name, b"lab/");
    }
    let infiniband = InfinibandFacts { port_guid: [7; 8], p_key: 0x8001, client_id: &[0xff, 0, 1], interface: b"ib0" };
    let facts = SystemFacts {
        address: Some(Ipv4Addr::new(10, 0, 0, 9)),
        boot_server: Some(Ipv4Addr::new(10, 0, 0, 1)),
        gateway: Some(Ipv4Addr::new(10, 0, 0, 254)),
        netmask: Some(Ipv4Addr::new(255, 255, 255, 0)),
        hardware_type: 1,
        hardware: &[2, 0, 0, 0, 0, 9],
        uuid: Some([9; 16]),
        texts: &[(4, b"QEMU"), (5, b"PC of \"Q\"")],
        infiniband: (entry.sysappend & 1 << 20 != 0).then_some(infiniband),
    };
    let mut buffer = vec![0xa5; 2 * ROOM + 1024];
    let line = command_line(entry, &facts, usize::MAX, &mut buffer);
    let line = line.unwrap_or_else(|fault| panic!("{fault}")).to_vec();
    assert!(line.starts_with(b"BOOT_IMAGE="));
    let mut small = vec![0xa5; line.len()];
    assert_eq!(command_line(entry, &facts, line.len(), &mut small), Ok(&line[..]));
    let short = command_line(entry, &facts, line.len() - 1, &mut small);
    assert_eq!(short, Err(Fault::CommandLineTooLong { length: line.len(), limit: line.len() - 1 }));
}

fn names_of(name: &[u8], prefix: &[u8]) {
    let location = Location::parse(name);
    assert!(is_within(name, location.path));
    if let Host::Named(host) = location.host {
        assert!(is_within(name, host) && !host.is_empty());
    }
    if let Ok(path) = location.path_under(prefix) {
        let rest = path.as_bytes().strip_prefix(if location.relative { prefix } else { b"" });
        assert_eq!(rest, Some(location.path));
    }
}

fn names(name: &[u8], other: &[u8]) {
    let prefix = directory(other);
    assert!(other.starts_with(prefix));
    names_of(name, prefix);
    let mut uuid = [0; 16];
    uuid.iter_mut().zip(other).for_each(|(place, byte)| *place = *byte);
    let facts = Facts {
        boot_file: other,
        config_file: name.len().is_multiple_of(2).then_some(name),
        path_prefix: other.len().is_multiple_of(2).then_some(other),
        uuid: Some(uuid),
        hardware_type: 1,
        hardware: &name[..name.len().min(20)],
        address: Some(Ipv4Addr::from_octets([uuid[0], uuid[1], uuid[2], uuid[3]])),
    };
    let mut search = Search::new();
    let mut count = 0;
    while let Some(found) = search.next(&facts) {
        count += 1;
        assert!(count <= 13, "a search without an end");
        if let Ok(found) = found {
            assert!(is_within(found.name.as_bytes(), found.location().path));
        }
    }
}

fn manifest(list: &[u8], name: &[u8]) {
    let list = Manifest::new(list);
    let digest = Digest::of(name);
    for line in list.lines().flatten().take(64) {
        if let Ok(found) = list.digest_of(line.name) {
            assert!(found.is_some(), "a name of the list is not found in it");
        }
    }
    for directory in [&b""[..], b"pxelinux.cfg", b"a/../../b/."] {
        let found = list.digest_at(directory, name);
        let is_right = list.check(directory, name, &digest).is_ok();
        assert_eq!(is_right, found == Ok(Some(digest)));
    }
    if let Some(read) = Digest::from_hex(name) {
        assert_eq!(name.to_ascii_lowercase(), read.to_string().into_bytes());
    }
}

/// Configurations in the manner of installers and administrators, names of every form, a list of digests.
pub fn seeds() -> Vec<Seed> {
    let text = |kind: u8, text: &str| [&[kind], text.as_bytes()].concat();
    vec![
        Seed::new("installer", text(0, INSTALLER)),
        Seed::new("administrator", text(0, ADMINISTRATOR)),
        Seed::new("includes", text(0, INCLUDES)),
        Seed::new("broken", text(0, BROKEN)),
        Seed::new("name-plain", text(2, "boot/linux\0lab/pxelinux.0")),
        Seed::new("name-of-a-server", text(2, "192.0.2.1::boot/linux\0::")),
        Seed::new("name-url", text(2, "tftp://host.example:69/boot/linux\0/a/b/")),
        Seed::new("name-http", text(2, "http://[2001:db8::1]:8080/x\0C:\\boot")),
        Seed::new("digests", text(3, DIGESTS)),
        Seed::new("digests-escaped", text(3, "\\0000000000000000000000000000000000000000000000000000000000000000  a\\nb\n\0a\nb")),
    ]
}

const INSTALLER: &str = "\
path boot-screens/
default vesamenu.c32
menu hshift 12
menu title \x07Installer menu
menu color title\t* #FFFFFFFF *
MENU TABMSG Press ENTER to boot or TAB to edit a menu entry
label installgui
\tmenu label ^Graphical install
\tmenu default
\tkernel amd64/linux
\tappend vga=788 initrd=amd64/initrd.gz --- quiet
menu begin advanced
    menu title Advanced
\tlabel mainmenu
\t\tmenu label ^Back..
\t\tmenu exit
menu end
label help
   text help
   LABEL here is no label
   endtext
\tconfig prompt.cfg
prompt 0
timeout 0
";

const ADMINISTRATOR: &str = "DEFAULT menu.c32\r\nPROMPT 0\r\nTIMEOUT 600\r\nONTIMEOUT local\r\nTOTALTIMEOUT 9000\r\n\
APPEND console=ttyS0,115200\r\nIPAPPEND 2\r\nLABEL local\r\n  LOCALBOOT 0xffff\r\n\
LABEL el9\r\n  KERNEL el9/vmlinuz\r\n  INITRD el9/initrd.img,drivers.img\r\n  SYSAPPEND 0x1003ff\r\n\
LABEL rescue\r\n  LINUX el9/vmlinuz rescue\r\n  INITRD a.img\r\n  INITRD b.img\r\n  MENU PASSWD x\r\n  MENU HIDE\r\n\
LABEL plain\r\n  KERNEL tftp://192.0.2.1/vmlinuz\r\n  APPEND -\r\n  FDT board.dtb\r\n  FDTDIR dtbs\r\n  MENU DISABLE\r\n";

const INCLUDES: &str = "DEFAULT a\nINCLUDE one.cfg\nMENU INCLUDE two.cfg More of them\nLABEL z\n\0LABEL a\nKERNEL x\n\
INCLUDE three.cfg\n\0LABEL b\nKERNEL y\nMENU INCLUDE one.cfg One\n\0NOESCAPE 1\nALLOWOPTIONS 0\nIMPLICIT 0\n";

const BROKEN: &str = "\u{feff}LABEL\nKERNEL\nTIMEOUT -1\nTIMEOUT 99999999999\nMENU END\nMENU BEGIN\nMENU BEGIN\nLABEL a\n\
LABEL a\nLOCALBOOT x\nTEXT HELP\nno end of it\nSYSAPPEND 0xfffffffff\nUI\nF1 x\n# comment\nSAY hello\n";

const DIGESTS: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  ../vmlinuz\n\
0000000000000000000000000000000000000000000000000000000000000000 *one.img\nnot a line\n\0vmlinuz";
