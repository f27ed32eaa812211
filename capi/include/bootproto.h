// bootproto: boot machines from the network. Made by cbindgen from the Rust sources; don't edit.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every call answers BP_OK or a number of docs/errors.md; bp_explain has its text. With any other answer than BP_OK
// nothing was touched, but for a length that says what a buffer would have to hold (BP_BUFFER_TOO_SMALL).
//
// A pointer is NULL or points to what its type says; NULL is an answer, not a crash. What a call writes must overlap
// nothing else that it is given. One storage is used by one thread at a time. Nothing allocates, nothing is global.

#ifndef BOOTPROTO_H
#define BOOTPROTO_H

#include <stddef.h>
#include <stdint.h>

// The size of the parameter page of an x86 kernel.
#define BP_ZERO_PAGE_BYTES 4096

// How many words a `bp_boot` has.
#define BP_BOOT_WORDS 1536

// A datagram that a boot client sends is at most this long.
#define BP_BOOT_MAX_TRANSMIT 768

// How many regions of memory a boot client keeps.
#define BP_BOOT_REGIONS 16

// How many files a plan has at most.
#define BP_PLAN_FILES 10

// How many servers of each kind a lease names at most.
#define BP_LEASE_SERVERS 4

// How long a name can be.
#define BP_NAME_BYTES 256

// How many words a `bp_dhcp` has.
#define BP_DHCP_WORDS 512

// A datagram that a DHCP client sends is at most this long.
#define BP_DHCP_MAX_TRANSMIT 768

// The length of the encapsulation header.
#define BP_IPOIB_HEADER_BYTES 4

// The length of an ARP packet with its encapsulation header.
#define BP_IPOIB_ARP_BYTES 60

// The `EtherType` of IPv4.
#define BP_IPOIB_IPV4 2048

// The `EtherType` of ARP.
#define BP_IPOIB_ARP 2054

// The operation of an ARP request.
#define BP_IPOIB_REQUEST 1

// The operation of an ARP reply.
#define BP_IPOIB_REPLY 2

// How many words a `bp_net` has.
#define BP_NET_WORDS 1280

// A frame is at most this long, checksum excluded; longer ones are not sent.
#define BP_FRAME_BYTES 1536

// How many words a `bp_tftp` has.
#define BP_TFTP_WORDS 128

// A datagram that a download sends is at most this long.
#define BP_TFTP_MAX_TRANSMIT 384

// What a program was compiled for: given to every `init` function. It changes whenever a type or a function changes.
#define BP_VERSION 1

// The answer of a `poll_timeout` function where time can't matter.
#define BP_NEVER UINT64_MAX

// A size that is not known.
#define BP_UNKNOWN UINT64_MAX

// An address in memory that was not given.
#define BP_NOWHERE UINT64_MAX

// The result of a call: `BP_OK`, or a number of the table in `docs/errors.md`, such as 7301 for `BP7301`.
// `bp_explain` has the text.
typedef uint32_t bp_result;

// What happens to the boot file that DHCP names.
typedef uint8_t bp_load;

// Whether files are checked against `SHA256SUMS` beside the configuration.
typedef uint8_t bp_manifest;

// A yes or a no; everything but 0 is a yes.
typedef uint8_t bp_flag;

// How a machine presents itself.
typedef uint8_t bp_identity;

// What option 60 says.
typedef uint8_t bp_vendor_class;

// An IPv4 address in the order of the wire; 0.0.0.0 stands for none.
struct bp_ipv4 {
    // Its bytes.
    uint8_t octets[4];
};

// Bytes that are only read; NULL is right for none.
struct bp_bytes {
    // The first.
    const uint8_t *bytes;
    // How many.
    size_t length;
};

// What a DHCP client is told. `bp_dhcp_config_begin` gives every field its default. Texts are copied.
struct bp_dhcp_config {
    // Set by `bp_dhcp_config_begin`.
    uint32_t size;
    // The architecture (option 93): 0 BIOS, 7 UEFI x64, 11 UEFI arm64. Default 0.
    uint16_t arch;
    // The type of the hardware address: 1 Ethernet. Default 1.
    uint8_t hardware_type;
    // Its length, at most 16. Default 6.
    uint8_t hardware_length;
    // The hardware address. No default.
    uint8_t hardware[16];
    // Chance: different at every boot and on every machine. No default.
    uint64_t seed;
    // How this machine presents itself. Default: by its hardware address.
    bp_identity identity;
    // What option 60 says. Default: PXE.
    bp_vendor_class vendor_class;
    // The version of the network device interface (option 94). Default 2.1.
    uint8_t undi_major;
    // See `undi_major`.
    uint8_t undi_minor;
    // Whether `uuid` is the machine's. Default no.
    bp_flag has_uuid;
    // Whether answers must be broadcast. Default no.
    bp_flag broadcast;
    // Whether you probe a new address by ARP, see `BP_DHCP_PROBE_ADDRESS`. Default no.
    bp_flag probe_address;
    // Whether an answer without a boot file is a failure whatever option 60 says. Default no.
    bp_flag boot_required;
    // Whether to wait for a ProxyDHCP server even where the DHCP server names something to boot. Default no.
    bp_flag always_wait_for_proxy;
    // Whether not to renew the lease. Default no.
    bp_flag no_renewal;
    // How often to ask before giving up. Default 4, which takes a minute.
    uint8_t attempts;
    // 0.
    uint8_t reserved;
    // How long to wait for a ProxyDHCP server, in milliseconds. Default 2000.
    uint32_t proxy_wait_millis;
    // The GUID of the port, for the identities over InfiniBand.
    uint8_t port_guid[8];
    // The machine's UUID as it goes on the wire (option 97): the SMBIOS form.
    uint8_t uuid[16];
    // Our port. Default 68.
    uint16_t client_port;
    // The servers'. Default 67.
    uint16_t server_port;
    // The boot servers'. Default 4011.
    uint16_t pxe_port;
    // 0.
    uint16_t reserved_2;
    // Ask for this address first. Default: none.
    struct bp_ipv4 requested;
    // We have this address, and only want to know the rest (INFORM). Default: none.
    struct bp_ipv4 inform;
    // Option 60 for `BP_VENDOR_CLASS_TEXT`, at most 64 bytes.
    struct bp_bytes vendor_class_text;
    // The user class (option 77), at most 64 bytes.
    struct bp_bytes user_class;
    // Our name (option 12), at most 64 bytes.
    struct bp_bytes host_name;
    // The client identifier (option 61), 2 to 135 bytes. Default: the identity's own.
    struct bp_bytes client_id;
};

