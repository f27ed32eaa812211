//! The initrds behind the device path on which Linux's EFI stub asks for them (`LoadFile2`).

use crate::files::Files;
use alloc::boxed::Box;
use bootproto_core::copy_into;
use core::ffi::c_void;
use uefi::proto::device_path::DevicePath;
use uefi::{Guid, Handle, Identify as _, Status, boot};
use uefi_raw::Boolean;
use uefi_raw::protocol::device_path::DevicePathProtocol;
use uefi_raw::protocol::media::LoadFile2Protocol;

/// A vendor's media node with `LINUX_EFI_INITRD_MEDIA_GUID`, 5568e427-68fc-4f3d-ac74-ca555231cc68, and the end.
#[repr(C, align(8))]
struct Path([u8; 24]);

static PATH: Path = Path([
    4, 3, 20, 0, 0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f, 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc,
    0x68, 0x7f, 0xff, 4, 0,
]);

/// The kernel's unpacker looks for the next archive on four bytes.
const ALIGN: usize = 4;

/// The protocol, and behind it what it gives out.
#[repr(C)]
struct Offer {
    protocol: LoadFile2Protocol,
    files: Files,
}

/// The protocol on a handle of its own, until it is dropped.
pub(crate) struct Installed {
    handle: Handle,
    offer: *mut Offer,
}

/// Offers `files`' initrds, if there are any.
pub(crate) fn install(files: Files) -> uefi::Result<Option<Installed>> {
    if files.initrds().next().is_none() {
        return Ok(None);
    }
    let offer = Box::into_raw(Box::new(Offer { protocol: LoadFile2Protocol { load_file }, files }));
    let path: *const Path = &raw const PATH;
    // SAFETY: the path is static, well formed, and read only.
    let handle = unsafe { boot::install_protocol_interface(None, &DevicePath::GUID, path.cast()) }?;
    // SAFETY: the structure begins with the protocol, and lives until `Installed` takes it away again.
    unsafe { boot::install_protocol_interface(Some(handle), &GUID, offer.cast_const().cast()) }?;
    Ok(Some(Installed { handle, offer }))
}

const GUID: Guid = LoadFile2Protocol::GUID;

impl Drop for Installed {
    fn drop(&mut self) {
        let path: *const Path = &raw const PATH;
        // SAFETY: both were installed on this handle with these very pointers.
        unsafe {
            let gone = boot::uninstall_protocol_interface(self.handle, &GUID, self.offer.cast_const().cast());
            let _ = boot::uninstall_protocol_interface(self.handle, &DevicePath::GUID, path.cast());
            if gone.is_ok() {
                drop(Box::from_raw(self.offer));
            }
        }
    }
}

/// How many bytes all of them have, each but the last filled up.
fn total(files: &Files) -> usize {
    files.initrds().fold(0, |end, file| end.next_multiple_of(ALIGN) + file.bytes().len())
}

/// `EFI_LOAD_FILE2_PROTOCOL.LoadFile`, UEFI 2.10 section 13.2.
unsafe extern "efiapi" fn load_file(
    this: *mut LoadFile2Protocol,
    _: *const DevicePathProtocol,
    boot_policy: Boolean,
    size: *mut usize,
    buffer: *mut c_void,
) -> Status {
    if this.is_null() || size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    if bool::from(boot_policy) {
        return Status::UNSUPPORTED;
    }
    // SAFETY: the caller found this protocol where `install` had put it, at the beginning of an `Offer`.
    let files = unsafe { &(*this.cast::<Offer>()).files };
    let needed = total(files);
    // SAFETY: not null, and by the protocol a number that the caller owns.
    let room = unsafe { size.replace(needed) };
    if buffer.is_null() || room < needed {
        return Status::BUFFER_TOO_SMALL;
    }
    // SAFETY: the caller says that so many bytes are its own there. They are made zeros before they are a slice.
    let place = unsafe {
        buffer.cast::<u8>().write_bytes(0, needed);
        core::slice::from_raw_parts_mut(buffer.cast::<u8>(), needed)
    };
    let mut end: usize = 0;
    for file in files.initrds() {
        let start = end.next_multiple_of(ALIGN);
        end = start + file.bytes().len();
        copy_into(place.get_mut(start..end).unwrap_or_default(), file.bytes());
    }
    Status::SUCCESS
}
