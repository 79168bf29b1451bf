//! What may be set for a whole `Memory` and again for each function.

use crate::store::{EntryMeta, Limits};
use crate::{Codec, MmapMode, Refused};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Decides whether a stored value may still be used, from what was recorded beside it.
pub type Validate = Arc<dyn Fn(&EntryMeta) -> bool + Send + Sync>;

/// Gives a type with a `policy_mut` the setters of every option.
macro_rules! policy_setters {
    ($codec:ident) => {
        /// Maps the arrays of stored results instead of reading them, where their type can be mapped.
        ///
        /// Applies to results large enough to have a file of their own, on the first call as on later ones.
        pub fn mmap_mode(mut self, mode: impl Into<Option<$crate::MmapMode>>) -> Self {
            self.policy_mut().mmap_mode = mode.into();
            self
        }

        /// Compresses results large enough to have a file of their own, as they are stored: `true`, a level,
        /// `"zstd"`, `("zlib", 3)`, what `Dump::compress` takes.
        pub fn compress<T>(mut self, compression: T) -> Self
        where
            $codec: $crate::Compresses<T>,
        {
            let policy = self.policy_mut();
            let wanted = <$codec as $crate::Compresses<T>>::compression(compression);
            policy.compress = policy.refused.accept("compress", wanted).unwrap_or_default();
            self
        }

        /// Recomputes entries that were stored this long ago or longer: a `Duration`, or text such as `"7d"`.
        pub fn expires_after(mut self, age: impl Into<$crate::TimeSpan>) -> Self {
            let policy = self.policy_mut();
            policy.expires_after = policy.refused.accept("expires_after", age.into().duration());
            self
        }

        /// Recomputes entries whose record this function refuses: Python's `cache_validation_callback`.
        pub fn validate(
            mut self,
            accept: impl Fn(&$crate::store::EntryMeta) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.policy_mut().validate.0 = Some(std::sync::Arc::new(accept));
            self
        }

        /// Bounds each function's stored bytes, by a number or text such as `"10G"`; the least recently used
        /// entries go first.
        pub fn max_bytes(mut self, bytes: impl Into<$crate::Size>) -> Self {
            let policy = self.policy_mut();
            policy.limits.bytes = policy.refused.accept("max_bytes", bytes.into().bytes());
            self
        }

        /// Bounds the number of each function's entries; the least recently used ones go first.
        pub fn max_items(mut self, items: u64) -> Self {
            self.policy_mut().limits.items = Some(items);
            self
        }

        /// Removes entries that were not used for this long: a `Duration`, or text such as `"30d"`.
        pub fn max_age(mut self, age: impl Into<$crate::TimeSpan>) -> Self {
            let policy = self.policy_mut();
            policy.limits.age = policy.refused.accept("max_age", age.into().duration());
            self
        }

        /// Prints what is computed (1), loaded (2), how long loading took (5) and what is stored where (11),
        /// to standard output.
        pub fn verbose(mut self, level: u32) -> Self {
            self.policy_mut().verbose = level;
            self
        }

        /// Keeps the arguments as text beside each result.
        pub fn record_args(mut self, record: bool) -> Self {
            self.policy_mut().record_args = record;
            self
        }
    };
}
pub(crate) use policy_setters;

/// As [`policy_setters`], the one that not every type can have as it is.
macro_rules! hot_setter {
    () => {
        /// Keeps up to this many bytes (a number, or text such as `"64M"`) of each function's recent results
        /// in memory, for types that are `Clone`.
        ///
        /// Bytes are counted as stored. Another process's removals are not seen by values kept so.
        pub fn hot(mut self, bytes: impl Into<$crate::Size>) -> Self {
            let policy = self.policy_mut();
            policy.hot = policy.refused.accept("hot", bytes.into().bytes());
            self
        }
    };
}
pub(crate) use hot_setter;

/// How a function's results are kept and when they are used again.
///
/// A [`Memory`](crate::Memory) has one, which its functions start from; `#[cached(..)]` and
/// [`MemorizedFunc`](crate::MemorizedFunc) change their own copy.
#[must_use = "setters give the changed value"]
pub struct Policy<C: Codec> {
    pub(crate) mmap_mode: Option<MmapMode>,
    pub(crate) compress: C::Compression,
    pub(crate) expires_after: Option<Duration>,
    pub(crate) validate: Validator,
    pub(crate) limits: Limits,
    pub(crate) hot: Option<u64>,
    pub(crate) verbose: u32,
    pub(crate) record_args: bool,
    /// Whether what is stored is compared with what was computed.
    pub(crate) compares: bool,
    /// What a function has with which it is not cached.
    pub(crate) refused: Refused,
}

