//! Directed routes (IBTA volume 1, 14.2.2): an SMP that carries its way, port by port, there and back.

/// The management class.
pub(super) const CLASS: u8 = 0x81;

const HOP_POINTER: usize = 6;
const HOP_COUNT: usize = 7;
const INITIAL: usize = 128;
const RETURN: usize = 192;
/// The direction bit, in the upper byte of the status.
const STATUS: usize = 4;

/// One step of the way at a switch: where the SMP goes next, if anywhere. `answer` is for one that ends here, and says
/// whether there is an answer to send back.
pub(super) fn step(
    mad: &mut [u8; 256],
    from: usize,
    answer: impl FnOnce(&mut [u8; 256]) -> bool,
) -> Option<usize> {
    let (pointer, count) = (mad[HOP_POINTER], mad[HOP_COUNT]);
    if count > 63 || pointer == 0 || pointer > count {
        return None;
    }
    let at = usize::from(pointer);
    if mad[STATUS] & 0x80 != 0 {
        // On its way back. With a pointer of 1 it would end here, but this switch never asked.
        if pointer < 2 {
            return None;
        }
        mad[HOP_POINTER] = pointer - 1;
        return Some(usize::from(mad[RETURN + at - 1]));
    }
    mad[RETURN + at] = u8::try_from(from).ok()?;
    if pointer < count {
        mad[HOP_POINTER] = pointer + 1;
        return Some(usize::from(mad[INITIAL + at + 1]));
    }
    // The end of the way. The pointer goes one up and, with the answer, one down again.
    let method = mad[3];
    if !answer(mad) || method & 0x80 != 0 {
        return None;
    }
    mad[STATUS] |= 0x80;
    Some(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(pointer: u8, count: u8) -> [u8; 256] {
        let mut mad = [0; 256];
        mad[1] = CLASS;
        mad[3] = 1;
        (mad[HOP_POINTER], mad[HOP_COUNT]) = (pointer, count);
        mad[INITIAL + 1..INITIAL + 3].copy_from_slice(&[1, 3]);
        mad
    }

    #[test]
    fn it_passes_on_by_the_initial_path_and_back_by_the_return_path() {
        let mut mad = request(1, 2);
        assert_eq!(step(&mut mad, 2, |_| panic!("it does not end here")), Some(3));
        assert_eq!((mad[HOP_POINTER], mad[RETURN + 1]), (2, 2));
        // The node at the end answers: direction bit, its own entry of the return path, pointer = count.
        mad[STATUS] |= 0x80;
        mad[RETURN + 2] = 1;
        assert_eq!(step(&mut mad, 3, |_| panic!("it does not end here")), Some(2));
        assert_eq!(mad[HOP_POINTER], 1);
    }

    #[test]
    fn it_ends_here_when_the_count_is_reached() {
        let mut mad = request(1, 1);
        let answered = |mad: &mut [u8; 256]| {
            mad[3] = 0x81;
            true
        };
        assert_eq!(step(&mut mad, 4, answered), Some(4));
        assert_eq!((mad[HOP_POINTER], mad[RETURN + 1], mad[STATUS]), (1, 4, 0x80));
    }

    #[test]
    fn a_pointer_past_the_count_goes_nowhere() {
        for (pointer, count) in [(2, 1), (0, 1), (0, 0), (64, 64)] {
            assert_eq!(step(&mut request(pointer, count), 1, |_| panic!("no end")), None);
        }
    }
}
