//! Bytes become calls. All memory lies in one arena, and every pointer points into it or is NULL: that much is the
//! caller's promise. Everything else is wrong as often as not.

use bootproto_capi::{boot::*, dhcp::*, net::*, tftp::*, *};
use std::collections::BTreeSet;

/// Bytes of scratch memory: structures, datagrams, buffers.
const SCRATCH: usize = 4096;

/// Storage for one of each, then scratch. Storage is only ever written by the calls for it.
#[repr(C, align(16))]
struct Arena {
    tftp: bp_tftp,
    dhcp: bp_dhcp,
    boot: bp_boot,
    net: bp_net,
    texts: [u8; 1024],
    scratch: [u8; SCRATCH],
}

struct Run<'b> {
    bytes: &'b [u8],
    arena: Box<Arena>,
    now: u64,
    results: BTreeSet<u32>,
}

/// Makes the calls that `bytes` say, and tells which results came.
pub(crate) fn run(bytes: &[u8]) -> BTreeSet<u32> {
    let arena = Arena {
        tftp: bp_tftp { opaque: [0; BP_TFTP_WORDS] },
        dhcp: bp_dhcp { opaque: [0; BP_DHCP_WORDS] },
        boot: bp_boot { opaque: [0; BP_BOOT_WORDS] },
        net: bp_net { opaque: [0; BP_NET_WORDS] },
        texts: [0; 1024],
        scratch: [0; SCRATCH],
    };
    let mut run = Run { bytes, arena: Box::new(arena), now: 0, results: BTreeSet::new() };
    while run.bytes.len() > 16 {
        run.turn();
    }
    run.results
}

