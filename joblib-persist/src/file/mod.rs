//! Files as this crate needs them: replaced whole, preallocated, written and read in parallel, checksummed on
//! the way.

mod checksum;
mod in_order;
mod new_file;
mod read;
mod slots;
mod write;

pub(crate) use checksum::{Digester, digest, digest_of};
pub(crate) use in_order::{cut_off, failed, take, take_bytes};
pub(crate) use new_file::{NewFile, followed, preallocate};
pub(crate) use read::{Verify, read_at, read_exact_at, read_whole, same_file};
pub(crate) use slots::{create_new, unique_number};
pub(crate) use write::{write_all_at, write_payload};

/// Arrays are written, read and checksummed in parts of this size: they stay in the cache between the two.
pub(crate) const PART: usize = 1 << 20;
