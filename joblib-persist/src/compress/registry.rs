//! All compression methods of this process, built-in and registered, by name, extension and first bytes.

use super::compressor::Compressor;
use super::method::{BUILT_IN, BuiltIn, Method};
use joblib_core::{Error, Result};
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

/// As many bytes as a stream needs to be recognised by.
pub(crate) const HEAD: usize = 16;

/// A method's name is stored in a field of this many bytes at most.
const MAX_NAME: usize = 32;

/// Registered for the rest of the process: names and methods are handed out as `'static`.
static REGISTERED: RwLock<Vec<(&'static str, &'static dyn Compressor)>> = RwLock::new(Vec::new());

/// Makes your own compression method known to `dump`, by name and extension, and to `load`, by content.
///
/// Files remember the name, so a program that loads them registers the method, too. The name of a built-in
/// method is always refused; one that was registered before is replaced only with `force`, for calls to come.
///
/// ```
/// use joblib::{Compressor, Method, StreamWriter, register_compressor};
/// use std::io::{self, Read, Write};
///
/// /// Turns every bit over: compresses nothing, but cannot be read by accident.
/// struct Inverted;
///
/// impl Compressor for Inverted {
///     fn name(&self) -> &str {
///         "inverted"
///     }
///     fn extension(&self) -> &str {
///         ".inv"
///     }
///     fn prefix(&self) -> &[u8] {
///         b"INVERTED"
///     }
///     fn writer<'w>(
///         &self,
///         mut sink: Box<dyn Write + 'w>,
///         _level: u8,
///     ) -> io::Result<Box<dyn StreamWriter + 'w>> {
///         sink.write_all(b"INVERTED")?;
///         Ok(Box::new(Inverting(sink)))
///     }
///     fn reader<'r>(&self, mut source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
///         source.read_exact(&mut [0; 8])?;
///         Ok(Box::new(Inverting(source)))
///     }
/// }
///
/// struct Inverting<S>(S);
///
/// impl<S: Write> Write for Inverting<S> {
///     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
///         let inverted: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
///         self.0.write(&inverted)
///     }
///     fn flush(&mut self) -> io::Result<()> {
///         self.0.flush()
///     }
/// }
///
/// impl<S: Write> StreamWriter for Inverting<S> {
///     fn finish(mut self: Box<Self>) -> io::Result<()> {
///         self.0.flush()
///     }
/// }
///
/// impl<S: Read> Read for Inverting<S> {
///     fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
///         let read = self.0.read(bytes)?;
///         bytes[..read].iter_mut().for_each(|byte| *byte = !*byte);
///         Ok(read)
///     }
/// }
///
/// let inverted = register_compressor(Inverted, false)?;
/// assert_eq!("inverted".parse::<Method>()?, inverted);
/// assert!(register_compressor(Inverted, false).is_err());
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # Errors
///
/// A name that is empty, longer than 32 bytes, built in, or registered before without `force`.
pub fn register_compressor(compressor: impl Compressor + 'static, force: bool) -> Result<Method> {
    let name = compressor.name();
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Error::invalid(format!("a compressor's name has 1 to {MAX_NAME} bytes, not `{name}`")));
    }
    if name == Method::None.name() || Method::ALL.iter().any(|method| method.name() == name) {
        return Err(Error::invalid(format!("the compressor `{name}` is built in and cannot be replaced")));
    }
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let position = registered.iter().position(|(known, _)| *known == name);
    match position {
        Some(_) if !force => {
            Err(Error::invalid(format!("a compressor `{name}` is registered; pass `force` to replace it")))
        }
        Some(position) => {
            registered[position].1 = Box::leak(Box::new(compressor));
            Ok(Method::Registered(registered[position].0))
        }
        None => {
            let name: &'static str = Box::leak(name.into());
            registered.push((name, Box::leak(Box::new(compressor))));
            Ok(Method::Registered(name))
        }
    }
}

