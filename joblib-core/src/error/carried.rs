//! Errors that pass through serde, which knows them as text only.

use super::{Error, Inner, Source};
use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::io;

/// serde takes errors as text. An error of this type leaves a copy of itself here when it becomes text, and
/// so keeps its kind.
enum Carrier {
    Idle,
    Asked,
    Left(Error),
}

thread_local! {
    static CARRIER: RefCell<Carrier> = const { RefCell::new(Carrier::Idle) };
}

impl Error {
    /// The error of this type in a text that serde passes on, if there is one, else a [`codec`](Self::codec)
    /// error.
    #[cold]
    fn carried(message: &dyn fmt::Display) -> Self {
        let outer = CARRIER.replace(Carrier::Asked);
        let text = message.to_string();
        match CARRIER.replace(outer) {
            Carrier::Left(error) if error.to_string() == text => error,
            Carrier::Left(error) => {
                Self(Box::new(Inner { message: text, path: None, field: None, offset: None, ..*error.0 }))
            }
            Carrier::Idle | Carrier::Asked => Self::codec(text),
        }
    }

    pub(super) fn leave_copy(&self) {
        // Not while the thread ends.
        let _ = CARRIER.try_with(|carrier| {
            let Ok(mut carrier) = carrier.try_borrow_mut() else { return };
            if matches!(*carrier, Carrier::Asked) {
                let Inner { kind, message, path, field, offset, task, source } = &*self.0;
                let source = source.as_deref().map(copy_of);
                let inner = Inner {
                    kind: *kind,
                    message: message.clone(),
                    path: path.clone(),
                    field: field.clone(),
                    offset: *offset,
                    task: *task,
                    source,
                };
                *carrier = Carrier::Left(Self(Box::new(inner)));
            }
        });
    }
}

/// An operating system's error stays one; anything else becomes text.
fn copy_of(source: &(dyn StdError + Send + Sync + 'static)) -> Source {
    match source.downcast_ref::<io::Error>() {
        Some(error) => match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code).into(),
            None => io::Error::new(error.kind(), error.to_string()).into(),
        },
        None => source.to_string().into(),
    }
}

/// Fails with this error: an argument that is a `Result` is hashed if it is `Ok`, and errors are not taken
/// for each other.
impl serde::Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(self))
    }
}

impl serde::ser::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::carried(&message)
    }
}

impl serde::de::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::carried(&message)
    }
}
