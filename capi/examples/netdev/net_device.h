// What a bootloader knows of a network card: send one frame, receive one frame, what time it is. U-Boot's eth_ops, an
// EFI Simple Network and a ROM's UNDI all come down to this.
// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NET_DEVICE_H
#define NET_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct net_device {
    uint8_t address[6];
    // Sends a frame without its checksum; negative if that failed.
    int (*send)(struct net_device *device, const void *frame, size_t length);
    // Copies a received frame into the buffer and answers its length; 0 if none has come.
    int (*recv)(struct net_device *device, void *buffer, size_t capacity);
    // Microseconds since any beginning.
    uint64_t (*timer)(struct net_device *device);
    // Chance for this boot.
    uint64_t seed;
    void *driver;
};

// Memory that may be used, and where the processor sees it.
struct memory {
    uint64_t start;
    uint64_t length;
    uint8_t *mapped;
};

// Boots over a card up to the kernel in memory. 0, and the plan can be asked for; otherwise it has said why not.
int net_boot(struct net_device *device, const struct memory *memory, void (*say)(const char *line));

struct bp_plan;
struct bp_boot;
// What to start, the command line, and the client itself, after net_boot.
const struct bp_plan *net_boot_plan(void);
const struct bp_boot *net_boot_client(void);
const char *net_boot_command_line(void);

#endif
