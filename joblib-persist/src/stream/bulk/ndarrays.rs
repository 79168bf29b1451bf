//! The types of `ndarray` that are read at once.

use super::super::array_ext::ArrayExt;
use super::super::source::Source;
use super::{Entry, elements, insert};
use joblib_core::array::{Element, Order};
use joblib_core::{Error, Result};
use ndarray::{
    ArcArray, Array, Dimension, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn, ShapeBuilder, ShapeError,
};
use serde::de::Deserialize;
use std::any::TypeId;
use std::collections::HashMap;

pub(super) fn insert_all<T: Element + for<'de> Deserialize<'de>>(table: &mut HashMap<TypeId, Entry>) {
    macro_rules! each {
        ($($dimension:ty),*) => {$(
            insert::<Array<T, $dimension>>(table, T::DTYPE, build_array::<T, $dimension>);
            insert::<ArcArray<T, $dimension>>(table, T::DTYPE, build_shared::<T, $dimension>);
        )*};
    }
    each!(Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn);
}

// What follows is compiled for every dtype and number of axes: it is kept short.

/// # Safety
///
/// `out` is valid for writing an `Array<T, D>`.
unsafe fn build_array<'de, T: Element, D: Dimension>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
    out: *mut (),
) -> Result<()> {
    let result = read::<T, D>(source, array)?;
    // SAFETY: the caller's promise.
    unsafe { out.cast::<Array<T, D>>().write(result) };
    Ok(())
}

/// What was written once is read once.
///
/// # Safety
///
/// `out` is valid for writing an `ArcArray<T, D>`.
unsafe fn build_shared<'de, T: Element, D: Dimension + 'static>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
    out: *mut (),
) -> Result<()> {
    let kind = TypeId::of::<ArcArray<T, D>>();
    let result = if let Some(Some(before)) = source.shared(array, kind)
        && let Some(before) = before.downcast_ref::<ArcArray<T, D>>()
    {
        before.clone()
    } else {
        let result = read::<T, D>(source, array)?.into_shared();
        if let Some(shared) = source.shared(array, kind) {
            *shared = Some(Box::new(result.clone()));
        }
        result
    };
    // SAFETY: the caller's promise.
    unsafe { out.cast::<ArcArray<T, D>>().write(result) };
    Ok(())
}

fn read<'de, T: Element, D: Dimension>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
) -> Result<Array<T, D>> {
    check_axes(D::NDIM, array.shape())?;
    let mut shape = D::zeros(array.shape().len());
    shape.slice_mut().copy_from_slice(array.shape());
    let elements = elements::<T>(source, array)?;
    match Array::from_shape_vec(shape.set_f(array.order == Order::Fortran), elements) {
        Ok(array) => Ok(array),
        Err(error) => Err(corrupt(&error)),
    }
}

fn check_axes(expected: Option<usize>, shape: &[usize]) -> Result<()> {
    match expected {
        Some(axes) if axes != shape.len() => {
            Err(Error::codec(format!("an array of shape {shape:?} where {axes} axes are expected")))
        }
        _ => Ok(()),
    }
}

#[cold]
fn corrupt(error: &ShapeError) -> Error {
    Error::corrupt(error.to_string())
}
