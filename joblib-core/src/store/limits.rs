//! How much a cache may hold.

use crate::{Result, Size, TimeSpan};
use std::ops::AddAssign;
use std::time::Duration;

/// Bounds on a function's or a whole cache's entries; `None` is no bound.
///
/// ```
/// use joblib::store::Limits;
///
/// let limits = Limits::NONE.with_bytes("10G")?.with_items(1000).with_age("30d")?;
/// assert_eq!((limits.bytes, limits.items), (Some(10 << 30), Some(1000)));
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Total bytes of the values.
    pub bytes: Option<u64>,
    /// Number of entries.
    pub items: Option<u64>,
    /// Time since the last use.
    pub age: Option<Duration>,
}

crate::impl_serde_struct!(Limits { bytes, items, age });

impl Limits {
    /// No bound at all.
    pub const NONE: Limits = Limits { bytes: None, items: None, age: None };

    /// Whether nothing is bounded.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// The same with at most this many bytes: a number or text such as `"10G"`.
    ///
    /// # Errors
    ///
    /// Text that is no size.
    pub fn with_bytes(self, bytes: impl Into<Size>) -> Result<Self> {
        Ok(Self { bytes: Some(bytes.into().bytes()?), ..self })
    }

    /// The same with at most this many entries.
    #[must_use]
    pub fn with_items(self, items: u64) -> Self {
        Self { items: Some(items), ..self }
    }

    /// The same for entries that were used within this time: a [`Duration`] or text such as `"30d"`.
    ///
    /// # Errors
    ///
    /// Text that is no span of time.
    pub fn with_age(self, age: impl Into<TimeSpan>) -> Result<Self> {
        Ok(Self { age: Some(age.into().duration()?), ..self })
    }
}

/// What [`reduce_size`](crate::store::Store::reduce_size) removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reduced {
    /// Entries removed.
    pub items: u64,
    /// Bytes of their values.
    pub bytes: u64,
}

impl Reduced {
    /// This many entries, of this many bytes together.
    #[must_use]
    pub const fn new(items: u64, bytes: u64) -> Self {
        Self { items, bytes }
    }
}

impl AddAssign for Reduced {
    fn add_assign(&mut self, more: Self) {
        self.items += more.items;
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}
