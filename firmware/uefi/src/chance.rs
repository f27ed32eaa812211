//! Chance for the seeds: two machines that are switched on together must not do the same.

use crate::clock;
use bootproto_core::Rng;
use uefi::boot;

/// A generator from the firmware's random numbers, where it has some, mixed with the counter and the hardware address.
pub(crate) fn generator(hardware: &[u8]) -> Rng {
    let mut seed = clock::counter();
    for byte in hardware {
        seed = seed.rotate_left(7) ^ u64::from(*byte);
    }
    Rng::new(seed ^ firmware().or_else(processor).unwrap_or(0))
}

fn firmware() -> Option<u64> {
    let handle = boot::get_handle_for_protocol::<uefi::proto::rng::Rng>().ok()?;
    let mut rng = boot::open_protocol_exclusive::<uefi::proto::rng::Rng>(handle).ok()?;
    let mut bytes = [0; 8];
    rng.get_rng(None, &mut bytes).ok()?;
    Some(u64::from_le_bytes(bytes))
}

#[cfg(target_arch = "x86_64")]
fn processor() -> Option<u64> {
    use core::arch::x86_64::{__cpuid, _rdrand64_step};

    #[target_feature(enable = "rdrand")]
    fn draw() -> Option<u64> {
        let mut number = 0;
        // Intel's guide says: after ten empty answers the generator is broken.
        (0..10).any(|_| _rdrand64_step(&mut number) == 1).then_some(number)
    }

    if __cpuid(1).ecx & (1 << 30) == 0 {
        return None;
    }
    // SAFETY: the processor says that it has the instruction.
    unsafe { draw() }
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> Option<u64> {
    None
}
