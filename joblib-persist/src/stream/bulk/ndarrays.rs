//! The types of `ndarray` that are read at once.

use super::super::array_ext::ArrayExt;
use super::super::source::{Source, elements};
use super::table::Table;
use joblib_core::array::{Element, Order};
use joblib_core::{Error, Result};
use ndarray::{
    ArcArray, Array, Dimension, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn, ShapeBuilder, ShapeError,
};
use serde::de::DeserializeOwned;
use std::any::TypeId;

pub(super) fn insert_all<T: Element + DeserializeOwned>(table: &mut Table) {
    macro_rules! each {
        ($($dimension:ty),*) => {$(
            table.insert::<Array<T, $dimension>>(T::DTYPE, array);
            table.insert::<ArcArray<T, $dimension>>(T::DTYPE, shared);
        )*};
    }
    each!(Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn);
}

// The code below is compiled for every dtype and number of axes, so it is kept short.

/// What was written once is read once.
fn shared<'de, T: Element, D: Dimension + 'static>(
    source: &mut dyn Source<'de>,
    stored: &ArrayExt<'de>,
) -> Result<ArcArray<T, D>> {
    let kind = TypeId::of::<ArcArray<T, D>>();
    if let Some(Some(before)) = source.shared(stored, kind)
        && let Some(before) = before.downcast_ref::<ArcArray<T, D>>()
    {
        return Ok(before.clone());
    }
    let result = array::<T, D>(source, stored)?.into_shared();
    if let Some(shared) = source.shared(stored, kind) {
        *shared = Some(Box::new(result.clone()));
    }
    Ok(result)
}

fn array<'de, T: Element, D: Dimension>(
    source: &mut dyn Source<'de>,
    stored: &ArrayExt<'de>,
) -> Result<Array<T, D>> {
    check_axes(D::NDIM, stored.shape())?;
    let mut shape = D::zeros(stored.shape().len());
    shape.slice_mut().copy_from_slice(stored.shape());
    let elements = elements::<T>(source, stored)?;
    match Array::from_shape_vec(shape.set_f(stored.order == Order::Fortran), elements) {
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
