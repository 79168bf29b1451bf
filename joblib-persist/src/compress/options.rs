//! What `compress = ..` takes: a method, a level and whether bytes are shuffled first.

use super::method::Method;
use super::registry;
use joblib_core::{Error, Result, impl_serde_enum, impl_serde_struct};
use std::path::Path;

/// How arrays and streams are compressed: not at all by default.
///
/// ```
/// use joblib::{Compression, IntoCompression, Method};
///
/// # #[cfg(feature = "zlib")] {
/// let chosen = ("zlib", 6).into_compression()?;
/// assert_eq!(chosen, Compression::new(Method::Zlib).level(6));
/// assert!(0.into_compression()?.is_none());
/// assert!(("zlib", 12).into_compression().is_err());
/// # }
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Compression {
    method: Method,
    level: Option<u8>,
    shuffle: Shuffle,
    /// Whether `method` was merely the default, so that a file's extension decides instead.
    open: bool,
}

/// Whether the bytes of an array's elements are transposed before compression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shuffle {
    /// Decided every few dozen blocks, by compressing samples both ways. The fast methods (lz4, zstd up to
    /// level 2) go without where that leaves next to nothing, too.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl_serde_struct!(Compression { method, level, shuffle, open });
impl_serde_enum!(Shuffle { Auto, On, Off });

impl Compression {
    /// Compression by `method` at its default level.
    #[must_use]
    pub const fn new(method: Method) -> Self {
        Self { method, level: None, shuffle: Shuffle::Auto, open: false }
    }

    /// The same at another level; it is checked where the compression is used.
    #[must_use]
    pub const fn level(self, level: u8) -> Self {
        Self { level: Some(level), ..self }
    }

    /// The same with the byte shuffle decided.
    #[must_use]
    pub const fn shuffle(self, shuffle: Shuffle) -> Self {
        Self { shuffle, ..self }
    }

    /// The algorithm.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Whether bytes are stored as they are.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self.method, Method::None)
    }

    /// The whole-stream compression that a file's extension asks for, if it names one.
    #[must_use]
    pub fn from_extension(path: &Path) -> Option<Self> {
        Method::from_extension(path).map(Self::new)
    }

    /// The whole-stream compression for a file at `path`, if its extension names one: by that method, at the
    /// level asked for here. A method chosen explicitly is kept, whatever the extension.
    #[must_use]
    pub fn for_path(self, path: &Path) -> Option<Self> {
        if !self.is_none() && !self.open {
            return None;
        }
        let method = Method::from_extension(path)?;
        Some(Self { method, open: false, ..self })
    }

    /// Whether arrays' bytes are shuffled.
    pub(crate) const fn shuffling(&self) -> Shuffle {
        self.shuffle
    }

    /// The level asked for, else the method's default.
    ///
    /// # Errors
    ///
    /// A method that is not available, and a level it does not know.
    pub(crate) fn checked_level(&self) -> Result<u8> {
        if self.is_none() {
            return Ok(0);
        }
        let codec = registry::codec(self.method)?;
        let level = self.level.unwrap_or_else(|| codec.default_level());
        let known = codec.levels();
        if known.contains(&level) {
            return Ok(level);
        }
        let (method, first, last) = (self.method, known.start(), known.end());
        Err(Error::invalid(format!("{method} has the compression levels {first} to {last}, not {level}")))
    }

    /// For what `self` does not compress, such as anything but arrays by pco: the default method.
    pub(crate) fn fallback(&self) -> Self {
        Self { method: Method::preferred(), level: None, ..*self }
    }

    fn checked(self) -> Result<Self> {
        self.checked_level().map(|_| self)
    }

    fn of(method: Method, level: i64) -> Result<Self> {
        match level {
            0 => Ok(Self::default()),
            _ => match u8::try_from(level) {
                Ok(level) => Self::new(method).level(level).checked(),
                Err(_) => Err(Error::invalid(format!("{level} is not a compression level"))),
            },
        }
    }

    /// By the default method, which a file's extension overrules.
    fn preferred() -> Result<Self> {
        match Method::preferred() {
            Method::None => Err(Error::unsupported(
                "no general compression is built in: enable the feature `zstd`, `lz4` or `zlib`",
            )),
            method => Ok(Self { open: true, ..Self::new(method) }),
        }
    }
}

/// Anything that says how to compress.
///
/// | value | meaning |
/// |---|---|
/// | `false`, `0`, `"none"` | not at all |
/// | `true` | the default method: zstd 1 where it is built in, else lz4, else zlib 3; an error where none of them is |
/// | `1` to `9` | the default method at that level |
/// | `"xz"`, `Method::Xz` | that method at its default level |
/// | `("xz", 9)` | that method and level; level 0 is not at all |
///
/// With `true` or a level, the extension of the file decides on the method, if it names one.
pub trait IntoCompression {
    /// The compression that is meant.
    ///
    /// # Errors
    ///
    /// Unknown methods, methods that are not built in, and levels out of range.
    fn into_compression(self) -> Result<Compression>;
}

impl IntoCompression for Compression {
    fn into_compression(self) -> Result<Compression> {
        self.checked()
    }
}

impl IntoCompression for Method {
    fn into_compression(self) -> Result<Compression> {
        Compression::new(self).checked()
    }
}

impl IntoCompression for &str {
    fn into_compression(self) -> Result<Compression> {
        self.parse::<Method>()?.into_compression()
    }
}

impl IntoCompression for bool {
    fn into_compression(self) -> Result<Compression> {
        if self { Compression::preferred() } else { Ok(Compression::default()) }
    }
}

macro_rules! levels {
    ($($integer:ty),*) => {$(
        impl IntoCompression for $integer {
            fn into_compression(self) -> Result<Compression> {
                if self == 0 {
                    return Ok(Compression::default());
                }
                let preferred = Compression::preferred()?;
                Ok(Compression { open: true, ..Compression::of(preferred.method, i64::from(self))? })
            }
        }

        impl IntoCompression for (Method, $integer) {
            fn into_compression(self) -> Result<Compression> {
                Compression::of(self.0, i64::from(self.1))
            }
        }

        impl IntoCompression for (&str, $integer) {
            fn into_compression(self) -> Result<Compression> {
                Compression::of(self.0.parse()?, i64::from(self.1))
            }
        }
    )*};
}

levels!(u8, i32, u32);
