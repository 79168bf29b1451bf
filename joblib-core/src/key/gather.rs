//! Elements that are serialised one by one, fed as the array that they form.

use super::error::Unhashable;
use super::shape::Shape;
use super::stream::Stream;
use super::{array, tree};
use crate::array::{DType, Numbers, element_dtype};
use serde::Serialize;
use serde::ser::Error as _;

/// Feeds elements that come one by one, packed as they would be in the array's memory.
pub(super) struct Gather<'a> {
    left: usize,
    shape: Shape,
    target: Target<'a>,
}

enum Target<'a> {
    /// No element has been seen yet, so the dtype is not known.
    Unknown(&'a mut Stream),
    Known {
        dtype: DType,
        buffer: Vec<u8>,
        pieces: tree::Pieces<'a>,
    },
    Taken,
}

const BUFFER: usize = 64 * 1024;

impl<'a> Gather<'a> {
    /// For the elements of an array of numbers of this shape.
    pub(super) fn new(stream: &'a mut Stream, shape: Shape) -> Self {
        Self { left: shape.len().unwrap_or(usize::MAX), shape, target: Target::Unknown(stream) }
    }

    #[cold]
    fn begin(&mut self, dtype: Option<DType>) -> Result<(), Unhashable> {
        let Target::Unknown(stream) = std::mem::replace(&mut self.target, Target::Taken) else {
            return Err(mismatch());
        };
        let dtype = dtype.ok_or_else(mismatch)?;
        let total = self.left.checked_mul(dtype.size()).ok_or_else(mismatch)?;
        array::put_header(stream, Some(dtype), self.shape.as_slice());
        let buffer = Vec::with_capacity((BUFFER + dtype.size()).min(total));
        self.target = Target::Known { dtype, buffer, pieces: tree::Pieces::new(stream, total) };
        Ok(())
    }

    #[inline]
    pub(super) fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        if let Target::Unknown(_) = self.target {
            self.begin(element_dtype::<T>())?;
        }
        let Target::Known { dtype, buffer, pieces } = &mut self.target else {
            return Err(mismatch());
        };
        let before = buffer.len();
        value.serialize(Numbers::<Unhashable>::new(buffer))?;
        if buffer.len() - before != dtype.size() || self.left == 0 {
            return Err(mismatch());
        }
        self.left -= 1;
        if buffer.len() >= BUFFER {
            pieces.put(buffer);
            buffer.clear();
        }
        Ok(())
    }

    pub(super) fn end(self) -> Result<(), Unhashable> {
        if self.left > 0 {
            return Err(mismatch());
        }
        match self.target {
            Target::Unknown(stream) => array::put_header(stream, None, self.shape.as_slice()),
            Target::Known { buffer, mut pieces, .. } => {
                pieces.put(&buffer);
                pieces.finish();
            }
            Target::Taken => {}
        }
        Ok(())
    }
}

#[cold]
fn mismatch() -> Unhashable {
    Unhashable::custom("an array whose elements do not match its shape")
}
