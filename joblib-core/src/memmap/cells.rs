//! A few numbers that several processes share.

use super::sys;
use crate::{Error, Result};
use memmap2::MmapRaw;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// Atomic numbers in nameless shared memory, freed when the last process that has them ends.
#[derive(Debug)]
pub struct SharedCells {
    file: File,
    memory: MmapRaw,
    count: usize,
}

impl SharedCells {
    /// `count` zeros.
    ///
    /// # Errors
    ///
    /// If there is no shared memory.
    pub fn new(count: usize) -> Result<Self> {
        let bytes = vec![0u8; count * size_of::<AtomicU64>()];
        let file = super::ShareOptions::new().store(bytes.len() as u64, |file| {
            use std::io::Write;
            file.write_all(&bytes)
        })?;
        Self::from_file(file, count)
    }

    /// The numbers that another process made, from the file it passed.
    ///
    /// # Errors
    ///
    /// If the file is shorter than that or cannot be mapped.
    pub fn from_file(file: File, count: usize) -> Result<Self> {
        let failed = |error| Error::io("cannot map shared numbers", Path::new("shared memory"), error);
        let size = count * size_of::<AtomicU64>();
        if file.metadata().map_err(failed)?.len() < size as u64 {
            return Err(Error::corrupt("shared numbers are cut off"));
        }
        let memory = sys::map(&file, size.max(1), super::MmapMode::ReadWrite).map_err(failed)?;
        Ok(Self { file, memory, count })
    }

    /// The number at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&AtomicU64> {
        sys::cells(&self.memory, self.count).get(index)
    }

    /// The file, to be passed to another process.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn all_that_have_the_file_see_the_numbers() {
        let mine = SharedCells::new(2).unwrap();
        let yours = SharedCells::from_file(mine.file().try_clone().unwrap(), 2).unwrap();
        mine.get(1).unwrap().store(7, Ordering::Release);
        assert_eq!(yours.get(1).unwrap().load(Ordering::Acquire), 7);
    }
}
