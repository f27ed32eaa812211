//! What configurations in the manner of real installers mean, and what broken ones do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use bootproto::config::{
    Entry, Fault, InfinibandFacts, Items, Kind, Menu, Statement, SystemFacts, command_line,
};
use core::net::Ipv4Addr;
use proptest::prelude::*;

/// As an installer's netboot tree has it, with its includes already in place.
const INSTALLER: &str = "\
# D-I config version 2.0
path debian-installer/amd64/boot-screens/
default debian-installer/amd64/boot-screens/vesamenu.c32
menu hshift 12
menu width 49
menu title \x07Installer menu
menu background splash.png
menu color title\t* #FFFFFFFF *
MENU TABMSG Press ENTER to boot or TAB to edit a menu entry
label installgui
\tmenu label ^Graphical install
\tmenu default
\tkernel debian-installer/amd64/linux
\tappend vga=788 initrd=debian-installer/amd64/initrd.gz --- quiet 
menu begin advanced
    menu label ^Advanced options
\tmenu title Advanced
\tlabel mainmenu
\t\tmenu label ^Back..
\t\tmenu exit
\tlabel expert
\t\tmenu label E^xpert install
\t\tkernel debian-installer/amd64/linux
\t\tappend priority=low initrd=debian-installer/amd64/initrd.gz ---
menu end
label help
\tmenu label ^Help
\ttext help
   Display help screens; LABEL here is no label
   \tendtext
\tconfig prompt.cfg
prompt 0
timeout 0
";

/// As an administrator of RPM machines writes it: upper case, comma lists, SYSAPPEND, DOS line ends.
const SERVER: &str = "DEFAULT menu.c32\r\nPROMPT 0\r\nTIMEOUT 600\r\nONTIMEOUT local\r\nTOTALTIMEOUT 9000\r\n\
APPEND console=ttyS0,115200\r\nIPAPPEND 2\r\nMENU TITLE PXE Boot\r\n\r\n\
LABEL local\r\n  MENU LABEL Boot from ^disk\r\n  LOCALBOOT 0xffff\r\n\r\n\
LABEL el9\r\n  MENU LABEL Install ^9\r\n  KERNEL el9/vmlinuz\r\n  INITRD el9/initrd.img,drivers.img\r\n\
  APPEND ip=dhcp inst.ks=http://ks/el9.cfg\r\n  SYSAPPEND 0x3\r\n\
LABEL rescue\r\n  LINUX el9/vmlinuz rescue\r\n  INITRD el9/initrd.img\r\n  INITRD extra.img\r\n\
LABEL plain\r\n  KERNEL el9/vmlinuz\r\n  APPEND -\r\n  FDT board.dtb\r\n";

fn menu(text: &str) -> Menu<'_> {
    Menu::parse(text.as_bytes()).unwrap()
}

fn title(entry: &Entry<'_>) -> String {
    String::from_utf8(entry.title().collect()).unwrap()
}

fn initrds<'t>(entry: &Entry<'t>) -> Vec<&'t str> {
    entry.initrds().map(|name| core::str::from_utf8(name).unwrap()).collect()
}

fn line(entry: &Entry<'_>, facts: &SystemFacts<'_>) -> String {
    let mut buf = [0xa5; 512];
    String::from_utf8(command_line(entry, facts, 512, &mut buf).unwrap().to_vec()).unwrap()
}

#[test]
fn an_installer_menu_starts_the_marked_entry() {
    let menu = menu(INSTALLER);
    let settings = menu.settings();
    assert!(settings.asks() && !settings.prompt);
    assert_eq!(settings.title, Some(&b"\x07Installer menu"[..]), "the submenu's title is not the menu's");
    let labels: Vec<_> = menu.entries().map(|entry| (entry.label, entry.depth)).collect();
    assert_eq!(labels, [(&b"installgui"[..], 0), (b"mainmenu", 1), (b"expert", 1), (b"help", 0)]);
    let entry = menu.default_entry().unwrap();
    assert_eq!((title(&entry).as_str(), entry.hot_key()), ("Graphical install", Some(b'g')));
    assert_eq!(initrds(&entry), ["debian-installer/amd64/initrd.gz"]);
    assert_eq!(
        line(&entry, &SystemFacts::default()),
        "BOOT_IMAGE=debian-installer/amd64/linux vga=788 initrd=debian-installer/amd64/initrd.gz --- quiet"
    );
    assert_eq!(menu.command(b"mainmenu"), Err(Fault::EntryDisabled), "it only leads back");
    assert_eq!(menu.entry(2).unwrap().hot_key(), Some(b'x'));
    assert_eq!(menu.entry(3).unwrap().kind, Kind::Config);
    assert_eq!(menu.entry(3).unwrap().help, Some(&b"   Display help screens; LABEL here is no label\n"[..]));
    assert_eq!(menu.problems().collect::<Vec<_>>(), []);
}

