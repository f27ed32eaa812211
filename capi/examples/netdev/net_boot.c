// The boot client in a bootloader's polling loop. All that it wants is a struct net_device and memory; it runs as it is
// with or without an operating system.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "net_device.h"

#include <bootproto.h>

static struct bp_boot boot;
static struct bp_net net;
static struct bp_plan plan;
static uint8_t configuration[16384], manifest[16384], command_line[2048], text[512];

static void copy(uint8_t *to, const uint8_t *from, size_t length) {
    while (length--) *to++ = *from++;
}

static int fail(void (*say)(const char *), bp_result result) {
    size_t length;
    if (bp_explain(result, text, sizeof text, &length) == BP_OK) say((const char *)text);
    return -1;
}

// Where the processor sees an address of the memory map, or NULL.
static uint8_t *at(const struct memory *memory, uint64_t address, uint64_t length) {
    if (address < memory->start || length > memory->length) return NULL;
    if (address - memory->start > memory->length - length) return NULL;
    return memory->mapped + (address - memory->start);
}

static bp_result begin(struct net_device *device, const struct memory *memory) {
    struct bp_boot_config config;
    struct bp_region region = {.start = memory->start, .length = memory->length, .usable = BP_YES};
    bp_instant now = device->timer(device);
    bp_result result = bp_boot_config_begin(&config);
    if (result != BP_OK) return result;
    copy(config.dhcp.hardware, device->address, 6);
    config.dhcp.seed = device->seed;
    config.dhcp.probe_address = BP_YES;
    config.seed = device->seed * 2654435761u + 1;
    config.memory = &region;
    config.regions = 1;
    config.configuration = (struct bp_buffer){configuration, sizeof configuration};
    config.manifest = (struct bp_buffer){manifest, sizeof manifest};
    // Before anything of a frame is copied into memory, the card may hold only a few.
    config.window_size = 8;
    result = bp_boot_init(&boot, sizeof boot, BP_VERSION, &config, now);
    if (result != BP_OK) return result;
    return bp_net_init(&net, sizeof net, BP_VERSION, &config, now);
}

// Sends everything that waits.
static bp_result send_all(struct net_device *device) {
    static uint8_t frame[BP_FRAME_BYTES];
    size_t length;
    for (;;) {
        bp_result result = bp_net_poll_frame(&net, &boot, device->timer(device), frame, sizeof frame, &length);
        if (result != BP_OK || length == 0) return result;
        device->send(device, frame, length);
    }
}

// Waits for a frame or the deadline, and hands one of them over.
static bp_result wait_and_handle(struct net_device *device, struct bp_boot_event *event) {
    static uint8_t frame[BP_FRAME_BYTES];
    bp_instant deadline;
    bp_result result = bp_net_poll_timeout(&net, &boot, device->timer(device), &deadline);
    if (result != BP_OK) return result;
    for (;;) {
        int length = device->recv(device, frame, sizeof frame);
        bp_instant now = device->timer(device);
        if (length > 0) return bp_net_handle_frame(&net, &boot, now, frame, (size_t)length, event);
        if (now >= deadline) return bp_net_handle_timeout(&net, &boot, now, event);
    }
}

// Bytes of a file that has a place; the others the client keeps itself.
static void store(const struct memory *memory, const struct bp_boot_event *event) {
    uint8_t *place = at(memory, event->address, event->offset + event->data.length);
    if (place) copy(place + event->offset, event->data.bytes, event->data.length);
}

// Acts on an event; the answer to it may be the next one. 1 when the boot is over.
static int act(struct net_device *device, const struct memory *memory, void (*say)(const char *),
               struct bp_boot_event *event, bp_result *result) {
    uint8_t *place;
    size_t length;
    switch (event->kind) {
    case BP_BOOT_OPEN:
        place = at(memory, event->pad_address, event->pad_length);
        for (uint64_t i = 0; place && i < event->pad_length; i++) place[i] = 0;
        store(memory, event);
        return 0;
    case BP_BOOT_DATA:
        store(memory, event);
        return 0;
    case BP_BOOT_CHOOSE:
        *result = bp_boot_choose(&boot, device->timer(device), event->index == UINT32_MAX ? 0 : event->index, event);
        return *result == BP_OK ? act(device, memory, say, event, result) : 1;
    case BP_BOOT_VERIFY:
        place = at(memory, event->address, event->size);
        if (!place) return 0;
        *result = bp_boot_verify_bytes(&boot, device->timer(device), place, (size_t)event->size, event);
        return *result == BP_OK ? act(device, memory, say, event, result) : 1;
    case BP_BOOT_CONFIGURED:
        say("the address is ours");
        return 0;
    case BP_BOOT_LOCAL_BOOT:
        say("boot from the local disk");
        return 1;
    case BP_BOOT_FAILED:
        if (bp_boot_failure_text(&boot, text, sizeof text, &length) == BP_OK) say((const char *)text);
        return 1;
    case BP_BOOT_READY:
        return 1;
    default:
        return 0;
    }
}

int net_boot(struct net_device *device, const struct memory *memory, void (*say)(const char *line)) {
    bp_result result = begin(device, memory);
    struct bp_boot_event event = {0};
    size_t length;
    do {
        if (result == BP_OK) result = send_all(device);
        if (result == BP_OK) result = wait_and_handle(device, &event);
        if (result != BP_OK) return fail(say, result);
    } while (!act(device, memory, say, &event, &result));
    if (result != BP_OK) return fail(say, result);
    // The last acknowledgements.
    if (send_all(device) != BP_OK || event.kind != BP_BOOT_READY) return -1;
    result = bp_boot_plan(&boot, &plan);
    if (result == BP_OK) result = bp_boot_command_line(&boot, command_line, sizeof command_line - 1, &length);
    if (result != BP_OK) return fail(say, result);
    command_line[length] = 0;
    return 0;
}

const struct bp_plan *net_boot_plan(void) {
    return &plan;
}

const struct bp_boot *net_boot_client(void) {
    return &boot;
}

const char *net_boot_command_line(void) {
    return (const char *)command_line;
}
