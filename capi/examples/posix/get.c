// Fetches one file by TFTP over a UDP socket: get SERVER[:PORT] FILE OUTPUT
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <arpa/inet.h>
#include <bootproto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct bp_tftp tftp;
static uint8_t datagram[65536];

static bp_instant now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (bp_instant)time.tv_sec * 1000000 + (bp_instant)time.tv_nsec / 1000;
}

// Says what a number means, and ends the program.
static void die(const char *what, bp_result code) {
    char text[256];
    size_t length;
    if (bp_explain(code, (uint8_t *)text, sizeof text, &length) != BP_OK) snprintf(text, sizeof text, "%u", code);
    fprintf(stderr, "%s: %s\n", what, text);
    exit(1);
}

static void check(const char *what, bp_result result) {
    if (result != BP_OK) die(what, result);
}

// 1. Sends everything that waits.
static void send_all(int udp) {
    uint8_t buffer[BP_TFTP_MAX_TRANSMIT];
    struct bp_transmit transmit;
    for (;;) {
        check("poll_transmit", bp_tftp_poll_transmit(&tftp, now(), buffer, sizeof buffer, &transmit));
        if (transmit.data.length == 0) return;
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(transmit.path.remote_port)};
        memcpy(&to.sin_addr, transmit.path.remote.octets, 4);
        // What can't be sent now is sent again later.
        (void)!sendto(udp, transmit.data.bytes, transmit.data.length, 0, (struct sockaddr *)&to, sizeof to);
    }
}

// 2. Waits for a datagram or the deadline, and 3. hands one of them over.
static void wait_and_handle(int udp, uint16_t local_port, struct bp_tftp_event *event) {
    bp_instant deadline;
    check("poll_timeout", bp_tftp_poll_timeout(&tftp, &deadline));
    bp_instant start = now(), wait = deadline > start ? deadline - start : 0;
    struct pollfd ready = {.fd = udp, .events = POLLIN};
    poll(&ready, 1, wait > 60000000 ? 60000 : (int)((wait + 999) / 1000));
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(udp, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    if (length < 0) {
        check("handle_timeout", bp_tftp_handle_timeout(&tftp, now(), event));
        return;
    }
    struct bp_path path = {.local_port = local_port, .remote_port = ntohs(from.sin_port)};
    memcpy(path.remote.octets, &from.sin_addr, 4);
    check("handle_datagram", bp_tftp_handle_datagram(&tftp, now(), &path, datagram, (size_t)length, event));
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "get SERVER[:PORT] FILE OUTPUT\n");
        return 2;
    }
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in local = {.sin_family = AF_INET};
    socklen_t size = sizeof local;
    FILE *output = fopen(words[3], "wb");
    if (udp < 0 || bind(udp, (struct sockaddr *)&local, sizeof local) ||
        getsockname(udp, (struct sockaddr *)&local, &size) || !output) {
        perror("get");
        return 1;
    }

    struct bp_tftp_config config;
    check("config", bp_tftp_config_begin(&config));
    char *port = strchr(words[1], ':');
    if (port) *port++ = 0, config.server_port = (uint16_t)atoi(port);
    if (inet_pton(AF_INET, words[1], config.server.octets) != 1) {
        fprintf(stderr, "get: %s is not an IPv4 address\n", words[1]);
        return 2;
    }
    config.local_port = ntohs(local.sin_port);
    config.file = (struct bp_bytes){(const uint8_t *)words[2], strlen(words[2])};
    if (getrandom(&config.seed, sizeof config.seed, 0) < 0) return 1;
    check("init", bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &config));

    for (;;) {
        struct bp_tftp_event event;
        send_all(udp);
        wait_and_handle(udp, config.local_port, &event);
        // 4. Acts on the event.
        switch (event.kind) {
        case BP_TFTP_DATA:
            if (fseek(output, (long)event.offset, SEEK_SET) ||
                fwrite(event.data.bytes, 1, event.data.length, output) != event.data.length) {
                perror(words[3]);
                return 1;
            }
            break;
        case BP_TFTP_FELL_BACK:
            rewind(output);
            break;
        case BP_TFTP_DONE:
            printf("%llu bytes\n", (unsigned long long)event.size);
            return fclose(output) ? 1 : 0;
        case BP_TFTP_FAILED: {
            char text[256];
            size_t length;
            check("failure_text", bp_tftp_failure_text(&tftp, (uint8_t *)text, sizeof text, &length));
            fprintf(stderr, "%s\n", text);
            if (event.data.length) fprintf(stderr, "the server says: %zu bytes\n", event.data.length);
            return 1;
        }
        }
    }
}