/// What compresses and decompresses `method`.
///
/// # Errors
///
/// A method whose feature is off, or that was never registered here; and [`Method::None`], which has nothing.
pub(crate) fn codec(method: Method) -> Result<&'static dyn Compressor> {
    if let Some(BuiltIn { codec, feature, .. }) = BUILT_IN.iter().find(|row| row.method == method) {
        return codec.ok_or_else(|| {
            Error::unsupported(format!(
                "{method} compression is not built in: enable the feature `{feature}`"
            ))
        });
    }
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    let found = registered.iter().find(|(name, _)| *name == method.name());
    found.map(|(_, codec)| *codec).ok_or_else(|| not_registered(method.name()))
}

/// The method of this name, built in or registered.
pub(crate) fn by_name(name: &str) -> Option<Method> {
    if name == Method::None.name() {
        return Some(Method::None);
    }
    find(|row| row.method.name() == name, |codec| codec.name() == name)
}

/// The method of files with this extension, given without its dot.
fn by_extension(extension: &str) -> Option<Method> {
    let is_it = |known: &str| known.strip_prefix('.') == Some(extension);
    find(|row| is_it(row.extension), |codec| is_it(codec.extension()))
}

/// The method of a stream that begins with `head`, at least [`HEAD`] bytes where there are as many.
pub(crate) fn by_content(head: &[u8]) -> Option<Method> {
    find(|row| row.prefixes.iter().any(|prefix| head.starts_with(prefix)), |codec| codec.recognizes(head))
}

/// The error for a file that needs a method unknown to this process.
#[cold]
pub(crate) fn not_registered(name: &str) -> Error {
    Error::unsupported(format!("the compressor `{name}` is neither built in nor registered"))
}

fn find(built_in: impl Fn(&BuiltIn) -> bool, own: impl Fn(&dyn Compressor) -> bool) -> Option<Method> {
    if let Some(row) = BUILT_IN.iter().find(|row| built_in(row)) {
        return Some(row.method);
    }
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    registered.iter().find(|(_, codec)| own(*codec)).map(|(name, _)| Method::Registered(name))
}

impl Method {
    /// Whether this build can compress and decompress with it.
    #[must_use]
    pub fn is_available(self) -> bool {
        self == Method::None || codec(self).is_ok()
    }

    /// The levels it knows; empty for [`Method::None`] and for a method that is not available.
    #[must_use]
    #[expect(clippy::reversed_empty_ranges, reason = "no levels: the range is to be empty")]
    pub fn levels(self) -> RangeInclusive<u8> {
        codec(self).map_or(1..=0, |codec| codec.levels())
    }

    /// The method that `compress = true` stands for: Zstandard where it is built in, else LZ4, else zlib;
    /// [`Method::None`] where there is none of them, which makes `true` an error.
    #[must_use]
    pub fn preferred() -> Self {
        let built = |method: &Method| method.is_available();
        [Method::Zstd, Method::Lz4, Method::Zlib].into_iter().find(built).unwrap_or(Method::None)
    }

    /// The method whose files have `path`'s extension.
    #[must_use]
    pub fn from_extension(path: impl AsRef<Path>) -> Option<Self> {
        by_extension(path.as_ref().extension()?.to_str()?)
    }
}

impl FromStr for Method {
    type Err = Error;

    /// # Errors
    ///
    /// An unknown name; the message lists the known ones.
    fn from_str(name: &str) -> Result<Self> {
        by_name(name).ok_or_else(|| {
            let known = names().join(", ");
            Error::invalid(format!("unknown compression method `{name}`: it is one of {known}"))
        })
    }
}

/// All names, for messages.
fn names() -> Vec<&'static str> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    let built_in = Method::ALL.iter().map(|method| method.name());
    std::iter::once(Method::None.name())
        .chain(built_in)
        .chain(registered.iter().map(|(name, _)| *name))
        .collect()
}