crate::impl_serde_struct! {
    [C: Codec] [C: Codec] Policy<C> as ("Policy") {
        mmap_mode, compress, expires_after, validate, limits, hot, verbose, record_args
    } skip { compares, refused }
}

impl<C: Codec> Policy<C> {
    policy_setters!(C);
    hot_setter!();

    fn policy_mut(&mut self) -> &mut Self {
        self
    }

    /// Says whether what is stored is compared with what was computed.
    pub(crate) fn comparing(mut self, compares: bool) -> Self {
        self.compares = compares;
        self
    }

    /// Whether an entry with this record is young enough; `validate` has not been asked.
    pub(crate) fn is_fresh(&self, meta: &EntryMeta) -> bool {
        match self.expires_after {
            // A clock set back makes an entry look as if it came from the future: that is no age at all.
            Some(limit) => SystemTime::now().duration_since(meta.time).unwrap_or_default() < limit,
            None => true,
        }
    }

    /// Whether entries need their record looked at before use.
    pub(crate) fn is_conditional(&self) -> bool {
        self.expires_after.is_some() || self.validate.0.is_some()
    }

    /// Whether the arguments are wanted as text.
    pub(crate) fn wants_args(&self) -> bool {
        self.record_args || self.verbose > 0
    }
}

impl<C: Codec> Default for Policy<C> {
    fn default() -> Self {
        Self {
            mmap_mode: None,
            compress: C::Compression::default(),
            expires_after: None,
            validate: Validator::default(),
            limits: Limits::NONE,
            hot: None,
            verbose: 0,
            record_args: false,
            compares: false,
            refused: Refused::default(),
        }
    }
}

impl<C: Codec> Clone for Policy<C> {
    fn clone(&self) -> Self {
        Self {
            compress: self.compress.clone(),
            validate: self.validate.clone(),
            refused: self.refused.clone(),
            ..*self
        }
    }
}

impl<C: Codec> fmt::Debug for Policy<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("mmap_mode", &self.mmap_mode)
            .field("compress", &self.compress)
            .field("expires_after", &self.expires_after)
            .field("validate", &self.validate.0.is_some())
            .field("limits", &self.limits)
            .field("hot", &self.hot)
            .field("verbose", &self.verbose)
            .field("record_args", &self.record_args)
            .finish()
    }
}

/// Code, which does not travel.
#[derive(Clone, Default)]
pub(crate) struct Validator(pub(crate) Option<Validate>);

impl Serialize for Validator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(_) => Err(serde::ser::Error::custom(
                "a memory with `validate`, which is code, cannot be serialised",
            )),
            None => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Validator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self(None))
    }
}

/// What a cache may do, as `$JOBLIB_CACHE` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// Look up and store.
    #[default]
    ReadWrite,
    /// `readonly`: look up; compute, but store nothing.
    ReadOnly,
    /// `refresh`: look nothing up; compute and store.
    Refresh,
    /// `off`: compute only.
    Off,
}

crate::impl_serde_enum!(Access { ReadWrite, ReadOnly, Refresh, Off });

impl Access {
    /// What `$JOBLIB_CACHE` asks for; unset, empty and `on` are [`ReadWrite`](Access::ReadWrite).
    #[must_use]
    pub fn from_env() -> Self {
        let Some(value) = std::env::var_os("JOBLIB_CACHE") else { return Access::ReadWrite };
        match value.to_str().map(str::to_ascii_lowercase).as_deref() {
            Some("" | "on" | "readwrite") => Access::ReadWrite,
            Some("off") => Access::Off,
            Some("readonly") => Access::ReadOnly,
            Some("refresh") => Access::Refresh,
            _ => {
                crate::event!(WARN, ?value, "JOBLIB_CACHE is none of off, readonly, refresh: ignored");
                Access::ReadWrite
            }
        }
    }

    /// Whether stored values may be used.
    pub(crate) fn reads(self) -> bool {
        matches!(self, Access::ReadWrite | Access::ReadOnly)
    }

    /// Whether computed values are to be stored.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Access::ReadWrite | Access::Refresh)
    }
}
