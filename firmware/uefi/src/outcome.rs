//! How we leave: what the firmware is told, so that it goes on as it should.

use crate::trouble::Trouble;
use bootproto::{Failure, Step};
use uefi::Status;

/// How a boot ended that did not start a kernel. The person has had time to read why.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The configuration, or a person, wants what comes next in the boot order.
    LocalBoot,
    /// The boot client failed.
    Failed(Failure),
    /// The firmware's side failed.
    Trouble(Trouble),
}

/// The status. Never success: after that the boot manager would not try the next device (UEFI 2.10 section 3.1.1).
pub(crate) fn conclude(ended: Ended) -> Status {
    match ended {
        Ended::LocalBoot => Status::NOT_FOUND,
        Ended::Failed(failure) => of_failure(&failure),
        Ended::Trouble(trouble) => of_trouble(trouble),
    }
}

fn of_failure(failure: &Failure) -> Status {
    match failure.advice().pxe {
        Some("PXE-E3B" | "PXE-E53") => Status::NOT_FOUND,
        Some("PXE-E3C") => Status::ACCESS_DENIED,
        Some("PXE-E36") => Status::TFTP_ERROR,
        Some("PXE-E79") => Status::OUT_OF_RESOURCES,
        Some("PXE-E11" | "PXE-E32" | "PXE-E35" | "PXE-E51" | "PXE-E55" | "PXE-E78") => Status::TIMEOUT,
        _ if failure.step == Step::Verify => Status::SECURITY_VIOLATION,
        _ => Status::LOAD_ERROR,
    }
}

const fn of_trouble(trouble: Trouble) -> Status {
    match trouble {
        Trouble::NoCard | Trouble::NotEthernet | Trouble::NoBaseCode | Trouble::NoBootFile => {
            Status::NOT_FOUND
        }
        Trouble::NoLink => Status::NO_MEDIA,
        Trouble::CardRefused { .. } => Status::DEVICE_ERROR,
        Trouble::BaseCodeRefused { status } => Status(status),
        Trouble::NoMemory { .. } => Status::OUT_OF_RESOURCES,
        Trouble::NotSigned => Status::SECURITY_VIOLATION,
        Trouble::NoImage { .. } | Trouble::KernelReturned { .. } => Status::LOAD_ERROR,
        Trouble::BadSettings => Status::INVALID_PARAMETER,
    }
}