// A stretch of memory.
struct bp_region {
    // The first address.
    uint64_t start;
    // How many bytes.
    uint64_t length;
    // Whether it is free to use. What no region names is not.
    bp_flag usable;
    // 0.
    uint8_t reserved[7];
};

// Memory that is written to.
struct bp_buffer {
    // The first byte.
    uint8_t *bytes;
    // How many.
    size_t length;
};

// What a boot client is told. `bp_boot_config_begin` gives every field its default.
struct bp_boot_config {
    // Set by `bp_boot_config_begin`.
    uint32_t size;
    // What happens to the boot file. Default: it is fetched.
    bp_load load;
    // Whether files are checked against a list of digests. Default: where it is there.
    bp_manifest manifest_policy;
    // Whether `BP_BOOT_CHOOSE` comes even for a configuration that asks nobody. Default no.
    bp_flag always_ask;
    // Whether you can start network boot programs, too. Default no.
    bp_flag chaining;
    // Chance for the transfers: another than the seed in `dhcp`. No default.
    uint64_t seed;
    // What the DHCP client is told.
    struct bp_dhcp_config dhcp;
    // The memory that may be used, at most `BP_BOOT_REGIONS`; copied. Default: none, and then nothing is placed.
    const struct bp_region *memory;
    // How many regions.
    size_t regions;
    // Where the configuration's text is kept: yours to give, and the client's as long as it is used. 64 KiB are plenty,
    // 4 KiB do for most. No default.
    struct bp_buffer configuration;
    // Where the list of digests is kept, under the same terms.
    struct bp_buffer manifest;
    // The port on which transfers are asked for. Default 69.
    uint16_t transfer_port;
    // The bytes of file in one datagram. Default 0: what fits the MTU.
    uint16_t block_size;
    // How many datagrams may be under way. Default 16.
    uint16_t window_size;
    // The bytes of IP in a packet of the link. Default 0: the lease's MTU, or 1500.
    uint16_t link_mtu;
    // How many bytes of datagrams the stack below holds. Default 0: many.
    uint32_t receive_buffer;
    // How long a server may be silent, in milliseconds. Default 0: 30 s.
    uint32_t give_up_millis;
    // How many more times a transfer is tried. Default 1.
    uint8_t tries;
    // 0.
    uint8_t reserved;
    // The partition key, over InfiniBand. Default 0xffff.
    uint16_t p_key;
    // 0.
    uint32_t reserved_2;
    // What Linux will call the interface, over InfiniBand: at most 15 bytes. Default: unknown.
    struct bp_bytes interface;
    // The most bytes of a boot file. Default 16 MiB.
    uint64_t cap_nbp;
    // The most bytes of a kernel. Default 512 MiB.
    uint64_t cap_kernel;
    // The most bytes of an initrd. Default 4 GiB.
    uint64_t cap_initrd;
};

// Storage for one boot client, which must stay where it is. The caller provides it.
struct bp_boot {
    // The library's.
    uint64_t opaque[BP_BOOT_WORDS];
};

// A point in time: microseconds on any clock that never runs backwards.
typedef uint64_t bp_instant;

// Where a datagram came from or goes to. Ports are plain numbers.
struct bp_path {
    // Our address; 0.0.0.0 where it is not known, or there is none yet.
    struct bp_ipv4 local;
    // The peer's; in what is to be sent it may be a broadcast or multicast address.
    struct bp_ipv4 remote;
    // Our UDP port.
    uint16_t local_port;
    // The peer's.
    uint16_t remote_port;
};

// What a call to a boot client tells.
typedef uint32_t bp_boot_event_kind;

// What a file is for.
typedef uint8_t bp_file;

// What a call to a boot client tells. Fields that the kind does not name are 0, addresses `BP_NOWHERE`.
struct bp_boot_event {
    // Which of `BP_BOOT_`.
    bp_boot_event_kind kind;
    // Why.
    bp_result code;
    // What the file is for.
    bp_file file;
    // Whether the offer names something to boot.
    bp_flag has_boot;
    // 0.
    uint8_t reserved[2];
    // Which initrd, or which entry; `UINT32_MAX` for none.
    uint32_t index;
    // Where the file's first byte lies, or `BP_NOWHERE`.
    uint64_t address;
    // Where in the file the bytes belong.
    uint64_t offset;
    // The size of the file in bytes, or `BP_UNKNOWN`.
    uint64_t size;
    // Where zeros belong.
    uint64_t pad_address;
    // How many.
    uint64_t pad_length;
    // When the default entry is taken, in microseconds from now.
    uint64_t timeout_micros;
    // Bytes: inside the datagram that was handed over, for `BP_BOOT_OPEN` inside the storage until the next call.
    struct bp_bytes data;
    // Who speaks.
    struct bp_ipv4 server;
    // Which address.
    struct bp_ipv4 own_address;
};

// A datagram to send, in the caller's buffer; without bytes there is none.
struct bp_transmit {
    // Where it goes, and from which port.
    struct bp_path path;
    // The payload.
    struct bp_bytes data;
};

// An entry of the configuration. Texts lie in the configuration's buffer and are not to be trusted.
struct bp_entry {
    // Its name.
    struct bp_bytes label;
    // Its text in the menu; none where it has no other than its name. A `^` stands before the hot key.
    struct bp_bytes menu_label;
    // What it starts.
    struct bp_bytes kernel;
    // Whether it can be chosen.
    bp_flag can_boot;
    // Whether a menu does not show it.
    bp_flag is_hidden;
    // 0.
    uint8_t reserved[6];
};

// An address and what goes with it.
struct bp_lease {
    // Ours.
    struct bp_ipv4 address;
    // The subnet mask, 0.0.0.0 if the server gave none.
    struct bp_ipv4 mask;
    // The broadcast address.
    struct bp_ipv4 broadcast;
    // The DHCP server.
    struct bp_ipv4 server;
    // Routers in order of preference; 0.0.0.0 ends the list.
    struct bp_ipv4 routers[BP_LEASE_SERVERS];
    // DNS servers.
    struct bp_ipv4 dns[BP_LEASE_SERVERS];
    // NTP servers.
    struct bp_ipv4 ntp[BP_LEASE_SERVERS];
    // How long the address is ours, counted from `received`, in microseconds; `BP_NEVER` is for ever.
    uint64_t duration;
    // When the request was sent that this lease answers.
    uint64_t received;
    // The MTU, 0 if the server gave none.
    uint16_t mtu;
    // The bits of the mask, 32 if the server gave none.
    uint8_t prefix_length;
    // 0.
    uint8_t reserved[5];
};

