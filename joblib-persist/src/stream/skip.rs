//! Passing over a value without building anything, however deep it is.

use super::decoder::Decoder;
use super::wire::{EXT_ARRAY, Head};
use joblib_core::Result;

/// Passes over the next value and everything in it.
pub(super) fn value(decoder: &mut Decoder<'_, '_>) -> Result<()> {
    let mut values = 1u64;
    while let Some(rest) = values.checked_sub(1) {
        values = rest;
        match decoder.head()? {
            Head::Str(len) | Head::Bin(len) => {
                decoder.take(len)?;
            }
            Head::Array(len) => values = values.saturating_add(len as u64),
            Head::Map(len) => values = values.saturating_add(2 * len as u64),
            Head::Ext(EXT_ARRAY, len) => {
                let array = decoder.array(len)?;
                decoder.skip_array(&array)?;
            }
            Head::Ext(_, len) => {
                decoder.take(len)?;
            }
            Head::Nil | Head::Bool(_) | Head::Unsigned(_) | Head::Signed(_) | Head::F32(_) | Head::F64(_) => {
            }
        }
    }
    Ok(())
}
