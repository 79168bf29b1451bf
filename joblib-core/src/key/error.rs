//! Why a value has no key.

use crate::Error;
use crate::depth::TooDeep;
use std::fmt;

/// What a `Serialize` implementation said when it failed. One word wide, so that success stays cheap.
#[derive(Debug)]
pub(super) struct Unhashable(Box<Reason>);

#[derive(Debug)]
enum Reason {
    Said(String),
    TooDeep(TooDeep),
}

impl Unhashable {
    /// The error which says that `what` has no key.
    #[cold]
    pub(super) fn into_error(self, what: &str) -> Error {
        let message = format!("{what} cannot be hashed");
        match *self.0 {
            Reason::Said(_) => Error::unhashable(message, self),
            Reason::TooDeep(error) => Error::unhashable(message, Error::limit(format!("it is {error}"))),
        }
    }
}

impl From<TooDeep> for Unhashable {
    #[cold]
    fn from(error: TooDeep) -> Self {
        Self(Box::new(Reason::TooDeep(error)))
    }
}

impl fmt::Display for Unhashable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Said(message) => f.write_str(message),
            Reason::TooDeep(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unhashable {}

impl serde::ser::Error for Unhashable {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Reason::Said(message.to_string())))
    }
}