// A line of a boot menu.
struct bp_dhcp_menu_line {
    // The boot server type to choose it by; 0 is the local disk.
    uint16_t server_type;
    // Its text inside the client's storage, until the next call; not to be trusted as text.
    struct bp_bytes text;
};

// One of the eight steps of a boot.
typedef uint8_t bp_step;

// Why and where a boot ended.
struct bp_failure {
    // The number.
    bp_result code;
    // The step.
    bp_step step;
    // How many times it was tried.
    uint8_t tries;
    // The peer's port.
    uint16_t peer_port;
    // With whom we were speaking.
    struct bp_ipv4 peer;
};

// The processor that a kernel is for.
typedef uint8_t bp_kernel;

// A file in memory.
struct bp_placed {
    // Where its first byte lies, or `BP_NOWHERE`.
    uint64_t address;
    // How many bytes it has.
    uint64_t size;
    // Which initrd.
    uint32_t index;
    // What it is for.
    bp_file file;
    // Whether its digest was compared.
    bp_flag is_verified;
    // 0.
    uint8_t reserved[2];
};

// What to start and how. Addresses are `BP_NOWHERE` without a memory map, and where there is nothing of the kind.
struct bp_plan {
    // Where the kernel runs: for x86 the protected-mode part, else the file's first byte.
    uint64_t run;
    // What must stay free from `run` on while the kernel starts, in bytes.
    uint64_t runtime_length;
    // Where the protected-mode part lies that has to be moved to `run` first; `BP_NOWHERE` if it lies there.
    uint64_t move_from;
    // Where the first initrd begins.
    uint64_t initrds;
    // How many bytes all of them have.
    uint64_t initrds_length;
    // Where the command line is to be written.
    uint64_t command_line;
    // How many bytes there are for it, a NUL included.
    uint64_t command_line_length;
    // Where the parameter page of an x86 kernel is to be written, see `bp_boot_zero_page`.
    uint64_t zero_page;
    // Where the device tree lies.
    uint64_t device_tree;
    // For which processor.
    bp_kernel kernel;
    // How many files there are.
    uint8_t files_count;
    // 0.
    uint8_t reserved[6];
    // The files in the order in which they came: kernel, initrds, device tree.
    struct bp_placed files[BP_PLAN_FILES];
};

// Storage for one DHCP client. The caller provides it, anywhere; a copy of it is a snapshot.
struct bp_dhcp {
    // The library's.
    uint64_t opaque[BP_DHCP_WORDS];
};

// What a call to a DHCP client tells.
typedef uint32_t bp_dhcp_event_kind;

// What a call to a DHCP client tells. Fields that the kind does not name are 0.
struct bp_dhcp_event {
    // Which of `BP_DHCP_`.
    bp_dhcp_event_kind kind;
    // Why.
    bp_result code;
    // Who speaks.
    struct bp_ipv4 server;
    // Which address.
    struct bp_ipv4 address;
    // Whether the offer names something to boot.
    bp_flag has_boot;
    // Bytes inside the datagram that was handed over, not to be trusted as text.
    struct bp_bytes message;
};

// What to boot and from where. Names end in a NUL.
struct bp_dhcp_boot_facts {
    // The boot server.
    struct bp_ipv4 server;
    // The boot file.
    uint8_t file[BP_NAME_BYTES];
    // The configuration file for PXELINUX (option 209).
    uint8_t config_file[BP_NAME_BYTES];
    // The path prefix (option 210).
    uint8_t path_prefix[BP_NAME_BYTES];
    // The root (option 17).
    uint8_t root_path[BP_NAME_BYTES];
};

// A link-layer address of IPoIB.
struct bp_ipoib_address {
    // The queue pair that takes datagrams, 24 bits.
    uint32_t qpn;
    // Which connected modes its owner offers; 0 for datagrams alone.
    uint8_t flags;
    // 0.
    uint8_t reserved[3];
    // The port's GID.
    uint8_t gid[16];
};

// An ARP packet of hardware type 32.
struct bp_ipoib_arp {
    // Who speaks.
    struct bp_ipoib_address sender;
    // Who is meant; without meaning in a request.
    struct bp_ipoib_address target;
    // The sender's address; 0.0.0.0 in a probe.
    struct bp_ipv4 sender_ip;
    // The address in question.
    struct bp_ipv4 target_ip;
    // `BP_IPOIB_REQUEST` or `BP_IPOIB_REPLY`.
    uint16_t operation;
    // 0.
    uint16_t reserved;
};

// Storage for ARP, IPv4 and UDP on one network card, which must stay where it is. The caller provides it.
struct bp_net {
    // The library's.
    uint64_t opaque[BP_NET_WORDS];
};

// An address of real mode.
struct bp_far {
    // The offset.
    uint16_t offset;
    // The segment.
    uint16_t segment;
};

// A segment of a PXE stack.
struct bp_pxe_segment {
    // Its physical address.
    uint32_t physical;
    // Its segment, or selector.
    uint16_t segment;
    // Its size in bytes.
    uint16_t size;
};

// What `!PXE` or `PXENV+` says.
struct bp_pxe_entry {
    // What to call: with `!PXE`'s convention (parameters on the stack), or `PXENV+`'s (ES:DI and BX).
    struct bp_far entry;
    // The entry point with a 32-bit stack; null where there is none.
    struct bp_far entry_32;
    // `!PXE`: the UNDI ROM ID.
    struct bp_far undi_rom_id;
    // `PXENV+` from version 2.1 on: the `!PXE` structure that is to be used instead; null where there is none.
    struct bp_far successor;
    // `PXENV+`: the version, 0x0201 for 2.1.
    uint16_t version;
    // 0.
    uint16_t reserved;
    // The UNDI's data.
    struct bp_pxe_segment undi_data;
    // The UNDI's code.
    struct bp_pxe_segment undi_code;
};

