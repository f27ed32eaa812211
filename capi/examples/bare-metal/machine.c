// A bootloader: finds memory and a card, boots over the network, and starts Linux by its 64-bit boot protocol.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "machine.h"

#include <bootproto.h>

// What QEMU says of the machine: Xen's hvm_start_info, version 1.
struct start_info {
    uint32_t magic, version, flags, modules;
    uint64_t module_list, command_line, rsdp, memory;
    uint32_t memory_entries, reserved;
};

struct memory_entry {
    uint64_t start, length;
    uint32_t type, reserved;
};

extern uint8_t end_of_program[];
__attribute__((noreturn)) void enter_linux(uint64_t entry, void *parameters);

static void say(const char *line) {
    for (;; line++) {
        while (!(in8(0x3f8 + 5) & 0x20)) {}
        out8(0x3f8, *line ? (uint8_t)*line : '\n');
        if (!*line) return;
    }
}

// The clock of ACPI's power management: 24 bits at 3.579545 MHz.
static uint64_t timer(struct net_device *device) {
    static uint64_t ticks;
    static uint32_t last;
    (void)device;
    uint32_t now = in32(0x608) & 0xffffff;
    ticks += (now - last) & 0xffffff;
    last = now;
    return ticks * 1000000 / 3579545;
}

// Not much chance here: how far the processor has counted, and the card's address.
static uint64_t seed(const struct net_device *device) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    uint64_t value = (uint64_t)high << 32 | low;
    for (int i = 0; i < 6; i++) value = value * 31 + device->address[i];
    return value;
}

// The machine's memory as regions, and the largest free stretch above this program.
static size_t read_memory(const struct start_info *info, struct bp_region *regions, struct memory *largest) {
    const struct memory_entry *entries = (const struct memory_entry *)(uintptr_t)info->memory;
    uint64_t floor = ((uintptr_t)end_of_program + 0xfffff) & ~0xfffffULL;
    size_t count = 0;
    for (uint32_t i = 0; i < info->memory_entries && count < BP_BOOT_REGIONS; i++) {
        uint64_t start = entries[i].start, end = start + entries[i].length;
        regions[count++] = (struct bp_region){start, entries[i].length, entries[i].type == 1, {0}};
        if (start < floor) start = floor;
        // Only the first 4 GiB are mapped.
        if (entries[i].type == 1 && end > start && end <= 0x100000000 && end - start > largest->length)
            *largest = (struct memory){start, end - start, (uint8_t *)(uintptr_t)start};
    }
    return count;
}

static void start_linux(const struct bp_region *regions, size_t count) {
    const struct bp_plan *plan = net_boot_plan();
    const uint8_t *kernel = (const uint8_t *)(uintptr_t)plan->files[0].address;
    const char *line = net_boot_command_line();
    uint8_t *place = (uint8_t *)(uintptr_t)plan->command_line, *page = (uint8_t *)(uintptr_t)plan->zero_page;
    size_t length = 0;
    while (line[length]) length++;
    if (plan->kernel != BP_KERNEL_X86 || plan->move_from != BP_NOWHERE || length >= plan->command_line_length) {
        say("this kernel can't be started here");
        return;
    }
    memcpy(place, line, length + 1);
    bp_result result =
        bp_boot_zero_page(net_boot_client(), page, BP_ZERO_PAGE_BYTES, kernel, 1024, regions, count);
    if (result != BP_OK) {
        say("no parameter page");
        return;
    }
    say(line);
    enter_linux(plan->run + 0x200, page);
}

void machine_main(const struct start_info *info);

void machine_main(const struct start_info *info) {
    static struct bp_region regions[BP_BOOT_REGIONS];
    struct net_device device = {.timer = timer};
    struct memory memory = {0};
    size_t count = info->magic == 0x336ec578 && info->version >= 1 ? read_memory(info, regions, &memory) : 0;
    if (memory.length == 0) {
        say("no memory");
        return;
    }
    if (e1000_open(&device)) {
        say("no card");
        return;
    }
    device.seed = seed(&device);
    if (net_boot(&device, &memory, say) == 0) start_linux(regions, count);
    say("the bootloader has ended");
}
