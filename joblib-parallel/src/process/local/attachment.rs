//! What accompanies a message: an open file.

use std::error::Error;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Most attachments of one message; the kernel takes 253 at once.
pub(in crate::process) const MAX_ATTACHMENTS: usize = 200;

/// A file that is passed along with a message.
#[derive(Debug)]
pub(in crate::process) struct Attachment(OwnedFd);

impl From<File> for Attachment {
    fn from(file: File) -> Self {
        Self(file.into())
    }
}

impl From<Attachment> for File {
    fn from(attachment: Attachment) -> Self {
        attachment.0.into()
    }
}

impl From<OwnedFd> for Attachment {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }
}

impl AsFd for Attachment {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether it failed because this process, or the system, has as many files open as it may.
pub(in crate::process) fn is_want_of_descriptors(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        if matches!(code, Some(libc::EMFILE | libc::ENFILE)) {
            return true;
        }
        next = error.source();
    }
    false
}
