//! What the library asks of the pool, where loops are left out: without the feature `parallel` the caller
//! does all of it, in order.

use std::marker::PhantomData;

/// A call site.
#[derive(Debug, Default)]
pub struct Site(());

impl Site {
    /// There is nothing to know of it.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

/// How iterations are dealt out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Schedule {
    /// In loop order.
    Dynamic,
}

/// A loop over indices.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    len: usize,
    site: PhantomData<&'a Site>,
}

impl<'a> Region<'a> {
    /// A loop over `0..len`.
    #[must_use]
    pub const fn new(len: usize) -> Self {
        Self { len, site: PhantomData }
    }

    /// No matter.
    #[must_use]
    pub const fn site(self, _: &'a Site) -> Self {
        self
    }

    /// No matter.
    #[must_use]
    pub const fn schedule(self, _: Schedule) -> Self {
        self
    }

    /// No matter.
    #[must_use]
    pub const fn chunk(self, _: usize) -> Self {
        self
    }
}

/// How many threads a loop runs on.
#[must_use]
pub fn num_threads() -> usize {
    1
}

/// The values of `f` for all indices of the region, in order.
pub fn map<R: Send>(region: &Region<'_>, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    (0..region.len).map(f).collect()
}

/// As [`map`], with what `init` makes lent to all calls, up to the first error.
///
/// # Errors
///
/// That of `f`.
pub fn try_map<W, R: Send, E: Send>(
    region: &Region<'_>,
    init: impl Fn() -> W + Sync,
    f: impl Fn(&mut W, usize) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let mut lent = init();
    (0..region.len).map(|index| f(&mut lent, index)).collect()
}
