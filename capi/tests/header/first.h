// bootproto: boot machines from the network. Made by cbindgen from the Rust sources; don't edit.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Every call answers BP_OK or a number of docs/errors.md; bp_explain has its text. With any other answer than BP_OK
// nothing was touched, but for a length that says what a buffer would have to hold (BP_BUFFER_TOO_SMALL).
//
// A pointer is NULL or points to what its type says; NULL is an answer, not a crash. What a call writes must overlap
// nothing else that it is given. One storage is used by one thread at a time. Nothing allocates, nothing is global.
