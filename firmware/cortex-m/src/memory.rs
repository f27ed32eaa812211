//! Memory: the room for the image, and how deep the stack was.

unsafe extern "C" {
    // Of `memory.x`.
    static mut _image_start: u8;
    static mut _image_end: u8;
    // Of cortex-m-rt's `link.x`.
    static _stack_start: u32;
    static _stack_end: u32;
}

/// The room for the image.
///
/// # Safety
/// Once in the life of the program.
pub(crate) unsafe fn image() -> &'static mut [u8] {
    let (start, end) = (&raw mut _image_start, &raw mut _image_end);
    // SAFETY: `memory.x` gives this memory to nobody else, and by the condition above there is no second reference.
    unsafe { core::slice::from_raw_parts_mut(start, end.addr() - start.addr()) }
}

/// How many bytes of stack were in use at most: `cortex-m-rt` painted all of it before `main`.
pub(crate) fn deepest_stack() -> usize {
    let (lowest, highest) = (&raw const _stack_end, &raw const _stack_start);
    let words = (highest.addr() - lowest.addr()) / size_of::<u32>();
    // SAFETY: these words are memory of the board, and are only read; a word in use may have any value.
    let word = |index| unsafe { lowest.add(index).read_volatile() };
    let untouched = (0..words).take_while(|index| word(*index) == cortex_m_rt::STACK_PAINT_VALUE).count();
    (words - untouched) * size_of::<u32>()
}
