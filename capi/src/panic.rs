//! What a static library without the standard library must have, though no call ever comes here.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    #[expect(clippy::empty_loop, reason = "there is nobody to tell, and no way on")]
    loop {}
}
