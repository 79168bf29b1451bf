//! Memory that is filled before it is looked at.
//!
//! Whoever fills uninitialised bytes gives them back as `&mut [u8]`: that they are the same bytes is the
//! proof that they were filled. Only this module turns the proof into a `Vec`.

#![allow(unsafe_code)]

use joblib_core::array::{DType, Element};
use joblib_core::{Error, Result};
use std::alloc::Layout;
use std::mem::MaybeUninit;

/// A vector of `len` elements whose bytes `fill` supplies. The length must be justified by the caller.
pub(crate) fn filled_vec<T: Element>(
    len: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8]>,
) -> Result<Vec<T>> {
    let mut vector = Vec::<T>::new();
    vector
        .try_reserve_exact(len)
        .map_err(|error| Error::limit(format!("no memory for {len} elements: {error}")))?;
    extend_filled(&mut vector, len, fill)?;
    Ok(vector)
}

/// Fills `len` elements of the room that the vector has.
fn extend_filled<T: Element>(
    vector: &mut Vec<T>,
    len: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8]>,
) -> Result<()> {
    let room = vector.spare_capacity_mut();
    let room = room.get_mut(..len).ok_or_else(|| Error::corrupt("an array outgrew its memory"))?;
    let (start, nbytes) = (room.as_mut_ptr().cast::<MaybeUninit<u8>>(), size_of_val(room));
    // SAFETY: the same memory, seen as bytes, which need not be initialised.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start, nbytes) };
    advise_huge_pages(start.cast(), nbytes);
    let filled = fill(bytes)?;
    if filled.as_ptr() != start.cast() || filled.len() != nbytes {
        return Err(Error::corrupt("an array was not read whole"));
    }
    check::<T>(filled)?;
    // SAFETY: all `nbytes` bytes are initialised, as `filled` shows, and every pattern is an element, bools
    // being checked.
    unsafe { vector.set_len(vector.len() + len) };
    Ok(())
}

/// Whether every element is one.
fn check<T: Element>(bytes: &[u8]) -> Result<()> {
    if T::DTYPE == DType::Bool && bytes.iter().any(|&byte| byte > 1) {
        return Err(Error::corrupt("a byte other than 0 and 1 in an array of bool"));
    }
    Ok(())
}

/// As [`filled_vec`], for a length that nothing justifies yet: memory is taken as `fill`, called for one part
/// after the other, supplies the bytes.
pub(crate) fn grown_vec<T: Element>(
    len: usize,
    mut fill: impl FnMut(&mut [MaybeUninit<u8>]) -> Result<&mut [u8]>,
) -> Result<Vec<T>> {
    const PART: usize = 16 << 20;
    let part = PART / size_of::<T>();
    let mut vector = Vec::<T>::new();
    // Addresses, of which no memory is taken before it is written to. A vector that grows would be copied
    // each time: the system does not move memory of which a part was advised to have huge pages. Where there
    // are not as many addresses, whether there are as many bytes shows first.
    if cfg!(unix) {
        let _ = vector.try_reserve_exact(len);
    }
    while vector.len() < len {
        let left = len - vector.len();
        if vector.capacity() < len {
            vector
                .try_reserve_exact(left.min(vector.len().max(part)))
                .map_err(|error| Error::limit(format!("no memory for {len} elements: {error}")))?;
        }
        extend_filled(&mut vector, left.min(part), &mut fill)?;
    }
    Ok(vector)
}

/// A vector of `len` elements, for a `fill` that needs initialised bytes: zeros. Of a large allocation they
/// cost nothing, and memory is only taken as it is written to, whatever the length claims.
pub(crate) fn zeroed_vec<T: Element>(
    len: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<Vec<T>> {
    let no_memory = || Error::limit(format!("no memory for {len} elements"));
    let layout = Layout::array::<T>(len).map_err(|_| no_memory())?;
    if layout.size() == 0 {
        fill(&mut [])?;
        return Ok(Vec::new());
    }
    // SAFETY: the layout's size is not zero.
    let start = unsafe { std::alloc::alloc_zeroed(layout) };
    if start.is_null() {
        return Err(no_memory());
    }
    advise_huge_pages(start, layout.size());
    // SAFETY: allocated just now by the global allocator, with the layout of `len` elements; none is in it
    // yet. From here on any return frees the memory.
    let mut vector = unsafe { Vec::from_raw_parts(start.cast::<T>(), 0, len) };
    // SAFETY: all bytes are initialised, being zero, and nothing else refers to them.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start, layout.size()) };
    fill(bytes)?;
    check::<T>(bytes)?;
    // SAFETY: all elements are initialised, and every pattern is an element, bools being checked.
    unsafe { vector.set_len(len) };
    Ok(vector)
}

/// Lets `fill` overwrite all elements, of any type but `bool`. If it fails, some may be overwritten.
#[cfg(feature = "ndarray")]
pub(crate) fn refill<T: Element>(
    elements: &mut [T],
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8]>,
) -> Result<()> {
    if T::DTYPE == DType::Bool {
        return Err(Error::unsupported("bools cannot be read in place"));
    }
    let nbytes = size_of_val(elements);
    let start = elements.as_mut_ptr().cast::<MaybeUninit<u8>>();
    // SAFETY: the same memory, seen as bytes. `fill` and what it calls write whole initialised bytes into it,
    // and every pattern of those is a `T`.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start, nbytes) };
    let filled = fill(bytes)?;
    if filled.len() == nbytes { Ok(()) } else { Err(Error::corrupt("an array was not read whole")) }
}