#[test]
fn a_server_menu_has_its_times_and_lists() {
    let menu = menu(SERVER);
    let settings = menu.settings();
    assert_eq!((settings.timeout_tenths, settings.total_timeout_tenths), (600, 9000));
    assert_eq!(settings.append, b"console=ttyS0,115200");
    assert_eq!(menu.timeout_entry().unwrap().local_boot, Some(0xffff));
    let el9 = menu.find(b"el9").unwrap();
    assert_eq!((el9.index, el9.line, el9.sysappend), (Some(1), 14, 3));
    assert_eq!(initrds(&el9), ["el9/initrd.img", "drivers.img"]);
    let rescue = menu.find(b"rescue").unwrap();
    assert_eq!((rescue.kind, rescue.kernel_options, rescue.sysappend), (Kind::Linux, &b"rescue"[..], 2));
    assert_eq!(initrds(&rescue), ["el9/initrd.img", "extra.img"]);
    let plain = menu.find(b"plain").unwrap();
    assert_eq!((plain.append, plain.fdt), (&b""[..], Some(&b"board.dtb"[..])));
    assert_eq!(menu.find(b"EL9"), None, "labels differ by case");
    assert_eq!(menu.problems().count(), 0);
}

#[test]
fn the_command_line_is_put_together_in_pxelinux_order() {
    let menu = menu(SERVER);
    let facts = SystemFacts {
        address: Some(Ipv4Addr::new(10, 77, 0, 50)),
        boot_server: Some(Ipv4Addr::new(10, 77, 0, 1)),
        netmask: Some(Ipv4Addr::new(255, 255, 255, 0)),
        hardware_type: 1,
        hardware: &[0x52, 0x54, 0, 0x12, 0x34, 0x56],
        uuid: Some([0x11; 16]),
        texts: &[(4, b"QEMU Ltd"), (7, b"")],
        ..SystemFacts::default()
    };
    assert_eq!(
        line(&menu.command(b"el9 single").unwrap(), &facts),
        "BOOT_IMAGE=el9/vmlinuz ip=dhcp inst.ks=http://ks/el9.cfg initrd=el9/initrd.img,drivers.img \
         ip=10.77.0.50:10.77.0.1::255.255.255.0 BOOTIF=01-52-54-00-12-34-56 single"
    );
    assert_eq!(
        line(&menu.find(b"rescue").unwrap(), &facts),
        "BOOT_IMAGE=el9/vmlinuz rescue console=ttyS0,115200 initrd=el9/initrd.img,extra.img \
         BOOTIF=01-52-54-00-12-34-56"
    );
    let mut all = menu.find(b"plain").unwrap();
    all.sysappend = 0x1f | 0x80;
    assert_eq!(
        line(&all, &facts),
        "BOOT_IMAGE=el9/vmlinuz ip=10.77.0.50:10.77.0.1::255.255.255.0 BOOTIF=01-52-54-00-12-34-56 \
         SYSUUID=11111111-1111-1111-1111-111111111111 SYSVENDOR=QEMU_Ltd"
    );
    assert_eq!(line(&all, &SystemFacts::default()), "BOOT_IMAGE=el9/vmlinuz");
}

