//! Calls and jumps of x86 name their target relative to themselves. Counted from the program's start, the same target
//! has the same bytes everywhere, which compresses better.

/// The instructions: CALL rel32 and JMP rel32.
const OPCODES: [u8; 2] = [0xe8, 0xe9];

/// Makes targets absolute: what the compressor does first.
pub fn unbind(program: &mut [u8]) {
    let size = program.len() as i32;
    each(program, |at, target| {
        if target < -at || target >= size {
            target
        } else if target < size - at {
            target + at
        } else {
            target - size
        }
    });
}

/// Makes targets relative again: [`unbind`] undone.
pub fn bind(program: &mut [u8]) {
    let size = program.len() as i32;
    each(program, |at, target| {
        if target < -at || target >= size {
            target
        } else if target >= 0 {
            target - at
        } else {
            target + size
        }
    });
}

fn each(program: &mut [u8], change: impl Fn(i32, i32) -> i32) {
    let mut at = 0;
    while let Some([opcode, target @ ..]) = program.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<5>) {
        if OPCODES.contains(opcode) {
            *target = change(at as i32, i32::from_le_bytes(*target)).to_le_bytes();
            at += 4;
        }
        at += 1;
    }
}