// What the headers of an option ROM say.
struct bp_rom {
    // The length of this image; the next one begins behind it.
    uint32_t length;
    // PCI vendor, 0 in a ROM for another bus.
    uint16_t vendor;
    // PCI device.
    uint16_t device;
    // Whom the code is for: 0 x86 BIOS, 3 EFI.
    uint8_t code_type;
    // Whether no image follows.
    bp_flag is_last;
    // Whether all bytes add up to 0, without which a BIOS ignores the ROM.
    bp_flag has_good_checksum;
    // Whether there is a UNDI to load.
    bp_flag has_undi;
    // The boot entry vector of the first `$PnP` header that has one, or 0.
    uint16_t boot_entry;
    // Where the UNDI's loader is.
    uint16_t undi_loader;
    // How much stack, data and code the UNDI needs, in bytes.
    uint16_t undi_stack;
    // See `undi_stack`.
    uint16_t undi_data;
    // See `undi_stack`.
    uint16_t undi_code;
    // The version of the UNDI, 2.1 as 0x0201.
    uint16_t undi_version;
};

// What a download is told. `bp_tftp_config_begin` gives every field its default.
struct bp_tftp_config {
    // Set by `bp_tftp_config_begin`.
    uint32_t size;
    // The server's port. Default 69.
    uint16_t server_port;
    // Ours: choose one anew for every transfer. No default.
    uint16_t local_port;
    // The server. No default.
    struct bp_ipv4 server;
    // Whether blocks are told strictly in order, for a caller that can't store at an offset. Default no.
    bp_flag in_order;
    // 0.
    uint8_t reserved[3];
    // Chance: different at every boot and on every machine. No default.
    uint64_t seed;
    // The most bytes to take. Default: no limit.
    uint64_t limit;
    // The file's name, without a NUL. No default. Copied.
    struct bp_bytes file;
    // The block size to ask for in bytes, 8 to 65464. Default 1468, which fits Ethernet.
    uint16_t block_size;
    // How many blocks may be under way. Default 16.
    uint16_t window_size;
    // How many bytes of datagrams the stack below holds before they are taken. Default: 212992.
    uint32_t receive_buffer;
    // After so many milliseconds without progress the transfer fails. Default 30000.
    uint32_t give_up_millis;
    // The least bytes that must come every five minutes; 0 for none. Default 65536.
    uint32_t least_bytes;
};

// Storage for one download (RRQ). The caller provides it, anywhere; a copy of it is a snapshot.
struct bp_tftp {
    // The library's.
    uint64_t opaque[BP_TFTP_WORDS];
};

// What a call to a download tells.
typedef uint32_t bp_tftp_event_kind;

// What a call to a download tells. Fields that the kind does not name are 0.
struct bp_tftp_event {
    // Which of `BP_TFTP_`.
    bp_tftp_event_kind kind;
    // Why.
    bp_result code;
    // Where in the file the bytes belong.
    uint64_t offset;
    // The size of the file in bytes, or `BP_UNKNOWN`.
    uint64_t size;
    // Bytes inside the datagram that was handed over.
    struct bp_bytes data;
    // Bytes in a full block.
    uint16_t block_size;
    // Blocks for each acknowledgement.
    uint16_t window_size;
};

// What a transfer has seen so far.
struct bp_tftp_statistics {
    // Datagrams sent.
    uint32_t sent;
    // Datagrams received.
    uint32_t received;
    // Datagrams sent again because no answer came.
    uint32_t retransmissions;
    // Blocks that had been here already.
    uint32_t duplicates;
    // The smoothed round trip in microseconds, 0 until one was measured.
    uint64_t round_trip_micros;
    // Bytes that came, in order and without a gap.
    uint64_t bytes;
};

// It is fetched. If it is itself a kernel, it is what boots.
#define BP_LOAD_FETCH 0

// It is not: we are that file.
#define BP_LOAD_SKIP 1

// It is the image itself: it is fetched, whatever it is, and nothing else is asked for.
#define BP_LOAD_IMAGE 2

// Where there is one, what it names must fit.
#define BP_MANIFEST_IF_PRESENT 0

// No.
#define BP_MANIFEST_OFF 1

// There must be one, and it must name every file that boots.
#define BP_MANIFEST_REQUIRED 2

// No file.
#define BP_FILE_NONE 0

// The boot file that DHCP names, where it is not itself a kernel; or the program that an entry chains to.
#define BP_FILE_NBP 1

// A configuration text, which the client keeps itself.
#define BP_FILE_CONFIGURATION 2

// The list of digests, which the client keeps itself.
#define BP_FILE_MANIFEST 3

// The kernel.
#define BP_FILE_KERNEL 4

// An initial RAM disk; `index` says which.
#define BP_FILE_INITRD 5

// A flattened device tree.
#define BP_FILE_DEVICE_TREE 6

// Nothing to act on.
#define BP_BOOT_NOTHING 0

// The datagram or frame changed nothing, for the reason `code`.
#define BP_BOOT_IGNORED 1

// `server` offers `own_address` (0.0.0.0: it is a proxy). For the log.
#define BP_BOOT_OFFERED 2

// Nobody answered as we presented ourselves; the next way is tried. For the log.
#define BP_BOOT_DIALECT 3

// See by ARP whether somebody uses `own_address`, then call `bp_boot_probe_result`.
#define BP_BOOT_PROBE_ADDRESS 4

// There is a lease, see `bp_boot_lease`: configure the stack now.
#define BP_BOOT_CONFIGURED 5

// `server` refuses the address, with its words in `data`. Drop the address if there was one; the client starts over.
#define BP_BOOT_REFUSED 6

// The network offers a menu of boot servers, see `bp_boot_server_line`; answer with `bp_boot_choose_server`.
#define BP_BOOT_SERVER_MENU 7

// The lease was renewed.
#define BP_BOOT_RENEWED 8

// The lease is over before the boot had begun: drop the address. The client starts over.
#define BP_BOOT_EXPIRED 9

// A file begins, of `size` bytes as far as that is known, to lie at `address` if there is a memory map. Fill
// `pad_length` bytes at `pad_address` with zeros, then store `data`, its first bytes, at its beginning.
#define BP_BOOT_OPEN 10

// Store `data` at `offset` of the file, whose first byte lies at `address`. No byte comes twice.
#define BP_BOOT_DATA 11

// The file is complete and has `size` bytes.
#define BP_BOOT_RECEIVED 12

// The server has no such file, and the boot goes on with the next name or without it.
#define BP_BOOT_NOT_FOUND 13