#[test]
fn over_infiniband_the_command_line_names_port_partition_and_identity() {
    let menu = menu("LABEL a\nKERNEL k\nSYSAPPEND 3\n");
    let entry = menu.entry(0).unwrap();
    let port = InfinibandFacts {
        port_guid: [0, 0x02, 0xc9, 3, 0, 0x4e, 0x5a, 0x11],
        p_key: 0xffff,
        client_id: &[0xff, 0, 0x4e, 0x5a, 0x11, 0, 3],
        interface: b"ib0",
    };
    let facts = |port| SystemFacts {
        address: Some(Ipv4Addr::new(10, 77, 0, 50)),
        boot_server: Some(Ipv4Addr::new(10, 77, 0, 1)),
        netmask: Some(Ipv4Addr::new(255, 255, 255, 0)),
        // What DHCP carried in the dialect of iPXE; Linux shows no interface like that.
        hardware_type: 1,
        hardware: &[0, 2, 0xc9, 0x4e, 0x5a, 0x11],
        infiniband: Some(port),
        ..SystemFacts::default()
    };
    assert_eq!(
        line(&entry, &facts(port)),
        "BOOT_IMAGE=k ip=10.77.0.50:10.77.0.1::255.255.255.0::ib0:none BOOTIF=20-00-02-c9-03-00-4e-5a-11 \
         rd.net.dhcp.client-id=ff:00:4e:5a:11:00:03"
    );
    // Linux names the interface of a partition after the key with the bit of full membership.
    assert_eq!(
        line(&entry, &facts(InfinibandFacts { p_key: 0x0004, ..port })),
        "BOOT_IMAGE=k ip=10.77.0.50:10.77.0.1::255.255.255.0::ib0.8004:none \
         BOOTIF=20-00-02-c9-03-00-4e-5a-11 ib.pkey=ib0.8004 rd.net.dhcp.client-id=ff:00:4e:5a:11:00:03"
    );
    assert_eq!(
        line(&entry, &facts(InfinibandFacts { p_key: 0x8004, interface: b"", client_id: b"", ..port })),
        "BOOT_IMAGE=k ip=10.77.0.50:10.77.0.1::255.255.255.0 BOOTIF=20-00-02-c9-03-00-4e-5a-11"
    );
}

#[test]
fn a_command_line_beyond_the_limit_is_refused_with_both_lengths() {
    let menu = menu("LABEL a\nAPPEND 123456789\n");
    let entry = menu.entry(0).unwrap();
    let facts = SystemFacts::default();
    let mut buf = [0; 64];
    let whole = "BOOT_IMAGE=a 123456789";
    assert_eq!(command_line(&entry, &facts, 22, &mut buf), Ok(whole.as_bytes()));
    let error = Err(Fault::CommandLineTooLong { length: 22, limit: 21 });
    assert_eq!(command_line(&entry, &facts, 21, &mut buf), error);
    assert_eq!(command_line(&entry, &facts, 99, &mut buf[..21]), error);
}

#[test]
fn which_initrd_counts() {
    let menu =
        menu("LABEL a\nINITRD one, ,two,,\nAPPEND x\nLABEL b\nINITRD one\nAPPEND initrd=old initrd=x,y z\n");
    assert_eq!(initrds(&menu.command(b"a").unwrap()), ["one", "two"]);
    assert_eq!(initrds(&menu.command(b"b").unwrap()), ["x", "y"]);
    let typed = menu.command(b"b initrd=mine").unwrap();
    assert_eq!(initrds(&typed), ["mine"]);
    assert_eq!(initrds(&menu.command(b"a initrd=").unwrap()), [""; 0], "an empty one takes them all away");
    assert_eq!(
        line(&typed, &SystemFacts::default()),
        "BOOT_IMAGE=b initrd=old initrd=x,y z initrd=mine",
        "no further initrd= is written"
    );
}

#[test]
fn default_rules() {
    let default = |text: &str| {
        menu(text).default_entry().map(|entry| String::from_utf8_lossy(entry.kernel).into_owned())
    };
    let labels = "LABEL one\nLABEL two\nMENU DEFAULT\nLABEL linux\n";
    assert_eq!(default(&format!("DEFAULT one\n{labels}")).unwrap(), "one");
    assert_eq!(default(&format!("DEFAULT one\nUI menu.c32\n{labels}")).unwrap(), "two");
    assert_eq!(default(labels).unwrap(), "two");
    assert_eq!(default("LABEL one\nLABEL linux\n").unwrap(), "linux");
    assert_eq!(default("LABEL one\nLABEL two\n").unwrap(), "one");
    assert_eq!(default("LABEL one\nMENU DISABLE\nLABEL two\n").unwrap(), "two");
    assert_eq!(default("DEFAULT vmlinuz root=/dev/nfs\n").unwrap(), "vmlinuz");
    assert_eq!(default("DEFAULT vmlinuz\nIMPLICIT 0\n"), Err(Fault::NoSuchLabel));
    assert_eq!(default("DEFAULT one\nLABEL one\nMENU DISABLE\n"), Err(Fault::EntryDisabled));
    assert_eq!(default(""), Err(Fault::NothingToBoot));
    assert_eq!(default("DEFAULT sub/VESAMENU.C32\n"), Err(Fault::NothingToBoot));
}

