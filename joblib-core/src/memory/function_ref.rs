//! Reaching a `Function` without counting references where it lives as long as the program.

use super::function::Function;
use crate::Codec;
use std::ops::Deref;
use std::sync::Arc;

/// A function of a `static` site, or one that belongs to a `Memory` made at run time.
#[derive(Debug)]
pub enum FunctionRef<C: Codec> {
    /// Never freed.
    Static(&'static Function<C>),
    /// Freed with its last user.
    Shared(Arc<Function<C>>),
}

impl<C: Codec> Deref for FunctionRef<C> {
    type Target = Function<C>;

    #[inline]
    fn deref(&self) -> &Function<C> {
        match self {
            FunctionRef::Static(function) => function,
            FunctionRef::Shared(function) => function,
        }
    }
}

impl<C: Codec> Clone for FunctionRef<C> {
    fn clone(&self) -> Self {
        match self {
            FunctionRef::Static(function) => FunctionRef::Static(function),
            FunctionRef::Shared(function) => FunctionRef::Shared(Arc::clone(function)),
        }
    }
}
