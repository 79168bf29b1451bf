//! Why a value has no key.

use std::fmt;

/// What a `Serialize` implementation said when it failed. One word wide, so that the good path stays cheap.
#[derive(Debug)]
pub(super) struct Unhashable(Box<Reason>);

#[derive(Debug)]
struct Reason(String);

impl fmt::Display for Unhashable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.0)
    }
}

impl std::error::Error for Unhashable {}

impl serde::ser::Error for Unhashable {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Reason(message.to_string())))
    }
}
