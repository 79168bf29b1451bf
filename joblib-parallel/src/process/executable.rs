//! The running executable, which parent and workers share.

use crate::{Error, Result};

/// Which executable this is, down to the file: both sides must agree before offsets mean anything.
pub(super) fn build_id() -> Result<[u64; 4]> {
    use std::os::unix::fs::MetadataExt;
    let failed = |error| Error::backend("cannot examine the executable", error);
    let metadata = std::fs::metadata(executable().map_err(failed)?).map_err(failed)?;
    Ok([
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime_nsec() as u64 ^ metadata.mtime() as u64,
    ])
}

/// The running executable; on Linux itself, even if the file's name leads elsewhere by now.
pub(super) fn executable() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}