#[test]
fn a_default_with_options_carries_the_global_append_too() {
    let menu = menu("APPEND quiet\nSYSAPPEND 2\nDEFAULT vmlinuz root=/dev/nfs\n");
    let entry = menu.default_entry().unwrap();
    assert_eq!((entry.index, entry.append, entry.typed), (None, &b"quiet"[..], &b"root=/dev/nfs"[..]));
    assert_eq!(entry.sysappend, 2);
}

#[test]
fn everything_wrong_is_told_with_its_line() {
    let text = "KERNEL early\nLABEL a\nTIMEOUT soon\nFROBNICATE now\nAPPEND\nKERNEL\nMENU\nMENU SHINE\nLABEL\n\
                PROMPT -1\nSYSAPPEND 0x1g\nTIMEOUT 4294967296\nMENU END\nINITRD late\nLABEL a\nLOCALBOOT -1\n\
                LOCALBOOT 1x\nAVERYVERYLONGKEYWORD x\nF1 help.txt\nF13 help.txt\n";
    let found: Vec<_> = menu(text).problems().map(|problem| (problem.line, problem.fault)).collect();
    assert_eq!(
        found,
        [
            (1, Fault::OutsideLabel),
            (3, Fault::BadNumber),
            (4, Fault::UnknownKeyword),
            (6, Fault::MissingValue),
            (7, Fault::MissingValue),
            (8, Fault::UnknownKeyword),
            (9, Fault::MissingValue),
            (10, Fault::BadNumber),
            (11, Fault::BadNumber),
            (12, Fault::BadNumber),
            (13, Fault::UnbalancedEnd),
            (14, Fault::OutsideLabel),
            (15, Fault::DuplicateLabel),
            (17, Fault::BadNumber),
            (18, Fault::UnknownKeyword),
            (20, Fault::UnknownKeyword),
        ]
    );
    let second = menu(text).problems().nth(2).unwrap();
    assert_eq!(second.to_string(), "line 4: the keyword is unknown and was passed over: FROBNICATE now");
    assert_eq!(menu(text).entries().count(), 2);
    assert_eq!(menu(text).entry(1).unwrap().local_boot, Some(-1));
}

#[test]
fn menus_nested_too_deeply_are_counted_no_further() {
    let text = "MENU BEGIN\n".repeat(17);
    let found: Vec<_> = menu(&text).problems().map(|problem| (problem.line, problem.fault)).collect();
    assert_eq!(found, [(17, Fault::TooDeep)]);
}

#[test]
fn a_kernel_in_the_place_of_a_text_is_refused_and_padding_is_not() {
    assert_eq!(Menu::parse(b"MZ\0\0\x01"), Err(Fault::NotText));
    assert_eq!(Menu::parse(b"LABEL a\n\0\0\0").unwrap().entries().count(), 1);
}

#[test]
fn bytes_that_are_no_utf_8_and_a_byte_order_mark_are_taken() {
    let menu = Menu::parse(b"\xef\xbb\xbflabel caf\xe9\n \t append \xff=1\n").unwrap();
    let entry = menu.entry(0).unwrap();
    assert_eq!((entry.label, entry.append), (&b"caf\xe9"[..], &b"\xff=1"[..]));
    assert_eq!(menu.find(b"caf\xe9"), Some(entry));
}

#[test]
fn a_long_line_is_one_line() {
    let text = format!("LABEL a\nAPPEND {}\n", "x".repeat(100_000));
    assert_eq!(menu(&text).entry(0).unwrap().append.len(), 100_000);
}

#[test]
fn a_help_text_without_end_takes_the_rest() {
    let menu = menu("LABEL a\nTEXT HELP\nLABEL b\n");
    assert_eq!(menu.entries().count(), 1);
    assert_eq!(menu.entry(0).unwrap().help, Some(&b"LABEL b\n"[..]));
}

