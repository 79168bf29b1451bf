//! Temporary files without a name: the system frees them with their last descriptor, however the process
//! ends.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A new file in the system's temporary directory.
///
/// # Errors
///
/// If it cannot be made there.
pub fn file() -> io::Result<File> {
    file_in(&std::env::temp_dir())
}

/// A new file on the file system of `dir`.
///
/// # Errors
///
/// If it cannot be made there.
pub fn file_in(dir: &Path) -> io::Result<File> {
    unnamed(dir).unwrap_or_else(|| unlinked(dir))
}

/// `None` where the system or the file system has no files that never had a name.
#[cfg(target_os = "linux")]
pub(crate) fn unnamed(dir: &Path) -> Option<io::Result<File>> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = File::options().read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE).open(dir);
    match opened.as_ref().map_err(io::Error::raw_os_error) {
        Err(Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL | libc::ENOSYS)) => None,
        _ => Some(opened),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn unnamed(_: &Path) -> Option<io::Result<File>> {
    None
}

/// A file that loses its name at once, or on Windows when it is closed.
fn unlinked(dir: &Path) -> io::Result<File> {
    // The name cannot be foreseen, and nothing that is there already is opened.
    let random = RandomState::new();
    for attempt in 0..1 << 16 {
        let path = dir.join(format!(".joblib-{:016x}", random.hash_one(attempt)));
        match create_new(&path) {
            Ok(file) => return forget_name(path).map(|()| file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "every name for a temporary file is taken"))
}

#[cfg(not(windows))]
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.read(true).write(true).create_new(true).open(path)
}

#[cfg(windows)]
fn create_new(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const TEMPORARY: u32 = 0x100;
    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    let mut options = File::options();
    options.read(true).write(true).create_new(true).share_mode(0);
    options.attributes(TEMPORARY).custom_flags(DELETE_ON_CLOSE).open(path)
}

fn forget_name(path: PathBuf) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { std::fs::remove_file(path) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn it_can_be_written_and_read_and_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        for make in [file_in, unlinked] {
            let mut file = make(dir.path()).unwrap();
            file.write_all(b"here").unwrap();
            file.rewind().unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "here");
            if cfg!(unix) {
                assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(file_in(&dir.path().join("gone")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
