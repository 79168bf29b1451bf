//! The fingerprint: which code produced a value.

mod digest;
mod expression;
mod stream;
mod token;
mod words;

pub(crate) use expression::{Code, Fingerprint, Function, Options, of_function};