// The file begins anew: forget what was stored of it.
#define BP_BOOT_RETRYING 14

// An entry is to be chosen, see `bp_boot_entry`: `index` is the default. After `timeout_micros` it is taken; 0 is never.
// Answer with `bp_boot_choose`; `bp_boot_hold_choice` stops the clock.
#define BP_BOOT_CHOOSE 15

// Hand the `size` bytes of the file, as they lie in memory at `address`, to `bp_boot_verify_bytes`.
#define BP_BOOT_VERIFY 16

// The file is the one that the list names.
#define BP_BOOT_VERIFIED 17

// Boot from the local disk. The client has finished.
#define BP_BOOT_LOCAL_BOOT 18

// Everything is in memory and checked, see `bp_boot_plan` and `bp_boot_command_line`. The client has finished.
#define BP_BOOT_READY 19

// The boot has failed, for the reason `code`, see `bp_boot_failure_text`; `data` is what the server said, not to be
// trusted as text. The client has finished.
#define BP_BOOT_FAILED 20

// DHCP gives the address, the servers and the boot file.
#define BP_STEP_CONFIGURE 2

// The boot file comes.
#define BP_STEP_LOAD 3

// The configuration is found and an entry is chosen.
#define BP_STEP_CHOOSE 4

// The kernel and its initrds come.
#define BP_STEP_FETCH 5

// Sizes and digests are checked.
#define BP_STEP_VERIFY 6

// The kernel starts.
#define BP_STEP_START 7

// No kernel: a network boot program is to be started.
#define BP_KERNEL_NONE 0

// A bzImage for x86.
#define BP_KERNEL_X86 1

// An Image for arm64.
#define BP_KERNEL_ARM64 2

// An Image for RISC-V.
#define BP_KERNEL_RISCV 3

// `PXEClient:Arch:xxxxx:UNDI:yyyzzz`: boot by PXE.
#define BP_VENDOR_CLASS_PXE 0

// `HTTPClient:...`: boot by HTTP.
#define BP_VENDOR_CLASS_HTTP 1

// No option 60: an address is all that is sought.
#define BP_VENDOR_CLASS_NONE 2

// The text `vendor_class_text`.
#define BP_VENDOR_CLASS_TEXT 3

// By its hardware address.
#define BP_IDENTITY_HARDWARE 0

// Over InfiniBand, by the port's GUID as RFC 4390 says.
#define BP_IDENTITY_RFC4390 1

// Over InfiniBand, as iPXE does.
#define BP_IDENTITY_IPXE 2

// Over InfiniBand, in every way that is known, one after the other.
#define BP_IDENTITY_ALL 3

// Nothing to act on.
#define BP_DHCP_NOTHING 0

// The datagram changed nothing, for the reason `code`.
#define BP_DHCP_IGNORED 1

// `server` offers `address` (0.0.0.0: it is a proxy). For the log.
#define BP_DHCP_OFFERED 2

// Nobody answered as we presented ourselves; the next way is tried. For the log.
#define BP_DHCP_DIALECT 3

// See by ARP whether somebody uses `address`, then call `bp_dhcp_probe_result`.
#define BP_DHCP_PROBE_ADDRESS 4

// There is a lease, see `bp_dhcp_lease`: configure the stack now. What to boot may follow.
#define BP_DHCP_BOUND 5

// A person may choose, see `bp_dhcp_menu_item`; answer with `bp_dhcp_choose`.
#define BP_DHCP_MENU 6

// It is known what to boot, see `bp_dhcp_boot`.
#define BP_DHCP_BOOT_READY 7

// The menu's line for the local disk was chosen.
#define BP_DHCP_LOCAL_BOOT 8

// The lease was renewed.
#define BP_DHCP_RENEWED 9

// `server` refuses the address, with its words in `message`. If there was a lease it is gone. The client starts over.
#define BP_DHCP_REFUSED 10

// The lease is over: drop the address. The client starts over.
#define BP_DHCP_EXPIRED 11

// The client is dead, for the reason `code`.
#define BP_DHCP_FAILED 12

// It worked.
#define BP_OK 0

// The call came after the end of the boot or the transfer.
#define BP_FINISHED 7310

// There is nothing of this kind now, or not at this index.
#define BP_NOTHING_THERE 7311

// The buffer can't hold the result; its length was told.
#define BP_BUFFER_TOO_SMALL 7312

// Nothing to act on.
#define BP_TFTP_NOTHING 0

// The datagram changed nothing, for the reason `code`.
#define BP_TFTP_IGNORED 1

// The server has granted options: `size`, `block_size`, `window_size`. One that knows none goes straight to data.
#define BP_TFTP_OPENED 2

// `data` belongs at `offset` of the file. Blocks may come in any order, each once.
#define BP_TFTP_DATA 3

// Less is asked of the server now; what came before is void, and the file begins anew.
#define BP_TFTP_FELL_BACK 4

// The file is complete and has `size` bytes.
#define BP_TFTP_DONE 5

// The transfer is dead, for the reason `code`; `data` is what the server said about it, not to be trusted as text.
#define BP_TFTP_FAILED 6

// No.
#define BP_NO 0

// Yes.
#define BP_YES 1

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Gives every field of a configuration, that of DHCP included, its default.
bp_result bp_boot_config_begin(struct bp_boot_config *config);

// Makes a boot client in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`. The storage must stay
// where it is, and the two buffers in `config` are the client's as long as it is used. Nothing has to be undone
// afterwards.
bp_result bp_boot_init(struct bp_boot *boot,
                       size_t bytes,
                       uint32_t version,
                       const struct bp_boot_config *config,
                       bp_instant now);

// Takes one received datagram, whoever it is from. After the end: `BP_FINISHED`.
bp_result bp_boot_handle_datagram(struct bp_boot *boot,
                                  bp_instant now,
                                  const struct bp_path *path,
                                  const uint8_t *data,
                                  size_t length,
                                  struct bp_boot_event *event);

// Tells the client that time has passed: call it when `bp_boot_poll_timeout` is reached. After the end: `BP_FINISHED`.
bp_result bp_boot_handle_timeout(struct bp_boot *boot,
                                 bp_instant now,
                                 struct bp_boot_event *event);

