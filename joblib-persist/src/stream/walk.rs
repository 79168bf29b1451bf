//! Going through a main stream by the names in it, without deserialising what is not wanted.

use super::array_ext::{ArrayExt, Place};
use super::bulk;
use super::de::mismatch;
use super::decoder::Decoder;
use super::uninit;
use super::wire::{EXT_ARRAY, Head};
use crate::inspect::Located;
use joblib_core::array::{DType, Element, Order};
use joblib_core::{Error, Result};
use ndarray::{ArrayRef, ArrayView, Dimension, IxDyn, ShapeBuilder};

/// Moves the decoder to the value of this name: keys and indices on the way to it, with dots between; the value
/// itself has an empty name.
///
/// # Errors
///
/// If there is no such value.
pub(crate) fn seek(decoder: &mut Decoder<'_, '_>, name: &str) -> Result<()> {
    for step in name.split('.').filter(|step| !step.is_empty()) {
        let found = match decoder.head()? {
            Head::Map(len) => seek_key(decoder, len, step)?,
            Head::Array(len) => match step.parse::<usize>() {
                Ok(index) if index < len => {
                    (0..index).try_for_each(|_| decoder.skip_value())?;
                    true
                }
                _ => false,
            },
            _ => false,
        };
        if !found {
            return Err(Error::not_found(format!("the dump has no value `{name}`: there is no `{step}`")));
        }
    }
    Ok(())
}

fn seek_key(decoder: &mut Decoder<'_, '_>, len: usize, key: &str) -> Result<bool> {
    for _ in 0..len {
        if key_of(decoder)? == key {
            return Ok(true);
        }
        decoder.skip_value()?;
    }
    Ok(false)
}

/// Takes a key, written as text.
fn key_of(decoder: &mut Decoder<'_, '_>) -> Result<String> {
    Ok(match decoder.head()? {
        Head::Str(len) => decoder.text(len)?.to_owned(),
        Head::Unsigned(value) => value.to_string(),
        Head::Signed(value) => value.to_string(),
        Head::Bool(value) => value.to_string(),
        Head::Bin(len) => decoder.take(len)?.escape_ascii().to_string(),
        Head::Array(len) => {
            (0..len).try_for_each(|_| decoder.skip_value())?;
            "(..)".to_owned()
        }
        Head::Map(len) => {
            (0..len).try_for_each(|_| decoder.skip_value().and_then(|()| decoder.skip_value()))?;
            "{..}".to_owned()
        }
        Head::Ext(EXT_ARRAY, len) => {
            let array = decoder.array(len)?;
            decoder.skip_array(&array)?;
            "[..]".to_owned()
        }
        Head::Ext(_, len) => {
            decoder.take(len)?;
            "(..)".to_owned()
        }
        other @ (Head::Nil | Head::F32(_) | Head::F64(_)) => format!("{other:?}"),
    })
}

/// Takes the name of an array, its description, and where it is.
pub(crate) type ArrayVisitor<'v, 'de> = dyn FnMut(&str, &ArrayExt<'de>, Option<Located>) -> Result<()> + 'v;

/// Hands every array of the next value to `visit`, with its name as [`seek`] takes it.
pub(crate) fn arrays<'de>(
    decoder: &mut Decoder<'de, '_>,
    name: &mut String,
    visit: &mut ArrayVisitor<'_, 'de>,
) -> Result<()> {
    let len = name.len();
    let descend = |name: &mut String, step: &str| {
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(step);
    };
    match decoder.head()? {
        Head::Array(count) => {
            decoder.enter()?;
            for index in 0..count {
                descend(name, &index.to_string());
                arrays(decoder, name, visit)?;
                name.truncate(len);
            }
            decoder.leave();
        }
        Head::Map(count) => {
            decoder.enter()?;
            for _ in 0..count {
                descend(name, &key_of(decoder)?);
                arrays(decoder, name, visit)?;
                name.truncate(len);
            }
            decoder.leave();
        }
        Head::Ext(EXT_ARRAY, len) => {
            let array = decoder.array(len)?;
            let located = match array.place {
                Place::Inline(_) => None,
                Place::Elsewhere(_) => decoder.source.locate(&array)?,
            };
            visit(name, &array, located)?;
            decoder.skip_array(&array)?;
        }
        Head::Str(len) | Head::Bin(len) | Head::Ext(_, len) => {
            decoder.take(len)?;
        }
        Head::Nil | Head::Bool(_) | Head::Unsigned(_) | Head::Signed(_) | Head::F32(_) | Head::F64(_) => {}
    }
    Ok(())
}

/// Reads the next value, an array, into `target`, which has its dtype and shape.
pub(crate) fn read_into<T: Element, D: Dimension>(
    decoder: &mut Decoder<'_, '_>,
    target: &mut ArrayRef<T, D>,
) -> Result<()> {
    let array = match decoder.head()? {
        Head::Ext(EXT_ARRAY, len) => decoder.array(len)?,
        other => return Err(mismatch(other, &"an array of numbers")),
    };
    if array.dtype != T::DTYPE || array.shape() != target.shape() {
        let (found, shape) = (array.dtype, array.shape());
        let (expected, target) = (T::DTYPE, target.shape());
        return Err(Error::codec(format!(
            "an array of {found} of shape {shape:?} for one of {expected} of shape {target:?}"
        )));
    }
    let memory = match array.order {
        Order::C => target.view_mut().into_slice(),
        Order::Fortran => target.view_mut().reversed_axes().into_slice(),
    };
    // Bools must be checked before they are bools.
    if cfg!(target_endian = "little")
        && T::DTYPE != DType::Bool
        && let Some(memory) = memory
    {
        return uninit::refill(memory, |dst| bulk::fill(decoder.source, &array, dst));
    }
    let elements = bulk::elements::<T>(decoder.source, &array)?;
    let shape = IxDyn(array.shape()).set_f(array.order == Order::Fortran);
    let source =
        ArrayView::from_shape(shape, &elements).map_err(|error| Error::corrupt(error.to_string()))?;
    let source = source.into_dimensionality::<D>().map_err(|error| Error::corrupt(error.to_string()))?;
    target.assign(&source);
    Ok(())
}
