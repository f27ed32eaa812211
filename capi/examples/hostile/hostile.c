// Makes wrong calls, and looks what it gets: a number, and nothing touched. With an argument, storage is not compared:
// valgrind would complain of the bytes between its fields, which nobody ever wrote.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <bootproto.h>
#include <stdio.h>
#include <string.h>

static int faults, calls, is_watched;
static struct bp_tftp tftp, before;
static struct bp_boot boot, copy_of_boot;
static struct bp_net net;
static uint8_t texts[2][4096];

// The call answers `wanted`, and the storage is what it was.
#define EXPECT(wanted, call)                                                                             \
    do {                                                                                                 \
        before = tftp;                                                                                   \
        bp_result result = (call);                                                                       \
        calls++;                                                                                         \
        if (result != (wanted) || (result != BP_OK && !is_watched && memcmp(&before, &tftp, sizeof tftp))) {\
            printf("line %d: %u instead of %u, or something was touched\n", __LINE__, result, (wanted)); \
            faults++;                                                                                    \
        }                                                                                                \
    } while (0)

enum { NULL_POINTER = 7301, MISALIGNED, TOO_SMALL, WRONG_VERSION, NOT_INITIALISED, MOVED, OVERLAP, TOO_LONG };
enum { BAD_VALUE = 7309, FINISHED, NOTHING, NO_ROOM, NOT_BEGUN };

static void storage(const struct bp_tftp_config *config) {
    struct bp_tftp_event event;
    bp_instant at;
    // Before init.
    EXPECT(NOT_INITIALISED, bp_tftp_handle_timeout(&tftp, 0, &event));
    EXPECT(NOT_INITIALISED, bp_tftp_poll_timeout(&tftp, &at));
    EXPECT(NULL_POINTER, bp_tftp_init(NULL, sizeof tftp, BP_VERSION, config));
    EXPECT(NULL_POINTER, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, NULL));
    EXPECT(TOO_SMALL, bp_tftp_init(&tftp, sizeof tftp - 1, BP_VERSION, config));
    EXPECT(TOO_SMALL, bp_tftp_init(&tftp, 0, BP_VERSION, config));
    EXPECT(WRONG_VERSION, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION + 1, config));
    EXPECT(WRONG_VERSION, bp_tftp_init(&tftp, sizeof tftp, 0, config));
    EXPECT(MISALIGNED, bp_tftp_init((struct bp_tftp *)((char *)&tftp + 1), sizeof tftp, BP_VERSION, config));
    EXPECT(OVERLAP, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, (const struct bp_tftp_config *)&tftp));
    // Storage of another kind.
    EXPECT(BP_OK, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, config));
    memcpy(&boot, &tftp, sizeof tftp);
    EXPECT(NOT_INITIALISED, bp_boot_poll_timeout(&boot, &at));
    memset(&boot, 0, sizeof boot);
}

static void settings(struct bp_tftp_config config) {
    struct bp_tftp_config wrong = config;
    wrong.size = 0;
    EXPECT(NOT_BEGUN, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &wrong));
    wrong = config, wrong.block_size = 7;
    EXPECT(2305, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &wrong));
    wrong = config, wrong.file.length = 0;
    EXPECT(2301, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &wrong));
    wrong = config, wrong.file.bytes = NULL;
    EXPECT(NULL_POINTER, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &wrong));
    wrong = config, wrong.file.length = SIZE_MAX;
    EXPECT(TOO_LONG, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &wrong));
    memset(&wrong.server, 255, sizeof wrong.server), wrong.file = config.file;
    EXPECT(2304, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &wrong));
}

