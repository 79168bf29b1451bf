//! The one error type: opaque, queried by predicates, naming the file or the task it is about.

mod carried;
mod run;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What every fallible call returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// Why an operation on a cache, a key, a dump or a mapped array, or a run of tasks, failed.
///
/// The error is opaque so that causes can be added without breaking callers; query it with the `is_*`
/// predicates. Its `Display` names the file it is about; [`source`](StdError::source) gives the underlying
/// cause.
/// Where one task of a run is to blame, [`task_index`](Error::task_index) says which.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    path: Option<PathBuf>,
    /// The part of the value.
    field: Option<String>,
    offset: Option<u64>,
    /// The task of a run.
    task: Option<usize>,
    source: Option<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Io,
    NotFound,
    Corrupt,
    Unsupported,
    Invalid,
    ReadOnly,
    Refused,
    Limit,
    Codec,
    Unhashable,
    Panicked,
    Timeout,
    Cancelled,
    WorkerDied,
    Memory,
    Message,
    Backend,
    Task,
}

impl Error {
    /// An I/O failure while doing `what` to `path`.
    #[cold]
    pub fn io(what: impl Into<String>, path: impl AsRef<Path>, source: io::Error) -> Self {
        let kind = if source.kind() == io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Io };
        Self::build(kind, what.into(), Some(path.as_ref().to_owned()), Some(source.into()))
    }

    /// An I/O failure while doing `what` with something that has no path.
    #[cold]
    pub fn stream(what: impl Into<String>, source: io::Error) -> Self {
        Self::build(Kind::Io, what.into(), None, Some(source.into()))
    }

    /// An entry, file or reference that is not there.
    #[cold]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::build(Kind::NotFound, message.into(), None, None)
    }

    /// Bytes that are not what their format says.
    #[cold]
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::build(Kind::Corrupt, message.into(), None, None)
    }

    /// A format version, platform or combination that this build does not handle.
    #[cold]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::build(Kind::Unsupported, message.into(), None, None)
    }

    /// An option or argument whose value cannot be used.
    #[cold]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::build(Kind::Invalid, message.into(), None, None)
    }

    /// A write to something opened for reading.
    #[cold]
    pub fn read_only(message: impl Into<String>) -> Self {
        Self::build(Kind::ReadOnly, message.into(), None, None)
    }

    /// Something that is not safe to use: a location that is foreign-owned or writable by everyone, or bytes
    /// that an array is writing to.
    #[cold]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::build(Kind::Refused, message.into(), None, None)
    }

    /// Input or a value that is larger or deeper than the limits allow.
    #[cold]
    pub fn limit(message: impl Into<String>) -> Self {
        Self::build(Kind::Limit, message.into(), None, None)
    }

    /// A value that its codec could not encode or decode.
    #[cold]
    pub fn codec(source: impl Into<Source>) -> Self {
        Self::build(Kind::Codec, "the value could not be converted".into(), None, Some(source.into()))
    }

    /// A value that has no key, because its `Serialize` failed or it is nested too deep.
    #[cold]
    pub fn unhashable(message: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::build(Kind::Unhashable, message.into(), None, Some(source.into()))
    }

    /// A copy, for every caller that asks for a missing key.
    #[cold]
    pub(crate) fn no_key(&self) -> Self {
        let text = self.to_string();
        let source: Source = if self.is_limit() { Self::limit(text).into() } else { text.into() };
        Self::unhashable("there is no key", source)
    }

    /// A copy that names this option.
    #[cold]
    pub(crate) fn of_option(&self, option: &str) -> Self {
        Self::build(self.0.kind, format!("{option}: {self}"), None, None)
    }

    /// User code, such as a result's `Serialize`, that panicked.
    #[cold]
    pub fn panicked(message: impl Into<String>) -> Self {
        Self::build(Kind::Panicked, message.into(), None, None)
    }

    /// The same error, naming `path` unless it names a path already, or `path` is empty, as that of a
    /// nameless file.
    #[must_use]
    pub fn with_path(mut self, path: impl AsRef<Path>) -> Self {
        if !path.as_ref().as_os_str().is_empty() {
            self.0.path.get_or_insert_with(|| path.as_ref().to_owned());
        }
        self
    }

    /// The same error, naming byte `offset` of its file unless it names a place already.
    #[must_use]
    pub fn with_offset(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// The same error, about a part of a value that is now known to be at `step` (a field, key or index) of a
    /// larger one.
    #[must_use]
    #[cold]
    pub fn within(mut self, step: impl fmt::Display) -> Self {
        self.0.field = Some(match self.0.field.take() {
            Some(field) => format!("{step}.{field}"),
            None => step.to_string(),
        });
        self
    }

    /// The part of the value that the error is about: the fields, keys and indices that lead to it, with dots
    /// between, such as `steps.1.coef`. `None` where it is the whole value, or not known.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The byte at which damage was found, where that is known: in the file, or in the main stream of a dump,
    /// which may begin further back in its file or be compressed there.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The file or directory the error is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The operating system's error, where one is the cause.
    #[must_use]
    pub fn io_error(&self) -> Option<&io::Error> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// Whether the operating system failed the operation.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.io_error().is_some()
    }

    /// Whether the entry, file or reference does not exist (any more).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == Kind::NotFound
    }

    /// Whether stored bytes are damaged.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.0.kind == Kind::Corrupt
    }

    /// Whether this build or platform lacks what was asked for, such as a newer format.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == Kind::Unsupported
    }

    /// Whether an option or argument is at fault.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.0.kind == Kind::Invalid
    }

    /// Whether something read-only would have been written to.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.0.kind == Kind::ReadOnly
    }

    /// Whether something was refused as unsafe: a location that is not the user's own, or bytes of a map that
    /// an array of this process is writing to.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.kind == Kind::Refused
    }

    /// Whether a limit on size or depth stopped the operation.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        let source = self.0.source.as_ref().and_then(|source| source.downcast_ref::<Self>());
        self.0.kind == Kind::Limit || source.is_some_and(Self::is_limit)
    }

    /// Whether a value could not be encoded or decoded.
    #[must_use]
    pub fn is_codec(&self) -> bool {
        self.0.kind == Kind::Codec
    }

    /// Whether an argument could not be hashed, because its `Serialize` failed or it is nested too deep.
    #[must_use]
    pub fn is_unhashable(&self) -> bool {
        self.0.kind == Kind::Unhashable
    }

    /// Whether user code panicked: a task, or code that ran on a cache's behalf, such as a result's
    /// `Serialize`. Most calls re-throw a task's panic.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        self.0.kind == Kind::Panicked
    }

    #[cold]
    fn build(kind: Kind, message: String, path: Option<PathBuf>, source: Option<Source>) -> Self {
        Self(Box::new(Inner { kind, message, path, field: None, offset: None, task: None, source }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.leave_copy();
        let Inner { message, path, field, offset, source, .. } = &*self.0;
        f.write_str(message)?;
        if let Some(offset) = offset {
            write!(f, " at byte {offset}")?;
        }
        if let Some(path) = path {
            write!(f, " [{}]", path.display())?;
        }
        if let Some(field) = field {
            write!(f, ": {field}")?;
        }
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_was_done_where_and_why() {
        let error = Error::io("cannot open", "/no/such", io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(error.to_string(), "cannot open [/no/such]: permission denied");
        assert!(error.is_io() && !error.is_not_found());
        assert_eq!(Error::corrupt("cut short").with_path("").path(), None);
    }

    #[test]
    fn kinds_survive_serde() {
        let refused = || Error::refused("in use").with_path("a").with_offset(7);
        let kept = refused();
        for error in [
            <Error as serde::de::Error>::custom(refused()),
            <Error as serde::ser::Error>::custom(&kept),
            serde::de::Error::custom(io::Error::other(refused())),
        ] {
            assert!(error.is_refused());
            assert_eq!(error.to_string(), refused().to_string());
            assert_eq!((error.path(), error.offset()), (Some(Path::new("a")), Some(7)));
        }
        let wrapped: Error = serde::de::Error::custom(format_args!("field `b`: {}", refused()));
        assert!(wrapped.is_refused());
        assert_eq!(wrapped.to_string(), "field `b`: in use at byte 7 [a]");

        let denied = || Error::io("cannot open", "a", io::Error::from_raw_os_error(13));
        let error: Error = serde::de::Error::custom(denied());
        assert_eq!(error.io_error().and_then(io::Error::raw_os_error), Some(13));
        assert_eq!(error.to_string(), denied().to_string());

        let codec: Error = serde::de::Error::custom("no such variant");
        assert!(codec.is_codec());
        let again: Error = serde::de::Error::custom(&codec);
        assert_eq!(again.to_string(), codec.to_string());
    }

    #[test]
    fn the_first_path_stays() {
        let error = Error::corrupt("bad magic").with_path("a").with_path("b");
        assert_eq!(error.path(), Some(Path::new("a")));
        assert!(error.is_corrupt());
    }
}
