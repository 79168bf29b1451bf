//! What may be done with a dump once its main stream is open: read all of it, or a part.

use crate::stream::{Decoder, walk};
use joblib_core::Result;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// What is done with the main stream of a dump.
pub(crate) trait Visit {
    type Output;

    /// Whether the value is read to its end.
    const WHOLE: bool;

    fn visit(self, decoder: &mut Decoder<'_, '_>) -> Result<Self::Output>;
}

/// Deserialises the value.
pub(crate) struct Whole<T>(PhantomData<T>);

impl<T> Whole<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: DeserializeOwned> Visit for Whole<T> {
    type Output = T;
    const WHOLE: bool = true;

    fn visit(self, decoder: &mut Decoder<'_, '_>) -> Result<T> {
        let value = T::deserialize(&mut *decoder)?;
        decoder.finish()?;
        Ok(value)
    }
}

/// Deserialises the part of this name.
pub(crate) struct Part<'n, T>(&'n str, PhantomData<T>);

impl<'n, T> Part<'n, T> {
    pub(crate) fn new(name: &'n str) -> Self {
        Self(name, PhantomData)
    }
}

impl<T: DeserializeOwned> Visit for Part<'_, T> {
    type Output = T;
    const WHOLE: bool = false;

    fn visit(self, decoder: &mut Decoder<'_, '_>) -> Result<T> {
        walk::seek(decoder, self.0)?;
        T::deserialize(decoder)
    }
}
