//! Files mapped into memory that every process using them shares.
//!
//! The unsafe code of the store is here, in `packed/segment.rs`, which knows of which bytes nobody writes any
//! more, and in `locks.rs`, which calls `fcntl`. What is mapped changes at any time, by other processes too:
//! it is looked at through atomics only ([`Shared`]), but for records that are complete, which nobody changes
//! again.
#![allow(unsafe_code)]

use super::identity::Identity;
use crate::sys;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// A file, or its beginning, mapped shared. Stays valid when the file is unlinked.
#[derive(Debug)]
pub(super) struct Mapping {
    map: MmapRaw,
    writable: bool,
    identity: Identity,
}

/// Data that other processes may change at any time.
///
/// # Safety
///
/// Every bit pattern must be a value, and every field must be atomic or never looked at.
pub(super) unsafe trait Shared {}

// SAFETY: any four bytes are a u32, and access is atomic.
unsafe impl Shared for AtomicU32 {}
// SAFETY: any eight bytes are a u64, and access is atomic.
unsafe impl Shared for AtomicU64 {}
// SAFETY: as for each.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {}

/// Declares a [`Shared`] struct of fields that are.
macro_rules! shared {
    ($(#[$attribute:meta])* $vis:vis struct $name:ident {
        $($(#[$of_field:meta])* $field_vis:vis $field:ident: $ty:ty,)*
    }) => {
        $(#[$attribute])*
        #[repr(C)]
        #[derive(Debug)]
        $vis struct $name {
            $($(#[$of_field])* $field_vis $field: $ty,)*
        }

        const _: () = {
            const fn is_shared<T: crate::store::mapping::Shared>() {}
            $(is_shared::<$ty>();)*
        };
        // SAFETY: each field is, as was just asked.
        #[allow(unsafe_code)]
        unsafe impl crate::store::mapping::Shared for $name {}
    };
}
pub(super) use shared;

impl Mapping {
    /// Maps the first `len` bytes. Files that are shorter are refused: touching what they lack would kill the
    /// process.
    pub(super) fn new(file: &File, len: u64, writable: bool) -> io::Result<Self> {
        let short = || io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than it says");
        Self::between(file, len, len, writable)?.ok_or_else(short)
    }

    /// Maps the file, or its first `most` bytes; `None` if it is shorter than `least`.
    pub(super) fn between(file: &File, least: u64, most: u64, writable: bool) -> io::Result<Option<Self>> {
        let data = file.metadata()?;
        if data.len() < least {
            return Ok(None);
        }
        let len = usize::try_from(data.len().min(most))
            .map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut options = MmapOptions::new();
        options.len(len);
        let map = if writable { options.map_raw(file)? } else { options.map_raw_read_only(file)? };
        Ok(Some(Self { map, writable, identity: Identity::of(&data) }))
    }

    /// Whether stores to it are allowed; otherwise they kill the process.
    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Which file it is.
    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// Shared data at `offset`; `None` where it would lie outside or misaligned.
    #[inline]
    pub(super) fn shared<T: Shared>(&self, offset: usize, count: usize) -> Option<&[T]> {
        let end = count.checked_mul(size_of::<T>())?.checked_add(offset)?;
        let start = self.map.as_ptr().wrapping_add(offset).cast::<T>();
        if end > self.map.len() || !start.is_aligned() {
            return None;
        }
        // SAFETY: in bounds and aligned, as just checked; mapped for as long as `self` lives, since nothing
        // unmaps it earlier and nobody truncates these files; any bytes are a `T`, changed by others only
        // atomically (`Shared`).
        Some(unsafe { std::slice::from_raw_parts(start, count) })
    }

    /// Bytes from `offset` on, at most `len` of them; none beyond the end.
    ///
    /// # Safety
    ///
    /// Nobody may write to them while the slice lives: they are published, and by the protocol never change
    /// again.
    #[inline]
    pub(super) unsafe fn bytes(&self, offset: usize, len: usize) -> &[u8] {
        let offset = offset.min(self.map.len());
        let len = len.min(self.map.len() - offset);
        // SAFETY: in bounds; mapped while `self` lives; not written to, as the caller guarantees.
        unsafe { std::slice::from_raw_parts(self.map.as_ptr().add(offset), len) }
    }

    /// Copies bytes to `offset`; says whether they fit.
    ///
    /// # Safety
    ///
    /// The mapping must be writable, and nobody may read or write this range meanwhile: the caller has it
    /// reserved.
    pub(super) unsafe fn write(&self, offset: usize, bytes: &[u8]) -> bool {
        let fits = offset.checked_add(bytes.len()).is_some_and(|end| end <= self.map.len());
        if fits {
            // SAFETY: in bounds, writable and ours alone, as the caller guarantees; the source is not mapped
            // memory of this range, since that is reserved.
            unsafe {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.map.as_mut_ptr().add(offset), bytes.len())
            };
        }
        fits
    }
}

/// Gives the file its length and its blocks, so that writing through a mapping cannot run out of disk.
pub(super) fn preallocate(file: &File, len: u64) -> io::Result<()> {
    match sys::allocate(file, 0, 0, len) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::ENOSYS)) => {
            write_zeroes(file, len)
        }
        allocated => allocated,
    }
}

fn write_zeroes(mut file: &File, len: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), len), &mut file).map(drop)
}
