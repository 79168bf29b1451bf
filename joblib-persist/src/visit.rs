//! What can be done with a dump once its main stream is open: reading all of it, or a part.

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

/// A visit as layouts see it, which are compiled once, whatever is read.
pub(crate) trait Visiting {
    /// Whether the value is read to its end.
    fn is_whole(&self) -> bool;

    /// To be called once.
    fn visit(&mut self, decoder: &mut Decoder<'_, '_>) -> Result<()>;
}

/// What `visitor` makes of the decoder that `layout` hands it.
pub(crate) fn through<V: Visit>(
    visitor: V,
    layout: impl FnOnce(&mut dyn Visiting) -> Result<()>,
) -> Result<V::Output> {
    let mut visiting = Once { visitor: Some(visitor), output: None };
    layout(&mut visiting)?;
    Ok(visiting.output.unwrap_or_else(|| unreachable!("a layout without a visit")))
}

struct Once<V: Visit> {
    visitor: Option<V>,
    output: Option<V::Output>,
}

impl<V: Visit> Visiting for Once<V> {
    fn is_whole(&self) -> bool {
        V::WHOLE
    }

    fn visit(&mut self, decoder: &mut Decoder<'_, '_>) -> Result<()> {
        if let Some(visitor) = self.visitor.take() {
            self.output = Some(visitor.visit(decoder)?);
        }
        Ok(())
    }
}

/// Deserialises the value.
pub(crate) struct Whole<T>(pub(crate) PhantomData<T>);

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
pub(crate) struct Part<'n, T>(pub(crate) &'n str, pub(crate) PhantomData<T>);

impl<T: DeserializeOwned> Visit for Part<'_, T> {
    type Output = T;
    const WHOLE: bool = false;

    fn visit(self, decoder: &mut Decoder<'_, '_>) -> Result<T> {
        walk::seek(decoder, self.0)?;
        T::deserialize(decoder)
    }
}