#[test]
fn a_separator_ends_the_entry_before_it() {
    let menu = menu("LABEL a\nMENU SEPARATOR\nAPPEND global\nLABEL b\nMENU HIDE\nMENU PASSWD x\n");
    assert_eq!(menu.entry(0).unwrap().append, b"");
    let b = menu.entry(1).unwrap();
    assert_eq!((b.append, b.is_hidden, b.password), (&b"global"[..], true, Some(&b"x"[..])));
}

#[test]
fn the_ending_of_a_plain_kernel_tells_its_kind() {
    let cases = [
        ("pxelinux.0", Kind::Pxe),
        ("chain.C32", Kind::Com32),
        ("vmlinuz-6.1.0", Kind::Pxe),
        ("linux", Kind::Linux),
    ];
    for (file, kind) in cases {
        assert_eq!(Kind::Kernel.of(file.as_bytes()), kind, "{file}");
    }
    assert_eq!(Kind::Linux.of(b"vmlinuz-6.1.0"), Kind::Linux, "LINUX says so whatever the name");
    assert_eq!(Kind::Kernel.of(b""), Kind::Linux);
}

#[test]
fn statements_show_where_they_stand() {
    let text = b"# c\n\n  LABEL  a b  \r\nSAY hello  \n";
    let items: Vec<_> = Items::new(text).collect();
    assert_eq!(items.len(), 2);
    assert_eq!((items[0].line, items[0].statement), (3, Ok(Statement::Label(b"a"))));
    assert_eq!(&text[items[0].range.clone()], b"  LABEL  a b  ");
    assert_eq!((items[1].text, items[1].statement), (&b"SAY hello"[..], Ok(Statement::Say(b"hello"))));
}

/// Lines that are nearly right.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "label",
        "LABEL a",
        "kernel k x",
        "append -",
        "append initrd=a,b",
        "initrd x,,y",
        "menu",
        "menu begin t",
        "menu end",
        "menu label ^",
        "menu default",
        "text help",
        "endtext",
        "timeout 5",
        "ipappend 3",
        "include f",
        "menu include f t",
        "default a",
        "default menu.c32",
        "localboot",
        "implicit 0",
        "# c",
        "\r",
        "\u{feff}",
        " ",
        "sysappend 0xffffffff",
        "ontimeout b y",
        "menu separator",
        "menu disable",
        "prompt 1",
    ]);
    let noise = prop::collection::vec(any::<u8>(), 0..12);
    let part = prop_oneof![words.prop_map(|word| word.as_bytes().to_vec()), noise, Just(b"\n".to_vec())];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.join(&b"\n"[..]))
}

proptest! {
    #[test]
    fn no_text_panics_and_every_item_lies_behind_the_one_before(text in nearly()) {
        let mut position = 0;
        let mut line = 0;
        let mut items = Items::new(&text);
        while let Some(item) = items.next() {
            prop_assert!(item.line > line && item.range.start >= position);
            prop_assert!(item.range.end >= item.range.start && items.position() <= text.len());
            prop_assert!(items.position() >= item.range.end);
            (position, line) = (items.position(), item.line);
        }
        let Ok(menu) = Menu::parse(&text) else { return Ok(()) };
        prop_assert!(menu.entries().count() <= menu.items().count());
        prop_assert!(menu.problems().count() <= menu.items().count());
        let _ = (menu.default_entry(), menu.timeout_entry());
        for (index, entry) in menu.entries().enumerate() {
            prop_assert_eq!(entry.index, Some(index));
            prop_assert_eq!(menu.entry(index), Some(entry));
            let first = menu.find(entry.label).unwrap();
            prop_assert!(first.index <= entry.index);
            prop_assert!(entry.initrds().all(|name| !name.is_empty() && !name.contains(&b',')));
            let mut buf = [0; 4096];
            let facts = SystemFacts { hardware: &[1, 2], ..SystemFacts::default() };
            let written = command_line(&entry, &facts, 4096, &mut buf).unwrap();
            prop_assert!(written.starts_with(b"BOOT_IMAGE="));
            prop_assert!(!written.contains(&b'\n'));
        }
    }
}
