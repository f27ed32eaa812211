//! The handover: `LoadImage` and `StartImage` of the kernel's EFI stub.

use crate::files::Files;
use crate::initrd;
use crate::trouble::Trouble;
use alloc::vec::Vec;
use bootproto::client::FileKind;
use uefi::boot::{self, LoadImageSource};
use uefi::proto::device_path::DevicePath;
use uefi::proto::loaded_image::LoadedImage;
use uefi::{Handle, Status};

/// A kernel that the firmware has accepted.
pub(crate) struct Loaded {
    image: Handle,
    /// The command line, which the kernel reads from here.
    options: Vec<u16>,
    files: Files,
}

/// Has the firmware load, and Secure Boot check, the kernel.
pub(crate) fn load(files: Files, command_line: &[u8]) -> Result<Loaded, Trouble> {
    let kernel = files.find(FileKind::Kernel).map(|file| file.bytes()).unwrap_or_default();
    let path = memory_path(kernel);
    let source = LoadImageSource::FromBuffer {
        buffer: kernel,
        // Those who measure and check images want to know where one comes from.
        file_path: <&DevicePath>::try_from(&path.0[..]).ok(),
    };
    let image = boot::load_image(boot::image_handle(), source).map_err(|error| match error.status() {
        Status::SECURITY_VIOLATION | Status::ACCESS_DENIED => Trouble::NotSigned,
        status => Trouble::NoImage { status: status.0 },
    })?;
    let options = command_line.iter().map(|byte| u16::from(*byte)).chain([0]).collect();
    Ok(Loaded { image, options, files })
}

impl Loaded {
    /// Starts it. It comes back only if it fails.
    pub(crate) fn start(self) -> Trouble {
        let returned = |status: Status| Trouble::KernelReturned { status: status.0 };
        let size = u32::try_from(self.options.len() * size_of::<u16>()).unwrap_or(0);
        match boot::open_protocol_exclusive::<LoadedImage>(self.image) {
            // SAFETY: the options live until this function ends, and that is after the kernel has ended.
            Ok(mut image) => unsafe { image.set_load_options(self.options.as_ptr().cast(), size) },
            Err(error) => return returned(error.status()),
        }
        let initrd = initrd::install(self.files);
        let status = match &initrd {
            Ok(_) => boot::start_image(self.image).err().map_or(Status::SUCCESS, |error| error.status()),
            Err(error) => error.status(),
        };
        drop(initrd);
        returned(status)
    }
}

/// A device path that says: from memory.
#[repr(C, align(8))]
struct MemoryPath([u8; 28]);

/// UEFI 2.10 section 10.3.2.3: type 1, sub-type 3, 24 bytes: memory type, first and last address.
fn memory_path(bytes: &[u8]) -> MemoryPath {
    let start = bytes.as_ptr() as u64;
    let last = start.saturating_add(bytes.len() as u64).saturating_sub(1);
    let mut path = [0; 28];
    let kind = boot::MemoryType::LOADER_DATA.0.to_le_bytes();
    let parts = [&[1, 3, 24, 0][..], &kind, &start.to_le_bytes(), &last.to_le_bytes(), &[0x7f, 0xff, 4, 0]];
    for (place, byte) in path.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    MemoryPath(path)
}
