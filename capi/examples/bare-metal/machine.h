// QEMU's PC, as far as a bootloader wants to know it.
// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef MACHINE_H
#define MACHINE_H

#include "../netdev/net_device.h"

void *memcpy(void *restrict to, const void *restrict from, size_t length);

static inline void out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out32(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in32(uint16_t port) {
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

// Finds the card and starts it. 0 if there is one.
int e1000_open(struct net_device *device);

#endif