// Writes the next datagram to send into `buffer` (`BP_BOOT_MAX_TRANSMIT` bytes are always enough): call it until
// `transmit->data` has no bytes. With `BP_BUFFER_TOO_SMALL`, `transmit->data.length` says what it takes, and nothing
// else has changed but what is in `buffer`.
bp_result bp_boot_poll_transmit(struct bp_boot *boot,
                                bp_instant now,
                                uint8_t *buffer,
                                size_t capacity,
                                struct bp_transmit *transmit);

// When `bp_boot_handle_timeout` wants to be called, or `BP_NEVER`.
bp_result bp_boot_poll_timeout(const struct bp_boot *boot, bp_instant *at);

// Chooses the entry at `index`, on `BP_BOOT_CHOOSE`.
bp_result bp_boot_choose(struct bp_boot *boot, bp_instant now, uint32_t index, struct bp_boot_event *event);

// Stops the clock of `BP_BOOT_CHOOSE`: somebody pressed a key.
bp_result bp_boot_hold_choice(struct bp_boot *boot);

// The entry at `index` of the configuration, from 0, while there is one; `BP_NOTHING_THERE` behind the last.
bp_result bp_boot_entry(const struct bp_boot *boot, uint32_t index, struct bp_entry *entry);

// Takes the next bytes of the file that `BP_BOOT_VERIFY` asked for, from first to last, in pieces of any size. Nothing
// is told until the last one.
bp_result bp_boot_verify_bytes(struct bp_boot *boot,
                               bp_instant now,
                               const uint8_t *data,
                               size_t length,
                               struct bp_boot_event *event);

// The lease, from `BP_BOOT_CONFIGURED` on; `BP_NOTHING_THERE` before.
bp_result bp_boot_lease(const struct bp_boot *boot, struct bp_lease *lease);

// Says what the ARP probe found that `BP_BOOT_PROBE_ADDRESS` asked for.
bp_result bp_boot_probe_result(struct bp_boot *boot, bp_instant now, bp_flag in_use);

// The line at `index` of the menu of boot servers, from 0; `BP_NOTHING_THERE` behind the last.
bp_result bp_boot_server_line(const struct bp_boot *boot, uint32_t index, struct bp_dhcp_menu_line *line);

// Chooses a line of the menu of boot servers by its type; `BP_NOTHING_THERE` if there is no such line now.
bp_result bp_boot_choose_server(struct bp_boot *boot, bp_instant now, uint16_t server_type);

// Says whether the switch port passes no traffic yet: while it does not, DHCP's time does not count.
bp_result bp_boot_link_blocked(struct bp_boot *boot, bp_instant now, bp_flag blocked);

// Gives the address back, on the way to something else than what was loaded. A RELEASE waits to be sent.
bp_result bp_boot_release(struct bp_boot *boot, bp_instant now);

// Where in the boot we are.
bp_result bp_boot_step(const struct bp_boot *boot, bp_step *step);

// The name of the present or last file, inside the storage until the next call.
bp_result bp_boot_file_name(const struct bp_boot *boot, struct bp_bytes *name);

// Why the boot failed; `BP_NOTHING_THERE` while it has not.
bp_result bp_boot_failure(const struct bp_boot *boot, struct bp_failure *failure);

// Writes why the boot failed, as one line that ends in a NUL: step, peer, number, what happened, what to do. `length`
// is told without the NUL; what does not fit is left out. `BP_NOTHING_THERE` while it has not failed.
bp_result bp_boot_failure_text(const struct bp_boot *boot,
                               uint8_t *text,
                               size_t capacity,
                               size_t *length);

// What to start and how, from `BP_BOOT_READY` on; `BP_NOTHING_THERE` before.
bp_result bp_boot_plan(const struct bp_boot *boot, struct bp_plan *plan);

// Writes the kernel's command line, without a NUL, and tells its length.
bp_result bp_boot_command_line(const struct bp_boot *boot, uint8_t *text, size_t capacity, size_t *length);

// Fills the parameter page of an x86 kernel (`BP_ZERO_PAGE_BYTES`) from the first bytes of the kernel's file, 1024 or
// more, and the memory map that the kernel shall believe, at most `BP_BOOT_REGIONS` regions.
bp_result bp_boot_zero_page(const struct bp_boot *boot,
                            uint8_t *page,
                            size_t capacity,
                            const uint8_t *head,
                            size_t length,
                            const struct bp_region *memory,
                            size_t regions);

// Gives every field of a configuration its default.
bp_result bp_dhcp_config_begin(struct bp_dhcp_config *config);

// Makes a DHCP client in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`.
bp_result bp_dhcp_init(struct bp_dhcp *dhcp,
                       size_t bytes,
                       uint32_t version,
                       const struct bp_dhcp_config *config,
                       bp_instant now);

// Takes one received datagram, whoever it is from. After the end: `BP_FINISHED`.
bp_result bp_dhcp_handle_datagram(struct bp_dhcp *dhcp,
                                  bp_instant now,
                                  const struct bp_path *path,
                                  const uint8_t *data,
                                  size_t length,
                                  struct bp_dhcp_event *event);

// Tells the client that time has passed: call it when `bp_dhcp_poll_timeout` is reached. After the end: `BP_FINISHED`.
bp_result bp_dhcp_handle_timeout(struct bp_dhcp *dhcp,
                                 bp_instant now,
                                 struct bp_dhcp_event *event);

// Writes the next datagram to send into `buffer` (`BP_DHCP_MAX_TRANSMIT` bytes are always enough): call it until
// `transmit->data` has no bytes. With `BP_BUFFER_TOO_SMALL`, `transmit->data.length` says what it takes, and nothing
// else has changed but what is in `buffer`.
bp_result bp_dhcp_poll_transmit(struct bp_dhcp *dhcp,
                                bp_instant now,
                                uint8_t *buffer,
                                size_t capacity,
                                struct bp_transmit *transmit);

// When `bp_dhcp_handle_timeout` wants to be called, or `BP_NEVER`.
bp_result bp_dhcp_poll_timeout(const struct bp_dhcp *dhcp, bp_instant *at);

// The lease, from `BP_DHCP_BOUND` on; `BP_NOTHING_THERE` before.
bp_result bp_dhcp_lease(const struct bp_dhcp *dhcp, struct bp_lease *lease);

// What to boot, from `BP_DHCP_BOOT_READY` on; `BP_NOTHING_THERE` before.
bp_result bp_dhcp_boot(const struct bp_dhcp *dhcp, struct bp_dhcp_boot_facts *boot);

