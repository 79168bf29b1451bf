//! The bytes of one array in the order in which they are stored.

use joblib_core::array::{Order, RawArray};

/// An array's little-endian bytes: a slice of its memory where it lies without gaps, else gathered in C order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload<'a> {
    array: &'a RawArray<'a>,
    contiguous: Option<(Order, &'a [u8])>,
}

impl<'a> Payload<'a> {
    pub(crate) fn new(array: &'a RawArray<'a>) -> Self {
        let contiguous = if cfg!(target_endian = "little") { array.contiguous() } else { None };
        Self { array, contiguous }
    }

    /// The order of the elements.
    pub(crate) fn order(&self) -> Order {
        self.contiguous.map_or(Order::C, |(order, _)| order)
    }

    /// Number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.array.nbytes()
    }

    /// The bytes as they lie in memory, where that is how they are stored.
    pub(crate) fn as_slice(&self) -> Option<&'a [u8]> {
        self.contiguous.map(|(_, bytes)| bytes)
    }

    /// Hands out all bytes in order: whole where they are a slice, else in chunks of bounded size.
    pub(crate) fn for_each_chunk<E>(&self, mut visit: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match self.as_slice() {
            Some([]) => Ok(()),
            Some(bytes) => visit(bytes),
            None => self.array.for_each_chunk(visit),
        }
    }
}
