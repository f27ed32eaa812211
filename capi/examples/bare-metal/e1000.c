// Intel's 82540EM, the card that QEMU calls e1000, polled: as small as a driver can be.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "machine.h"

enum { CTRL = 0, IMC = 0xd8, RCTL = 0x100, TCTL = 0x400, RDBAL = 0x2800, TDBAL = 0x3800, MTA = 0x5200 };
enum { LENGTH = 8, HEAD = 16, TAIL = 24, RAL = 0x5400, RAH = 0x5404 };
enum { RECEIVE = 64, SEND = 8, BUFFER = 2048 };

struct descriptor {
    uint64_t address;
    uint16_t length;
    uint8_t checksum, command; // for sending; what has come says nothing here
    uint8_t status, rest;
    uint16_t special;
};

static volatile struct descriptor receive[RECEIVE] __attribute__((aligned(128)));
static volatile struct descriptor send[SEND] __attribute__((aligned(128)));
static uint8_t receive_buffer[RECEIVE][BUFFER], send_buffer[SEND][BUFFER];
static volatile uint8_t *registers;
static unsigned next_receive, next_send;

static volatile uint32_t *at(unsigned reg) {
    return (volatile uint32_t *)(registers + reg);
}

static int send_frame(struct net_device *device, const void *frame, size_t length) {
    (void)device;
    volatile struct descriptor *slot = &send[next_send];
    if (length > BUFFER) return -1;
    // The card is done with a slot when it says so, or when it never had it.
    while (slot->address && !(slot->status & 1)) {}
    memcpy(send_buffer[next_send], frame, length);
    slot->address = (uintptr_t)send_buffer[next_send];
    slot->length = (uint16_t)length;
    slot->status = 0;
    slot->command = 1 | 2 | 8; // the whole packet, with a checksum behind it, and a word when it is sent
    next_send = (next_send + 1) % SEND;
    __asm__ volatile("" ::: "memory");
    *at(TDBAL + TAIL) = next_send;
    return 0;
}

static int receive_frame(struct net_device *device, void *buffer, size_t capacity) {
    (void)device;
    volatile struct descriptor *slot = &receive[next_receive];
    if (!(slot->status & 1)) return 0;
    size_t length = slot->length;
    __asm__ volatile("" ::: "memory");
    // Whole and without a fault, or not at all.
    int good = (slot->status & 2) && !slot->rest && length <= capacity;
    if (good) memcpy(buffer, receive_buffer[next_receive], length);
    slot->status = 0;
    *at(RDBAL + TAIL) = next_receive;
    next_receive = (next_receive + 1) % RECEIVE;
    return good ? (int)length : 0;
}

static uint32_t pci(unsigned slot, unsigned reg) {
    out32(0xcf8, 0x80000000 | slot << 11 | reg);
    return in32(0xcfc);
}

static void start(struct net_device *device) {
    *at(CTRL) |= 1u << 26; // reset
    while (*at(CTRL) & 1u << 26) {}
    *at(IMC) = 0xffffffff; // no interrupts
    *at(CTRL) |= 1u << 6;  // link up
    for (unsigned i = 0; i < 128; i++) *at(MTA + 4 * i) = 0;
    uint32_t low = *at(RAL), high = *at(RAH);
    for (int i = 0; i < 6; i++) device->address[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    for (unsigned i = 0; i < RECEIVE; i++) receive[i].address = (uintptr_t)receive_buffer[i];
    *at(RDBAL) = (uint32_t)(uintptr_t)receive, *at(RDBAL + 4) = 0;
    *at(RDBAL + LENGTH) = sizeof receive, *at(RDBAL + HEAD) = 0, *at(RDBAL + TAIL) = RECEIVE - 1;
    *at(TDBAL) = (uint32_t)(uintptr_t)send, *at(TDBAL + 4) = 0;
    *at(TDBAL + LENGTH) = sizeof send, *at(TDBAL + HEAD) = 0, *at(TDBAL + TAIL) = 0;
    *at(TCTL) = 1u << 1 | 1u << 3 | 0x10u << 4 | 0x40u << 12;
    *at(RCTL) = 1u << 1 | 1u << 15 | 1u << 26; // on, broadcasts, without the checksum
    device->send = send_frame;
    device->recv = receive_frame;
}

int e1000_open(struct net_device *device) {
    for (unsigned slot = 0; slot < 32; slot++) {
        if (pci(slot, 0) != 0x100e8086) continue;
        registers = (volatile uint8_t *)(uintptr_t)(pci(slot, 0x10) & ~0xfu);
        uint32_t command = pci(slot, 4);
        out32(0xcfc, (command & 0xffff) | 6); // memory, and being the bus's master
        start(device);
        return 0;
    }
    return -1;
}