static void calls_of_a_download(const struct bp_tftp_config *config) {
    struct bp_tftp_event event;
    struct bp_path path = {.remote = config->server, .local_port = config->local_port, .remote_port = 1234};
    struct bp_transmit transmit;
    uint8_t packet[BP_TFTP_MAX_TRANSMIT] = {0, 5, 0, 1, 'n', 'o', 0}, text[64];
    size_t length;
    EXPECT(BP_OK, bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, config));
    EXPECT(NULL_POINTER, bp_tftp_handle_datagram(&tftp, 0, NULL, packet, 7, &event));
    EXPECT(NULL_POINTER, bp_tftp_handle_datagram(&tftp, 0, &path, NULL, 7, &event));
    EXPECT(NULL_POINTER, bp_tftp_handle_datagram(&tftp, 0, &path, packet, 7, NULL));
    EXPECT(TOO_LONG, bp_tftp_handle_datagram(&tftp, 0, &path, packet, SIZE_MAX, &event));
    EXPECT(OVERLAP, bp_tftp_handle_datagram(&tftp, 0, &path, (uint8_t *)&tftp + 8, 16, &event));
    EXPECT(OVERLAP, bp_tftp_handle_datagram(&tftp, 0, &path, packet, 7, (struct bp_tftp_event *)&tftp));
    EXPECT(OVERLAP, bp_tftp_handle_datagram(&tftp, 0, &path, (uint8_t *)&event, 7, &event));
    EXPECT(OVERLAP, bp_tftp_poll_transmit(&tftp, 0, (uint8_t *)&tftp, sizeof tftp, &transmit));
    EXPECT(OVERLAP, bp_tftp_poll_transmit(&tftp, 0, (uint8_t *)&transmit, sizeof transmit, &transmit));
    EXPECT(NULL_POINTER, bp_tftp_poll_transmit(&tftp, 0, NULL, 10, &transmit));
    EXPECT(NO_ROOM, bp_tftp_poll_transmit(&tftp, 0, NULL, 0, &transmit));
    size_t needed = transmit.data.length;
    uint8_t exact[BP_TFTP_MAX_TRANSMIT];
    EXPECT(NO_ROOM, bp_tftp_poll_transmit(&tftp, 0, exact, needed - 1, &transmit));
    if (transmit.data.length != needed) faults++;
    EXPECT(BP_OK, bp_tftp_poll_transmit(&tftp, 0, exact, needed, &transmit));
    if (transmit.data.length != needed || transmit.data.bytes != exact) faults++;
    // An empty datagram is one that is ignored.
    EXPECT(BP_OK, bp_tftp_handle_datagram(&tftp, 0, &path, NULL, 0, &event));
    if (event.kind != BP_TFTP_IGNORED || event.code == BP_OK) faults++;
    EXPECT(NOTHING, bp_tftp_failure_text(&tftp, text, sizeof text, &length));
    // A snapshot is a download of its own: it ends, and this one goes on.
    struct bp_tftp snapshot = tftp;
    EXPECT(BP_OK, bp_tftp_handle_datagram(&snapshot, 0, &path, packet, 7, &event));
    if (event.kind != BP_TFTP_FAILED || event.code != 2203 || event.data.bytes != packet + 4) faults++;
    EXPECT(FINISHED, bp_tftp_handle_datagram(&snapshot, 0, &path, packet, 7, &event));
    EXPECT(FINISHED, bp_tftp_handle_timeout(&snapshot, 0, &event));
    EXPECT(FINISHED, bp_tftp_abort(&snapshot));
    // A text that does not fit is cut, and ends in a NUL.
    memset(text, 1, sizeof text);
    EXPECT(BP_OK, bp_tftp_failure_text(&snapshot, text, 16, &length));
    if (length != 15 || text[15] != 0 || text[16] != 1 || memcmp(text, "BP2203 (PXE-E3B)", 15)) faults++;
    EXPECT(NO_ROOM, bp_tftp_failure_text(&snapshot, text, 0, &length));
    EXPECT(BP_OK, bp_tftp_abort(&tftp));
    EXPECT(NOTHING, bp_explain(9999, text, sizeof text, &length));
}

