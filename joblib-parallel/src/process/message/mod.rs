//! What parents and workers send each other, by whatever means: serde types, bytes, and open files beside
//! them.

mod control;
mod endings;
mod packed;
mod parcel;
pub(super) mod payload;
mod results;

pub(super) use control::{BatchHead, Hello, Order, ResultsHead, RunHead, ToParent, ToWorker};
pub(super) use endings::Endings;
pub(super) use packed::Packed;
pub(super) use parcel::{Packer, Parcel, Sharing, Unpacker};
pub(super) use payload::{Payload, guarded};
pub(super) use results::{Leftovers, Outcomes, Results};

use super::local::Attachment;
use crate::{Error, Result};
use joblib_core::Codec as _;
use joblib_persist::{Codec, Compression};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One message: what it says, values as bytes, and open files.
#[derive(Debug)]
pub(super) struct Message<C> {
    pub(super) control: C,
    pub(super) payload: Payload,
    pub(super) attachments: Vec<Attachment>,
}

impl<C> Message<C> {
    /// With control data alone.
    pub(super) fn of(control: C) -> Self {
        Self { control, payload: Payload::default(), attachments: Vec::new() }
    }
}

/// The control data of a message as bytes.
pub(super) fn write<C: Serialize>(control: &C) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match Codec.encode(control, &mut bytes, usize::MAX, &Compression::default()) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::message_from("a message cannot be written", error)),
    }
}

/// The control data of a message that [`write`] made.
pub(super) fn read<C: DeserializeOwned>(bytes: &[u8]) -> Result<C> {
    Codec
        .decode(bytes)
        .map_err(|error| Error::message_from("a message between processes is malformed", error))
}
