// A struct net_device over a packet socket of Linux, and what came of the boot in files: boot INTERFACE ADDRESS FOLDER
// The station's hardware address is one of its own, so that the kernel's stack keeps out of it.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "net_device.h"

#include <arpa/inet.h>
#include <bootproto.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int sock;

static int send_frame(struct net_device *device, const void *frame, size_t length) {
    (void)device;
    return (int)send(sock, frame, length, 0);
}

static int recv_frame(struct net_device *device, void *buffer, size_t capacity) {
    (void)device;
    struct sockaddr_ll from;
    socklen_t size = sizeof from;
    // A card would be polled without a break; here there are others who want the processor.
    struct pollfd ready = {.fd = sock, .events = POLLIN};
    poll(&ready, 1, 1);
    ssize_t length = recvfrom(sock, buffer, capacity, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    return length < 0 || from.sll_pkttype == PACKET_OUTGOING ? 0 : (int)length;
}

static uint64_t timer(struct net_device *device) {
    (void)device;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

static int store(const char *folder, const char *name, const uint8_t *bytes, size_t length) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    int bad = !file || fwrite(bytes, 1, length, file) != length;
    if (!file || fclose(file) || bad) perror(path);
    return !file || bad;
}

static int open_card(const char *interface, struct net_device *device) {
    sock = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    address.sll_ifindex = (int)if_nametoindex(interface);
    struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    int buffer = 1 << 20;
    if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof address) ||
        setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) ||
        setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer)) {
        perror(interface);
        return 1;
    }
    return getrandom(&device->seed, sizeof device->seed, 0) < 0;
}

int main(int count, char **words) {
    struct net_device device = {.send = send_frame, .recv = recv_frame, .timer = timer};
    unsigned a[6];
    if (count != 4 ||
        sscanf(words[2], "%x:%x:%x:%x:%x:%x", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) != 6) {
        fprintf(stderr, "boot INTERFACE ADDRESS FOLDER\n");
        return 2;
    }
    for (int i = 0; i < 6; i++) device.address[i] = (uint8_t)a[i];
    struct memory memory = {.start = 0x100000, .length = 256u << 20};
    memory.mapped = malloc(memory.length);
    if (!memory.mapped || open_card(words[1], &device) || net_boot(&device, &memory, say)) return 1;

    const struct bp_plan *plan = net_boot_plan();
    for (int i = 0; i < plan->files_count; i++) {
        const struct bp_placed *file = &plan->files[i];
        char name[32];
        snprintf(name, sizeof name, file->file == BP_FILE_KERNEL ? "kernel" : "initrd%u", file->index);
        printf("%s: %llu bytes at 0x%llx, %s\n", name, (unsigned long long)file->size,
               (unsigned long long)file->address, file->is_verified ? "verified" : "not verified");
        if (store(words[3], name, memory.mapped + (file->address - memory.start), (size_t)file->size)) return 1;
    }
    printf("command line: %s\n", net_boot_command_line());
    free(memory.mapped);
    return 0;
}