// The line at `index` of the menu, from 0; `BP_NOTHING_THERE` behind the last.
bp_result bp_dhcp_menu_item(const struct bp_dhcp *dhcp, uint32_t index, struct bp_dhcp_menu_line *line);

// Chooses a line of the menu by its boot server type; `BP_NOTHING_THERE` if there is no such line now.
bp_result bp_dhcp_choose(struct bp_dhcp *dhcp, bp_instant now, uint16_t server_type);

// Says what the ARP probe found that `BP_DHCP_PROBE_ADDRESS` asked for.
bp_result bp_dhcp_probe_result(struct bp_dhcp *dhcp, bp_instant now, bp_flag in_use);

// Says whether the switch port passes no traffic yet: while it does not, no attempt counts.
bp_result bp_dhcp_link_blocked(struct bp_dhcp *dhcp, bp_instant now, bp_flag blocked);

// Gives the address back: a RELEASE waits to be sent if there is a lease.
bp_result bp_dhcp_release(struct bp_dhcp *dhcp, bp_instant now);

// Writes why the client failed, as one line that ends in a NUL: number, what happened, what to do. `length` is told
// without the NUL; what does not fit is left out. `BP_NOTHING_THERE` while it has not failed.
bp_result bp_dhcp_failure_text(const struct bp_dhcp *dhcp,
                               uint8_t *text,
                               size_t capacity,
                               size_t *length);

// Writes what a number means, as one line that ends in a NUL: number, PXE code where there is one, text, and what to
// do. `{name}` stands for data that only the event has. `length` is told without the NUL; what does not fit is left
// out. `BP_NOTHING_THERE` for a number that nothing has.
bp_result bp_explain(bp_result code,
                     uint8_t *text,
                     size_t capacity,
                     size_t *length);

// Takes a frame apart into its `EtherType` and its payload, which lies inside the frame.
bp_result bp_ipoib_frame_read(const uint8_t *bytes,
                              size_t length,
                              uint16_t *ether_type,
                              struct bp_bytes *payload);

// Writes the header that stands before a payload of this type.
bp_result bp_ipoib_frame_write(uint16_t ether_type, uint8_t *buffer, size_t capacity);

// Reads the payload of a frame of type `BP_IPOIB_ARP`. What is wrong is a number from 101 on.
bp_result bp_ipoib_arp_read(const uint8_t *payload, size_t length, struct bp_ipoib_arp *arp);

// Writes a frame of type ARP, `BP_IPOIB_ARP_BYTES` long.
bp_result bp_ipoib_arp_write(const struct bp_ipoib_arp *arp, uint8_t *buffer, size_t capacity);

// The GID, 16 bytes, of the group that IPoIB has for an IPv4 group or for 255.255.255.255. `scope` is 2 for a subnet.
bp_result bp_ipoib_group(uint8_t scope,
                         uint16_t p_key,
                         const struct bp_ipv4 *group,
                         uint8_t *gid,
                         size_t capacity);

// Makes the stack in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`. The storage must stay
// where it is. The configuration is that of the boot client: its hardware address, six bytes of Ethernet, is ours.
bp_result bp_net_init(struct bp_net *net,
                      size_t bytes,
                      uint32_t version,
                      const struct bp_boot_config *config,
                      bp_instant now);

// Takes one received frame, whoever it is from, and tells what the boot client makes of it. The address is taken into
// use, and given up, before you hear of it.
bp_result bp_net_handle_frame(struct bp_net *net,
                              struct bp_boot *boot,
                              bp_instant now,
                              const uint8_t *frame,
                              size_t length,
                              struct bp_boot_event *event);

// Tells the client and its stack that time has passed: call it when `bp_net_poll_timeout` is reached. After the end:
// `BP_FINISHED`.
bp_result bp_net_handle_timeout(struct bp_net *net,
                                struct bp_boot *boot,
                                bp_instant now,
                                struct bp_boot_event *event);

// Writes the next frame to send into `buffer` (`BP_FRAME_BYTES` are always enough) and tells its length: call it until
// that is 0. With `BP_BUFFER_TOO_SMALL`, `length` says what it takes, and the frame still waits.
bp_result bp_net_poll_frame(struct bp_net *net,
                            struct bp_boot *boot,
                            bp_instant now,
                            uint8_t *buffer,
                            size_t capacity,
                            size_t *length);

// When `bp_net_handle_timeout` and `bp_net_poll_frame` want to be called, or `BP_NEVER`.
bp_result bp_net_poll_timeout(struct bp_net *net, const struct bp_boot *boot, bp_instant now, bp_instant *at);

// Why the last datagram could not be sent, such as 3151: there is no route. `BP_OK` in `why` if it could.
bp_result bp_net_undelivered(const struct bp_net *net, bp_result *why);

// Checks the `!PXE` structure at the start of `bytes` (signature, length, sum, entry point) and tells what it says. What
// is wrong is a number from 4101 on.
bp_result bp_pxe_read(const uint8_t *bytes,
                      size_t length,
                      struct bp_pxe_entry *entry);

// Checks the `PXENV+` structure at the start of `bytes`, as `bp_pxe_read` does `!PXE`.
bp_result bp_pxenv_read(const uint8_t *bytes, size_t length, struct bp_pxe_entry *entry);

// Reads the headers of the option ROM at the start of `bytes`. What is wrong is a number from 4101 on.
bp_result bp_rom_read(const uint8_t *bytes, size_t length, struct bp_rom *rom);

// Gives every field of a configuration its default.
bp_result bp_tftp_config_begin(struct bp_tftp_config *config);

// Makes a download in the caller's storage: `bytes` is its `sizeof`, `version` is `BP_VERSION`. It asks for the file
// with the first datagram that `bp_tftp_poll_transmit` gives out.
bp_result bp_tftp_init(struct bp_tftp *tftp,
                       size_t bytes,
                       uint32_t version,
                       const struct bp_tftp_config *config);

// Takes one received datagram, whoever it is from. After the end: `BP_FINISHED`.
bp_result bp_tftp_handle_datagram(struct bp_tftp *tftp,
                                  bp_instant now,
                                  const struct bp_path *path,
                                  const uint8_t *data,
                                  size_t length,
                                  struct bp_tftp_event *event);

// Tells the download that time has passed: call it when `bp_tftp_poll_timeout` is reached. After the end:
// `BP_FINISHED`.
bp_result bp_tftp_handle_timeout(struct bp_tftp *tftp, bp_instant now, struct bp_tftp_event *event);

