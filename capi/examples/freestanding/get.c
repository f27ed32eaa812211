// Fetches one file by TFTP without a C library or a standard library: get SERVER PORT FILE > OUTPUT
// What it asks of the machine are six system calls and a clock; a driver takes their place on bare metal. The library is
// the one with the feature `freestanding`, which wants the functions in memory.c of whoever links it.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <bootproto.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);

// The machine: Linux on x86-64, by its system calls.

enum { WRITE = 1, POLL = 7, PWRITE = 18, SOCKET = 41, SENDTO = 44, RECVFROM = 45, BIND = 49, GETSOCKNAME = 51 };
enum { EXIT = 60, CLOCK_GETTIME = 228, GETRANDOM = 318, DONTWAIT = 0x40 };

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

struct end {
    uint16_t family;
    uint8_t port[2], address[4], zero[8];
};

static bp_instant now(void) {
    struct { long seconds, nanoseconds; } time;
    call(CLOCK_GETTIME, 1, (long)&time, 0, 0, 0, 0);
    return (bp_instant)time.seconds * 1000000 + (bp_instant)time.nanoseconds / 1000;
}

__attribute__((noreturn)) static void leave(int status) {
    for (;;) call(EXIT, status, 0, 0, 0, 0, 0);
}

// The program.

static struct bp_tftp tftp;
static uint8_t datagram[65536];

static size_t length_of(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

static void say(const char *text) {
    call(WRITE, 2, (long)text, (long)length_of(text), 0, 0, 0);
    call(WRITE, 2, (long)"\n", 1, 0, 0, 0);
}

static void check(bp_result result) {
    static uint8_t text[256];
    size_t length;
    if (result == BP_OK) return;
    if (bp_explain(result, text, sizeof text, &length) == BP_OK) say((const char *)text);
    leave(1);
}

static unsigned number(const char **text) {
    unsigned value = 0;
    for (; **text >= '0' && **text <= '9'; ++*text) value = value * 10 + (unsigned)(**text - '0');
    return value;
}

static void send_all(int udp) {
    static uint8_t buffer[BP_TFTP_MAX_TRANSMIT];
    struct bp_transmit transmit;
    for (;;) {
        check(bp_tftp_poll_transmit(&tftp, now(), buffer, sizeof buffer, &transmit));
        if (!transmit.data.length) return;
        struct end to = {2, {(uint8_t)(transmit.path.remote_port >> 8), (uint8_t)transmit.path.remote_port}, {0}, {0}};
        memcpy(to.address, transmit.path.remote.octets, 4);
        call(SENDTO, udp, (long)transmit.data.bytes, (long)transmit.data.length, 0, (long)&to, sizeof to);
    }
}

static void wait_and_handle(int udp, uint16_t local_port, struct bp_tftp_event *event) {
    bp_instant deadline, start = now();
    check(bp_tftp_poll_timeout(&tftp, &deadline));
    struct { int file; short wanted, ready; } ready = {udp, 1, 0};
    bp_instant wait = deadline > start ? (deadline - start + 999) / 1000 : 0;
    call(POLL, (long)&ready, 1, wait > 60000 ? 60000 : (long)wait, 0, 0, 0);
    struct end from;
    int size = sizeof from;
    long length = call(RECVFROM, udp, (long)datagram, sizeof datagram, DONTWAIT, (long)&from, (long)&size);
    if (length < 0) {
        check(bp_tftp_handle_timeout(&tftp, now(), event));
        return;
    }
    struct bp_path path = {.local_port = local_port, .remote_port = (uint16_t)(from.port[0] << 8 | from.port[1])};
    memcpy(path.remote.octets, from.address, 4);
    check(bp_tftp_handle_datagram(&tftp, now(), &path, datagram, (size_t)length, event));
}

static void fetch(int udp, uint16_t local_port) {
    for (;;) {
        struct bp_tftp_event event;
        send_all(udp);
        wait_and_handle(udp, local_port, &event);
        if (event.kind == BP_TFTP_DATA)
            call(PWRITE, 1, (long)event.data.bytes, (long)event.data.length, (long)event.offset, 0, 0);
        if (event.kind == BP_TFTP_DONE) leave(0);
        if (event.kind == BP_TFTP_FAILED) {
            static uint8_t text[256];
            size_t length;
            check(bp_tftp_failure_text(&tftp, text, sizeof text, &length));
            say((const char *)text);
            leave(1);
        }
    }
}

__attribute__((used, noreturn)) static void begin(long *stack) {
    const char **words = (const char **)(stack + 1);
    if (stack[0] != 4) say("get SERVER PORT FILE > OUTPUT"), leave(2);
    struct bp_tftp_config config;
    check(bp_tftp_config_begin(&config));
    for (int part = 0; part < 4; part++) {
        config.server.octets[part] = (uint8_t)number(&words[1]);
        if (*words[1] == '.') words[1]++;
    }
    config.server_port = (uint16_t)number(&words[2]);
    config.file = (struct bp_bytes){(const uint8_t *)words[3], length_of(words[3])};
    call(GETRANDOM, (long)&config.seed, sizeof config.seed, 0, 0, 0, 0);
    int udp = (int)call(SOCKET, 2, 2, 0, 0, 0, 0), size = sizeof(struct end);
    struct end local = {2, {0}, {0}, {0}};
    if (udp < 0 || call(BIND, udp, (long)&local, size, 0, 0, 0) < 0) say("no socket"), leave(1);
    call(GETSOCKNAME, udp, (long)&local, (long)&size, 0, 0, 0);
    config.local_port = (uint16_t)(local.port[0] << 8 | local.port[1]);
    check(bp_tftp_init(&tftp, sizeof tftp, BP_VERSION, &config));
    fetch(udp, config.local_port);
    leave(1);
}

// The kernel starts a program with its words on the stack, aligned to 16 bytes.
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tcall begin\n\thlt\n");
