//! The bytes of one array in the order in which they are stored.

use joblib_core::array::{Container, DType, Order, RawArray};
use joblib_core::memmap::ArrayPlace;

/// An array's description and its little-endian bytes: a slice where they lie so already, else gathered in C
/// order.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    dtype: DType,
    container: Container,
    shape: &'a [usize],
    contents: Contents<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Contents<'a> {
    Slice(Order, &'a [u8]),
    Gather(&'a RawArray<'a>),
}

impl<'a> Payload<'a> {
    pub(crate) fn new(array: &'a RawArray<'a>) -> Self {
        let contents = match array.contiguous() {
            Some((order, bytes)) if cfg!(target_endian = "little") => Contents::Slice(order, bytes),
            _ => Contents::Gather(array),
        };
        Self { dtype: array.dtype(), container: array.container(), shape: array.shape(), contents }
    }

    /// Elements that were collected one by one, in C order.
    pub(crate) fn collected(dtype: DType, container: Container, shape: &'a [usize], bytes: &'a [u8]) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>() * dtype.size(), bytes.len());
        Self { dtype, container, shape, contents: Contents::Slice(Order::C, bytes) }
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(crate) fn container(&self) -> Container {
        self.container
    }

    pub(crate) fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// The order of the elements.
    pub(crate) fn order(&self) -> Order {
        match self.contents {
            Contents::Slice(order, _) => order,
            Contents::Gather(_) => Order::C,
        }
    }

    /// Number of bytes.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        match self.contents {
            Contents::Slice(_, bytes) => bytes.len(),
            Contents::Gather(array) => array.nbytes(),
        }
    }

    /// The bytes as they lie in memory, where that is how they are stored.
    #[must_use]
    pub fn as_slice(&self) -> Option<&'a [u8]> {
        match self.contents {
            Contents::Slice(_, bytes) => Some(bytes),
            Contents::Gather(_) => None,
        }
    }

    /// Where the elements lie in a mapped file, if with gaps.
    #[must_use]
    pub fn strided_place(&self) -> Option<ArrayPlace> {
        match self.contents {
            Contents::Slice(..) => None,
            Contents::Gather(array) => ArrayPlace::of(array),
        }
    }

    /// Hands out all bytes in order: whole where they are a slice, else in chunks of bounded size.
    ///
    /// # Errors
    ///
    /// The first error of `visit`.
    pub fn for_each_chunk<E>(&self, mut visit: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match self.contents {
            Contents::Slice(_, []) => Ok(()),
            Contents::Slice(_, bytes) => visit(bytes),
            Contents::Gather(array) => array.for_each_chunk(visit),
        }
    }
}
