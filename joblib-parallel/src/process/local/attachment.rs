//! What accompanies a message: an open file.

use std::error::Error;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

/// Most attachments of one message; the kernel takes 253 at once.
pub(in crate::process) const MAX_ATTACHMENTS: usize = 200;

/// A file that is passed along with a message.
#[derive(Debug)]
pub(in crate::process) struct Attachment(Arc<File>);

impl Attachment {
    /// The file, at the other end.
    pub(in crate::process) fn into_file(self) -> io::Result<File> {
        Arc::try_unwrap(self.0).or_else(|shared| shared.try_clone())
    }
}

impl From<Arc<File>> for Attachment {
    fn from(file: Arc<File>) -> Self {
        Self(file)
    }
}

impl From<File> for Attachment {
    fn from(file: File) -> Self {
        Self(Arc::new(file))
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
