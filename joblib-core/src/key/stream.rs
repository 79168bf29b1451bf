//! Bytes on their way into XXH3-128: a buffer on the stack, a streaming state once it overflows.
//!
//! Most argument lists fit the buffer and are hashed in one shot, which is several times faster than setting
//! up a streaming state. The buffer is left uninitialised because clearing it would cost more than hashing.

use super::error::Unhashable;
use super::shape::Shape;
use super::tag;
use crate::depth::{Depth, MAX_DEPTH, TooDeep};
use std::mem::MaybeUninit;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const CAPACITY: usize = 512;

/// Invariant: the first `len` bytes of `buffer` are initialised, and `len <= CAPACITY`.
pub(super) struct Stream {
    buffer: [MaybeUninit<u8>; CAPACITY],
    len: usize,
    spilled: Option<Box<Xxh3>>,
    /// Whether the values are a call's arguments: those that the call could change are refused.
    pub(super) of_call: bool,
    pub(super) depth: Depth,
    /// The shape of an array whose elements are about to be fed one by one. Boxed: it is rare, and the stream
    /// is moved about.
    pub(super) hidden: Option<Box<Shape>>,
}

impl Stream {
    #[inline]
    pub(super) fn new() -> Self {
        let depth = const { Depth::new(MAX_DEPTH) };
        Self {
            buffer: [const { MaybeUninit::uninit() }; CAPACITY],
            len: 0,
            spilled: None,
            of_call: false,
            depth,
            hidden: None,
        }
    }

    /// An empty stream for a part of this one's values.
    #[inline]
    pub(super) fn part(&self) -> Self {
        Self { of_call: self.of_call, depth: self.depth, ..Self::new() }
    }

    /// Appends `bytes`; where their length is a constant, this compiles to plain stores.
    #[inline(always)]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if bytes.len() <= CAPACITY - self.len {
            self.keep(bytes);
        } else {
            self.spill(bytes);
        }
    }

    /// A tag and the little-endian bytes of a number.
    #[inline(always)]
    pub(super) fn put_tagged<const N: usize>(&mut self, tag: u8, number: [u8; N]) {
        self.put(&[tag]);
        self.put(&number);
    }

    /// A length or count.
    #[inline(always)]
    pub(super) fn put_len(&mut self, len: usize) {
        self.put(&(len as u64).to_le_bytes());
    }

    /// A struct's, field's or variant's name. Never begins with a zero byte, so that it cannot be taken for
    /// `END`.
    #[inline(always)]
    pub(super) fn put_name(&mut self, name: &str) {
        if name.len() < 254 {
            self.put(&[name.len() as u8 + 1]);
        } else {
            self.put(&[u8::MAX]);
            self.put_len(name.len());
        }
        self.put(name.as_bytes());
    }

    /// Opens this many levels.
    #[inline(always)]
    pub(super) fn enter(&mut self, levels: u32) -> Result<(), Unhashable> {
        self.depth.enter(levels).map_err(too_deep)
    }

    /// Ends a compound of this many levels.
    #[inline(always)]
    pub(super) fn close(&mut self, levels: u32) {
        self.depth.leave(levels);
        self.put(&[tag::END]);
    }

    /// The hash of all bytes since the last call; the stream is empty again.
    #[inline]
    pub(super) fn take_digest(&mut self) -> u128 {
        let digest = match self.spilled.take() {
            None => xxh3_128(self.buffered()),
            Some(state) => self.take_long(state),
        };
        self.len = 0;
        digest
    }

    #[cold]
    #[inline(never)]
    fn take_long(&self, mut state: Box<Xxh3>) -> u128 {
        state.update(self.buffered());
        state.digest128()
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, bytes: &[u8]) {
        let mut state = self.spilled.take().unwrap_or_else(|| Box::new(Xxh3::new()));
        state.update(self.buffered());
        self.len = 0;
        if bytes.len() >= CAPACITY {
            state.update(bytes);
        } else {
            self.keep(bytes);
        }
        self.spilled = Some(state);
    }

    /// Copies `bytes`, which fit.
    #[inline(always)]
    fn keep(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= CAPACITY - self.len);
        // SAFETY: both callers checked that `len + bytes.len() <= CAPACITY`, so the target lies inside the
        // buffer; a borrowed slice cannot overlap a field of `self`, which is borrowed mutably.
        #[allow(unsafe_code)]
        unsafe {
            let target = self.buffer.as_mut_ptr().add(self.len).cast::<u8>();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len());
        }
        self.len += bytes.len();
    }

    #[inline(always)]
    fn buffered(&self) -> &[u8] {
        // SAFETY: by the invariant these bytes are initialised.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts(self.buffer.as_ptr().cast(), self.len)
        }
    }
}

#[cold]
#[inline(never)]
pub(super) fn too_deep(error: TooDeep) -> Unhashable {
    Unhashable::from(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_one_shot_digest() {
        let bytes: Vec<u8> = (0..5000u32).map(|i| (i * 31) as u8).collect();
        for piece in [1, 3, 64, 511, 512, 513, 1000, 5000] {
            let mut stream = Stream::new();
            bytes.chunks(piece).for_each(|chunk| stream.put(chunk));
            assert_eq!(stream.take_digest(), xxh3_128(&bytes), "pieces of {piece}");
            assert_eq!(stream.take_digest(), xxh3_128(&[]), "empty again");
        }
    }

    #[test]
    fn names_of_every_length_are_framed() {
        let long = "n".repeat(300);
        for name in ["", "a", &long[..253], &long[..254], &long] {
            let mut stream = Stream::new();
            stream.put_name(name);
            let bytes = stream.buffered();
            assert_ne!(bytes[0], 0);
            let header = if name.len() < 254 { 1 } else { 9 };
            assert_eq!(&bytes[header..], name.as_bytes());
        }
    }
}
