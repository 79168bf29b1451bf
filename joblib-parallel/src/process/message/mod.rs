//! What travels between a parent and its workers, whatever carries it: serde types, bytes, and what accompanies them.

mod control;
mod packed;
mod parcel;
pub(super) mod payload;
mod results;

pub(super) use control::{BatchHead, Hello, Order, ResultsHead, RunHead, ToParent, ToWorker};
pub(super) use packed::Packed;
pub(super) use parcel::{Packer, Parcel, Sharing, Unpacker};
pub(super) use payload::Payload;
pub(super) use results::{Endings, Leftovers, Outcomes, Results};

use super::local::Attachment;
use crate::error::panic_text;
use crate::{Error, Result};
use joblib_core::Codec as _;
use joblib_persist::{Codec, Compression};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One message: what it says, values as bytes, and what goes along.
#[derive(Debug)]
pub(super) struct Message<C> {
    pub(super) control: C,
    pub(super) payload: Payload,
    pub(super) attachments: Vec<Attachment>,
}

impl<C> Message<C> {
    /// Of words alone.
    pub(super) fn of(control: C) -> Self {
        Self { control, payload: Payload::default(), attachments: Vec::new() }
    }
}

/// The words of a message as bytes.
pub(super) fn write<C: Serialize>(control: &C) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match Codec.encode(control, &mut bytes, usize::MAX, &Compression::default()) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::message_from("a message cannot be written", error)),
    }
}

/// The words of a message that [`write`] made.
pub(super) fn read<C: DeserializeOwned>(bytes: &[u8]) -> Result<C> {
    Codec
        .decode(bytes)
        .map_err(|error| Error::message_from("a message between processes is malformed", error))
}

/// Runs a `Serialize` or `Deserialize` of the user's; an error if it fails or panics, that says `what` cannot be done.
pub(super) fn guarded<T>(what: &str, code: impl FnOnce() -> Result<T>) -> Result<T> {
    // What it leaves behind of its output is cut off, and of its input not looked at.
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(done) => done.map_err(|error| Error::message_from(what, error)),
        Err(payload) => Err(Error::message(format!("{what}: a panic: {}", panic_text(&*payload)))),
    }
}