// Writes the next datagram to send into `buffer` (`BP_TFTP_MAX_TRANSMIT` bytes are always enough): call it until
// `transmit->data` has no bytes. With `BP_BUFFER_TOO_SMALL`, `transmit->data.length` says what it takes, and nothing
// else has changed but what is in `buffer`.
bp_result bp_tftp_poll_transmit(struct bp_tftp *tftp,
                                bp_instant now,
                                uint8_t *buffer,
                                size_t capacity,
                                struct bp_transmit *transmit);

// When `bp_tftp_handle_timeout` wants to be called, or `BP_NEVER`.
bp_result bp_tftp_poll_timeout(const struct bp_tftp *tftp, bp_instant *at);

// Whether every byte of the file was told. The download may live on for a moment, to answer a server that missed the
// last acknowledgement; who is in a hurry forgets it here.
bp_result bp_tftp_is_complete(const struct bp_tftp *tftp,
                              bp_flag *complete);

// What the transfer has seen so far.
bp_result bp_tftp_counters(const struct bp_tftp *tftp, struct bp_tftp_statistics *statistics);

// Breaks the transfer off. One ERROR for the server waits to be sent afterwards.
bp_result bp_tftp_abort(struct bp_tftp *tftp);

// Writes why the transfer failed, as one line that ends in a NUL: number, what happened, what to do. `length` is told
// without the NUL; what does not fit is left out. `BP_NOTHING_THERE` while it has not failed.
bp_result bp_tftp_failure_text(const struct bp_tftp *tftp,
                               uint8_t *text,
                               size_t capacity,
                               size_t *length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BOOTPROTO_H */

// Header and library agree on every size, or nothing compiles. (On i386 structures are packed closer.)
#if !defined(__i386__)
typedef char bp_check_path[sizeof(struct bp_path) == (sizeof(void *) == 8 ? 12 : 12) ? 1 : -1];
typedef char bp_check_bytes[sizeof(struct bp_bytes) == (sizeof(void *) == 8 ? 16 : 8) ? 1 : -1];
typedef char bp_check_buffer[sizeof(struct bp_buffer) == (sizeof(void *) == 8 ? 16 : 8) ? 1 : -1];
typedef char bp_check_transmit[sizeof(struct bp_transmit) == (sizeof(void *) == 8 ? 32 : 20) ? 1 : -1];
typedef char bp_check_tftp[sizeof(struct bp_tftp) == (sizeof(void *) == 8 ? 1024 : 1024) ? 1 : -1];
typedef char bp_check_tftp_config[sizeof(struct bp_tftp_config) == (sizeof(void *) == 8 ? 64 : 56) ? 1 : -1];
typedef char bp_check_tftp_event[sizeof(struct bp_tftp_event) == (sizeof(void *) == 8 ? 48 : 40) ? 1 : -1];
typedef char bp_check_tftp_statistics[sizeof(struct bp_tftp_statistics) == (sizeof(void *) == 8 ? 32 : 32) ? 1 : -1];
typedef char bp_check_dhcp[sizeof(struct bp_dhcp) == (sizeof(void *) == 8 ? 4096 : 4096) ? 1 : -1];
typedef char bp_check_dhcp_config[sizeof(struct bp_dhcp_config) == (sizeof(void *) == 8 ? 152 : 120) ? 1 : -1];
typedef char bp_check_dhcp_event[sizeof(struct bp_dhcp_event) == (sizeof(void *) == 8 ? 40 : 28) ? 1 : -1];
typedef char bp_check_lease[sizeof(struct bp_lease) == (sizeof(void *) == 8 ? 88 : 88) ? 1 : -1];
typedef char bp_check_dhcp_boot_facts[sizeof(struct bp_dhcp_boot_facts) == (sizeof(void *) == 8 ? 1028 : 1028) ? 1 : -1];
typedef char bp_check_dhcp_menu_line[sizeof(struct bp_dhcp_menu_line) == (sizeof(void *) == 8 ? 24 : 12) ? 1 : -1];
typedef char bp_check_boot[sizeof(struct bp_boot) == (sizeof(void *) == 8 ? 12288 : 12288) ? 1 : -1];
typedef char bp_check_region[sizeof(struct bp_region) == (sizeof(void *) == 8 ? 24 : 24) ? 1 : -1];
typedef char bp_check_boot_config[sizeof(struct bp_boot_config) == (sizeof(void *) == 8 ? 280 : 216) ? 1 : -1];
typedef char bp_check_boot_event[sizeof(struct bp_boot_event) == (sizeof(void *) == 8 ? 88 : 80) ? 1 : -1];
typedef char bp_check_entry[sizeof(struct bp_entry) == (sizeof(void *) == 8 ? 56 : 32) ? 1 : -1];
typedef char bp_check_failure[sizeof(struct bp_failure) == (sizeof(void *) == 8 ? 12 : 12) ? 1 : -1];
typedef char bp_check_placed[sizeof(struct bp_placed) == (sizeof(void *) == 8 ? 24 : 24) ? 1 : -1];
typedef char bp_check_plan[sizeof(struct bp_plan) == (sizeof(void *) == 8 ? 320 : 320) ? 1 : -1];
typedef char bp_check_far[sizeof(struct bp_far) == (sizeof(void *) == 8 ? 4 : 4) ? 1 : -1];
typedef char bp_check_pxe_segment[sizeof(struct bp_pxe_segment) == (sizeof(void *) == 8 ? 8 : 8) ? 1 : -1];
typedef char bp_check_pxe_entry[sizeof(struct bp_pxe_entry) == (sizeof(void *) == 8 ? 36 : 36) ? 1 : -1];
typedef char bp_check_rom[sizeof(struct bp_rom) == (sizeof(void *) == 8 ? 24 : 24) ? 1 : -1];
typedef char bp_check_ipoib_address[sizeof(struct bp_ipoib_address) == (sizeof(void *) == 8 ? 24 : 24) ? 1 : -1];
typedef char bp_check_ipoib_arp[sizeof(struct bp_ipoib_arp) == (sizeof(void *) == 8 ? 60 : 60) ? 1 : -1];
typedef char bp_check_net[sizeof(struct bp_net) == (sizeof(void *) == 8 ? 10240 : 10240) ? 1 : -1];
#endif
