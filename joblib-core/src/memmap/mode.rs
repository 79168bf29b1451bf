//! How a file is mapped.

use crate::Error;
use std::str::FromStr;

/// How a memory-mapped array relates to its file: NumPy's `mmap_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MmapMode {
    /// `"r"`: reading only.
    Read,
    /// `"r+"`: writes go to the file. `"w+"` means the same when an existing file is opened.
    ReadWrite,
    /// `"c"`: writes stay in memory, with the array that was written to; the file is unchanged.
    CopyOnWrite,
}

crate::impl_serde_enum!(MmapMode { Read, ReadWrite, CopyOnWrite });

impl MmapMode {
    /// NumPy's letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            MmapMode::Read => "r",
            MmapMode::ReadWrite => "r+",
            MmapMode::CopyOnWrite => "c",
        }
    }

    /// Whether an array mapped so can be written to.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        !matches!(self, MmapMode::Read)
    }
}

impl FromStr for MmapMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "r" => Ok(MmapMode::Read),
            "r+" | "w+" => Ok(MmapMode::ReadWrite),
            "c" => Ok(MmapMode::CopyOnWrite),
            _ => Err(Error::invalid(format!("mmap_mode `{text}` is none of \"r\", \"r+\", \"w+\", \"c\""))),
        }
    }
}