impl Run<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().map_or((0, self.bytes), |(first, rest)| (*first, rest));
        self.bytes = rest;
        first
    }

    fn size(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    /// A place in the scratch memory with room for a `T`, NULL now and then, misaligned now and then, and now and then
    /// in the storage that the call is about.
    fn place<T>(&mut self, storage: *mut u8, bytes: usize) -> *mut T {
        let (kind, at) = (self.byte(), self.size());
        match kind {
            0..=9 => std::ptr::null_mut(),
            10..=19 => storage.wrapping_add(at % (bytes - size_of::<T>().min(bytes - 1))).cast(),
            20..=25 => self.scratch(1 + at % (SCRATCH - size_of::<T>() - 1)),
            _ => self.scratch((at % (SCRATCH - size_of::<T>())) & !15),
        }
    }

    fn scratch<T>(&mut self, at: usize) -> *mut T {
        (&raw mut self.arena.scratch).cast::<u8>().wrapping_add(at).cast()
    }

    /// A buffer in the scratch memory.
    fn buffer(&mut self, storage: *mut u8, bytes: usize) -> (*mut u8, usize) {
        let pointer: *mut u8 = self.place(storage, bytes);
        let scratch = (&raw mut self.arena.scratch).cast::<u8>().addr();
        let room = match pointer.addr().checked_sub(scratch) {
            _ if pointer.is_null() => usize::MAX,
            Some(offset) if offset < SCRATCH => SCRATCH - offset,
            _ => 1,
        };
        (pointer, self.size().min(room))
    }

    fn bytes_of_arena(&self) -> Vec<u8> {
        let start: *const u8 = (&raw const *self.arena).cast();
        // SAFETY: an arena has no padding that is not written, and nobody else looks at it.
        unsafe { std::slice::from_raw_parts(start, size_of::<Arena>()) }.to_vec()
    }

    /// Makes a call and checks that a refusal touched nothing.
    fn check(&mut self, call: impl FnOnce() -> bp_result) {
        let before = self.bytes_of_arena();
        let result = call();
        self.results.insert(result.0);
        if result != BP_OK && result != BP_BUFFER_TOO_SMALL {
            assert!(before == self.bytes_of_arena(), "{result:?} touched something");
        }
    }

    fn turn(&mut self) {
        self.now += u64::from(self.byte()) * 4_096;
        // What servers might send: mostly noise, but with the right first bytes.
        for _ in 0..4 {
            let (at, value) = (self.size() % SCRATCH, self.byte());
            self.arena.scratch[at] = value;
        }
        match self.byte() % 10 {
            0 => self.init_tftp(),
            1 => self.init_dhcp(),
            2 => self.init_boot(),
            3 | 4 => self.call_tftp(),
            5 => self.call_dhcp(),
            6 | 7 => self.call_net(),
            _ => self.call_boot(),
        }
    }

    fn init_tftp(&mut self) {
        let storage = (&raw mut self.arena.tftp).cast::<u8>();
        let config: *mut bp_tftp_config = self.place(storage, size_of::<bp_tftp>());
        let (name, length) = self.buffer(storage, size_of::<bp_tftp>());
        let (bytes, version) = self.declared(size_of::<bp_tftp>());
        let server = bp_ipv4 { octets: [10, 0, 0, self.byte()] };
        // SAFETY: every pointer is NULL or points into the arena.
        unsafe {
            if self.in_scratch(config) {
                assert_eq!(bp_tftp_config_begin(config), BP_OK);
                (*config).server = server;
                (*config).local_port = 50_000;
                (*config).file = bp_bytes { bytes: name, length };
                (*config).size ^= u32::from(self.byte() == 0);
            }
            let tftp = self.storage::<bp_tftp>(storage);
            let named = config.is_null() || self.in_scratch(config);
            self.check(|| if named { bp_tftp_init(tftp, bytes, version, config) } else { BP_OK });
        }
    }

    fn init_dhcp(&mut self) {
        let storage = (&raw mut self.arena.dhcp).cast::<u8>();
        let config: *mut bp_dhcp_config = self.place(storage, size_of::<bp_dhcp>());
        let (bytes, version) = self.declared(size_of::<bp_dhcp>());
        let (kind, now) = (self.byte(), bp_instant(self.now));
        // SAFETY: every pointer is NULL or points into the arena.
        unsafe {
            if self.in_scratch(config) {
                assert_eq!(bp_dhcp_config_begin(config), BP_OK);
                (*config).hardware_length = kind % 20;
                (*config).identity = bp_identity(kind / 64);
                (*config).attempts = 1;
            }
            let dhcp = self.storage::<bp_dhcp>(storage);
            let named = config.is_null() || self.in_scratch(config);
            self.check(|| if named { bp_dhcp_init(dhcp, bytes, version, config, now) } else { BP_OK });
        }
    }

    fn init_boot(&mut self) {
        let storage = (&raw mut self.arena.boot).cast::<u8>();
        let config: *mut bp_boot_config = self.place(storage, size_of::<bp_boot>());
        let (bytes, version) = self.declared(size_of::<bp_boot>());
        let (kind, now) = (self.byte(), bp_instant(self.now));
        let texts = (&raw mut self.arena.texts).cast::<u8>();
        // SAFETY: every pointer is NULL or points into the arena.
        unsafe {
            if self.in_scratch(config) {
                assert_eq!(bp_boot_config_begin(config), BP_OK);
                (*config).dhcp.attempts = 1;
                (*config).manifest_policy = bp_manifest(kind % 4);
                (*config).configuration = bp_buffer { bytes: texts, length: 512 };
                (*config).manifest = bp_buffer { bytes: texts.add(512 - usize::from(kind & 4)), length: 508 };
            }
            let boot = self.storage::<bp_boot>(storage);
            let named = config.is_null() || self.in_scratch(config);
            self.check(|| if named { bp_boot_init(boot, bytes, version, config, now) } else { BP_OK });
            if self.in_scratch(config) {
                (*config).dhcp.hardware[0] = kind;
                let place = (&raw mut self.arena.net).cast();
                let net = self.storage::<bp_net>(place);
                let (bytes, version) = self.declared(size_of::<bp_net>());
                self.check(|| bp_net_init(net, bytes, version, config, now));
            }
        }
    }

    fn call_net(&mut self) {
        let (storage, bytes) = ((&raw mut self.arena.net).cast::<u8>(), size_of::<bp_net>());
        let (data, length) = self.buffer(storage, bytes);
        let event: *mut bp_boot_event = self.place(storage, bytes);
        let (size, at, why) =
            (self.place(storage, bytes), self.place(storage, bytes), self.place(storage, bytes));
        let (net, now) = (self.storage::<bp_net>(storage), bp_instant(self.now));
        let place = (&raw mut self.arena.boot).cast();
        let boot = self.storage::<bp_boot>(place);
        if self.byte() < 64 && !data.is_null() && length >= 14 && self.in_scratch(event) {
            // A frame to everybody, so that it is not turned away at once.
            // SAFETY: so many bytes are there.
            unsafe { data.write_bytes(0xff, 6) };
        }
        let which = self.byte() % 12;
        // SAFETY: every pointer is NULL or points into the arena.
        self.check(|| unsafe {
            match which {
                0..=3 => bp_net_handle_frame(net, boot, now, data, length, event),
                4..=6 => bp_net_handle_timeout(net, boot, now, event),
                7..=9 => bp_net_poll_frame(net, boot, now, data, length, size),
                10 => bp_net_poll_timeout(net, boot, now, at),
                _ => bp_net_undelivered(net, why),
            }
        });
    }

    /// A configuration's pointers must be pointers, so it must be one that was just begun.
    fn in_scratch<T>(&self, pointer: *const T) -> bool {
        let start = (&raw const self.arena.scratch).addr();
        pointer.is_aligned() && (start..start + SCRATCH).contains(&pointer.addr())
    }

    /// The storage, or now and then NULL or a place that is not aligned for it.
    fn storage<T>(&mut self, storage: *mut u8) -> *mut T {
        match self.byte() {
            0..=9 => std::ptr::null_mut(),
            10..=14 => storage.wrapping_add(4).cast(),
            _ => storage.cast(),
        }
    }

    /// Size and version as a caller declares them: right, most of the time.
    fn declared(&mut self, bytes: usize) -> (usize, u32) {
        match self.byte() {
            0..=15 => (bytes - 1, BP_VERSION),
            16..=31 => (bytes, BP_VERSION + 1),
            _ => (bytes, BP_VERSION),
        }
    }

    fn path(&mut self, storage: *mut u8, bytes: usize) -> *mut bp_path {
        let path: *mut bp_path = self.place(storage, bytes);
        if self.in_scratch(path) {
            let remote = bp_ipv4 { octets: [10, 0, 0, self.byte()] };
            let ports = if self.byte() < 128 { (50_000, 69) } else { (68, 67) };
            // SAFETY: it points into the arena, aligned.
            unsafe {
                *path = bp_path { remote, local_port: ports.0, remote_port: ports.1, ..bp_path::default() };
            }
        }
        path
    }

    fn call_tftp(&mut self) {
        let (storage, bytes) = ((&raw mut self.arena.tftp).cast::<u8>(), size_of::<bp_tftp>());
        let path = self.path(storage, bytes);
        let (data, length) = self.buffer(storage, bytes);
        let event: *mut bp_tftp_event = self.place(storage, bytes);
        let (transmit, at) = (self.place(storage, bytes), self.place(storage, bytes));
        let (tftp, now) = (self.storage::<bp_tftp>(storage), bp_instant(self.now));
        let (size, counters): (*mut usize, _) = (self.place(storage, bytes), self.place(storage, bytes));
        let which = self.byte() % 16;
        // SAFETY: every pointer is NULL or points into the arena.
        self.check(|| unsafe {
            match which {
                0..=4 => bp_tftp_handle_datagram(tftp, now, path, data, length, event),
                5..=7 => bp_tftp_handle_timeout(tftp, now, event),
                8..=10 => bp_tftp_poll_transmit(tftp, now, data, length, transmit),
                11 => bp_tftp_poll_timeout(tftp, at),
                12 => bp_tftp_counters(tftp, counters),
                13 => bp_tftp_failure_text(tftp, data, length, size),
                14 => bp_tftp_is_complete(tftp, event.cast()),
                _ => bp_tftp_abort(tftp),
            }
        });
    }

    fn call_dhcp(&mut self) {
        let (storage, bytes) = ((&raw mut self.arena.dhcp).cast::<u8>(), size_of::<bp_dhcp>());
        let path = self.path(storage, bytes);
        let (data, length) = self.buffer(storage, bytes);
        let event: *mut bp_dhcp_event = self.place(storage, bytes);
        let (transmit, at) = (self.place(storage, bytes), self.place(storage, bytes));
        let (dhcp, now) = (self.storage::<bp_dhcp>(storage), bp_instant(self.now));
        let (size, lease): (*mut usize, _) = (self.place(storage, bytes), self.place(storage, bytes));
        let (which, boot, line) = (self.byte() % 20, self.place(storage, bytes), self.place(storage, bytes));
        // SAFETY: every pointer is NULL or points into the arena.
        self.check(|| unsafe {
            match which {
                0..=3 => bp_dhcp_handle_datagram(dhcp, now, path, data, length, event),
                4..=7 => bp_dhcp_handle_timeout(dhcp, now, event),
                8..=10 => bp_dhcp_poll_transmit(dhcp, now, data, length, transmit),
                11 => bp_dhcp_poll_timeout(dhcp, at),
                12 => bp_dhcp_lease(dhcp, lease),
                13 => bp_dhcp_boot(dhcp, boot),
                14 => bp_dhcp_menu_item(dhcp, 0, line),
                15 => bp_dhcp_failure_text(dhcp, data, length, size),
                16 => bp_dhcp_choose(dhcp, now, 1),
                17 => bp_dhcp_probe_result(dhcp, now, BP_YES),
                18 => bp_dhcp_link_blocked(dhcp, now, BP_NO),
                _ => bp_dhcp_release(dhcp, now),
            }
        });
    }

    fn call_boot(&mut self) {
        let (storage, bytes) = ((&raw mut self.arena.boot).cast::<u8>(), size_of::<bp_boot>());
        let path = self.path(storage, bytes);
        let (data, length) = self.buffer(storage, bytes);
        let event: *mut bp_boot_event = self.place(storage, bytes);
        let (transmit, at) = (self.place(storage, bytes), self.place(storage, bytes));
        let (boot, now) = (self.storage::<bp_boot>(storage), bp_instant(self.now));
        let (size, lease): (*mut usize, _) = (self.place(storage, bytes), self.place(storage, bytes));
        let (which, plan, entry) = (self.byte() % 24, self.place(storage, bytes), self.place(storage, bytes));
        let (failure, name) = (self.place(storage, bytes), self.place(storage, bytes));
        // SAFETY: every pointer is NULL or points into the arena.
        self.check(|| unsafe {
            match which {
                0..=3 => bp_boot_handle_datagram(boot, now, path, data, length, event),
                4..=7 => bp_boot_handle_timeout(boot, now, event),
                8..=10 => bp_boot_poll_transmit(boot, now, data, length, transmit),
                11 => bp_boot_poll_timeout(boot, at),
                12 => bp_boot_lease(boot, lease),
                13 => bp_boot_plan(boot, plan),
                14 => bp_boot_entry(boot, 0, entry),
                15 => bp_boot_failure_text(boot, data, length, size),
                16 => bp_boot_failure(boot, failure),
                17 => bp_boot_choose(boot, now, 0, event),
                18 => bp_boot_verify_bytes(boot, now, data, length, event),
                19 => bp_boot_command_line(boot, data, length, size),
                20 => bp_boot_file_name(boot, name),
                21 => bp_boot_hold_choice(boot),
                22 => bp_explain(bp_result(2200 + u32::from(now.0 as u8)), data, length, size),
                _ => bp_boot_release(boot, now),
            }
        });
    }
}