static void calls_of_a_boot_client(void) {
    struct bp_boot_config config;
    struct bp_boot_event event;
    struct bp_region region = {.start = 0x100000, .length = 0x1000000, .usable = BP_YES};
    struct bp_plan plan;
    struct bp_lease lease;
    uint8_t frame[BP_FRAME_BYTES] = {0};
    size_t length;
    EXPECT(NULL_POINTER, bp_boot_config_begin(NULL));
    EXPECT(BP_OK, bp_boot_config_begin(&config));
    memcpy(config.dhcp.hardware, "\x52\x54\0\1\2\3", 6);
    // Buffers for the texts: none, or one that lies in the storage, or two that are one.
    EXPECT(NULL_POINTER, bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, 0));
    config.configuration = (struct bp_buffer){(uint8_t *)&boot + 64, 64};
    EXPECT(OVERLAP, bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, 0));
    config.configuration = config.manifest = (struct bp_buffer){texts[0], sizeof texts[0]};
    EXPECT(OVERLAP, bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, 0));
    config.manifest.bytes = texts[1];
    config.regions = 1;
    EXPECT(NULL_POINTER, bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, 0));
    config.memory = &region;
    config.load = 9;
    EXPECT(BAD_VALUE, bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, 0));
    config.load = BP_LOAD_FETCH;
    EXPECT(NOT_INITIALISED, bp_net_handle_timeout(&net, &boot, 0, &event));
    EXPECT(BP_OK, bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, 0));
    config.dhcp.hardware[0] = 1;
    EXPECT(BAD_VALUE, bp_net_init(&net, sizeof net, BP_VERSION, &config, 0));
    config.dhcp.hardware[0] = 0x52;
    EXPECT(TOO_SMALL, bp_net_init(&net, sizeof net - 8, BP_VERSION, &config, 0));
    EXPECT(BP_OK, bp_net_init(&net, sizeof net, BP_VERSION, &config, 0));
    copy_of_boot = boot;
    EXPECT(MOVED, bp_boot_handle_timeout(&copy_of_boot, 0, &event));
    EXPECT(NOTHING, bp_boot_plan(&boot, &plan));
    EXPECT(NOTHING, bp_boot_lease(&boot, &lease));
    EXPECT(NOTHING, bp_boot_choose_server(&boot, 0, 1));
    EXPECT(OVERLAP, bp_net_handle_frame(&net, &boot, 0, frame, sizeof frame, (struct bp_boot_event *)&net));
    EXPECT(NO_ROOM, bp_net_poll_frame(&net, &boot, 0, frame, 40, &length));
    EXPECT(BP_OK, bp_net_poll_frame(&net, &boot, 0, frame, length, &length));
    if (length < 300 || memcmp(frame, "\xff\xff\xff\xff\xff\xff\x52\x54\0\1\2\3\x08\0", 14)) faults++;
    // Silence, to the end.
    for (bp_instant now = 0; now != BP_NEVER;) {
        EXPECT(BP_OK, bp_net_poll_timeout(&net, &boot, now, &now));
        if (bp_net_handle_timeout(&net, &boot, now, &event) != BP_OK || event.kind == BP_BOOT_FAILED) break;
        do EXPECT(BP_OK, bp_net_poll_frame(&net, &boot, now, frame, sizeof frame, &length));
        while (length);
    }
    if (event.kind != BP_BOOT_FAILED || event.code != 1201) faults++;
    EXPECT(FINISHED, bp_boot_handle_timeout(&boot, 0, &event));
    EXPECT(FINISHED, bp_net_handle_timeout(&net, &boot, 0, &event));
    EXPECT(FINISHED, bp_boot_choose(&boot, 0, 0, &event));
}

int main(int count, char **words) {
    (void)words;
    is_watched = count > 1;
    struct bp_tftp_config config;
    EXPECT(NULL_POINTER, bp_tftp_config_begin(NULL));
    EXPECT(BP_OK, bp_tftp_config_begin(&config));
    config.server = (struct bp_ipv4){{192, 0, 2, 1}};
    config.local_port = 50000;
    config.file = (struct bp_bytes){(const uint8_t *)"vmlinuz", 7};
    storage(&config);
    settings(config);
    calls_of_a_download(&config);
    calls_of_a_boot_client();
    printf("%d calls, %d faults\n", calls, faults);
    return faults != 0;
}
