//! Reading an array into an existing array.

use super::decoder::Decoder;
use super::source;
use super::uninit;
use super::wire::{EXT_ARRAY, Head};
use joblib_core::array::{DType, Element, Order};
use joblib_core::{Error, Result};
use ndarray::{ArrayRef, ArrayView, Dimension, IxDyn, ShapeBuilder};

/// Reads the next value, an array, into `target`, which has its dtype and shape.
pub(crate) fn read_into<T: Element, D: Dimension>(
    decoder: &mut Decoder<'_, '_>,
    target: &mut ArrayRef<T, D>,
) -> Result<()> {
    let array = match decoder.head()? {
        Head::Ext(EXT_ARRAY, len) => decoder.array(len)?,
        other => return Err(other.mismatch(&"an array of numbers")),
    };
    if array.dtype != T::DTYPE || array.shape() != target.shape() {
        let (found, shape) = (array.dtype, array.shape());
        let (expected, target) = (T::DTYPE, target.shape());
        return Err(Error::codec(format!(
            "an array of {found} of shape {shape:?} for one of {expected} of shape {target:?}"
        )));
    }
    let mut memory = target.view_mut();
    if array.order == Order::Fortran {
        memory = memory.reversed_axes();
    }
    let memory = memory.into_slice();
    // Bools must be checked before they are bools.
    if cfg!(target_endian = "little")
        && T::DTYPE != DType::Bool
        && let Some(memory) = memory
    {
        return uninit::refill(memory, |dst| source::fill(decoder.source, &array, dst));
    }
    let elements = source::elements::<T>(decoder.source, &array)?;
    let shape = IxDyn(array.shape()).set_f(array.order == Order::Fortran);
    let source =
        ArrayView::from_shape(shape, &elements).map_err(|error| Error::corrupt(error.to_string()))?;
    let source = source.into_dimensionality::<D>().map_err(|error| Error::corrupt(error.to_string()))?;
    target.assign(&source);
    Ok(())
}