/// Copies `source` into `dst`; both have the same length.
pub(crate) fn copy<'b>(dst: &'b mut [MaybeUninit<u8>], source: &[u8]) -> Result<&'b mut [u8]> {
    if dst.len() != source.len() {
        return Err(Error::corrupt("an array has another length than its shape"));
    }
    // SAFETY: initialised bytes may be seen as maybe-uninitialised ones, which are only read here.
    let source = unsafe { &*(&raw const *source as *const [MaybeUninit<u8>]) };
    dst.copy_from_slice(source);
    // SAFETY: every byte was just initialised.
    Ok(unsafe { &mut *(&raw mut *dst as *mut [u8]) })
}

/// Fills `dst` with zeros.
pub(crate) fn zeroed(dst: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    dst.fill(MaybeUninit::new(0));
    // SAFETY: every byte was just initialised.
    unsafe { &mut *(&raw mut *dst as *mut [u8]) }
}

/// Says of some bytes that they are initialised: only such bytes can be named.
pub(crate) struct Filled {
    address: usize,
    len: usize,
}

impl Filled {
    pub(crate) fn of(bytes: &mut [u8]) -> Self {
        Self { address: bytes.as_ptr().addr(), len: bytes.len() }
    }

    #[cfg(unix)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// Gives `dst` back as filled, where `parts`, which were filled since `dst` was borrowed, are all of it in
/// order.
pub(crate) fn joined<'b>(dst: &'b mut [MaybeUninit<u8>], parts: &[Filled]) -> Result<&'b mut [u8]> {
    let start = dst.as_ptr().addr();
    let mut end = start;
    for part in parts {
        if part.address != end {
            return Err(Error::corrupt("an array was not read whole"));
        }
        end += part.len;
    }
    if end - start != dst.len() {
        return Err(Error::corrupt("an array was not read whole"));
    }
    // SAFETY: the parts are initialised, and all of `dst`.
    Ok(unsafe { &mut *(&raw mut *dst as *mut [u8]) })
}

/// Asks for huge pages where the memory is large: page faults are what reading into fresh memory waits for.
#[cfg(target_os = "linux")]
fn advise_huge_pages(start: *mut u8, len: usize) {
    const LARGE: usize = 4 << 20;
    const PAGE: usize = 4096;
    if len < LARGE {
        return;
    }
    let skip = start.addr().next_multiple_of(PAGE) - start.addr();
    let len = (len - skip) / PAGE * PAGE;
    // SAFETY: whole pages inside memory that is ours; the advice does not change their contents.
    // Kernels without huge pages refuse; reading works all the same.
    let _ = unsafe { libc::madvise(start.add(skip).cast(), len, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: *mut u8, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(_: &mut [u8]) -> Result<()> {
        Err(Error::corrupt("no bytes"))
    }

    #[test]
    fn memory_that_is_only_claimed_is_not_taken() {
        // More than the machine has, and more than there are addresses.
        assert!(zeroed_vec::<u64>(1 << 31, fail).is_err());
        assert!(zeroed_vec::<u64>(usize::MAX / 4, fail).unwrap_err().is_limit());
        assert!(filled_vec::<u64>(usize::MAX / 4, |dst| Ok(zeroed(dst))).unwrap_err().is_limit());
        assert!(
            grown_vec::<u64>(usize::MAX / 16, |_| Err(Error::corrupt("no bytes"))).unwrap_err().is_corrupt()
        );
    }

    #[test]
    fn vectors_are_filled_in_parts_of_any_size() {
        let mut next = 0u8;
        let vector = grown_vec::<u8>((16 << 20) * 3 + 5, |dst| {
            next += 1;
            let dst = zeroed(dst);
            dst.fill(next);
            Ok(dst)
        });
        let vector = vector.unwrap();
        assert_eq!(
            (vector.len(), vector[0], vector[16 << 20], vector[vector.len() - 1]),
            ((48 << 20) + 5, 1, 2, 4)
        );
        assert_eq!(
            zeroed_vec::<i16>(3, |dst| {
                dst[2] = 7;
                Ok(())
            })
            .unwrap(),
            [0, 7, 0]
        );
        assert!(
            zeroed_vec::<bool>(3, |dst| {
                dst[2] = 7;
                Ok(())
            })
            .unwrap_err()
            .is_corrupt()
        );
        assert!(filled_vec::<u8>(8, |dst| Ok(&mut zeroed(dst)[1..])).is_err());
        assert!(joined(&mut [MaybeUninit::new(1u8); 4], &[]).is_err());
    }
}
