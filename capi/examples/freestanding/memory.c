// The functions that the library wants of a program without a C library.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    uint8_t *t = to;
    for (const uint8_t *f = from; length--;) *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t length) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f) while (length--) *t++ = *f++;
    else while (length--) t[length] = f[length];
    return to;
}

void *memset(void *to, int value, size_t length) {
    for (uint8_t *t = to; length--;) *t++ = (uint8_t)value;
    return to;
}

int memcmp(const void *one, const void *other, size_t length) {
    const uint8_t *a = one, *b = other;
    for (; length && *a == *b; length--) a++, b++;
    return length ? *a - *b : 0;
}

// The compiler's name for a memcmp of which only "equal or not" is asked.
int bcmp(const void *one, const void *other, size_t length) {
    return memcmp(one, other, length);
}
