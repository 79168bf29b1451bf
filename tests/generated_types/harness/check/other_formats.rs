//! Whether serde's other formats do better: what none of them gives back is lost before a format sees it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Case, Question};
use crate::{Sample, Walk};

/// Whether any does.
pub fn other_formats<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>, question: Question) -> bool {
    let value: T = case.make();
    match question {
        Question::None => true,
        Question::GivesBack => FORMATS.iter().any(|format| {
            let back = || format.back(&value).is_some_and(|found| found.same(&value));
            catch_unwind(AssertUnwindSafe(back)).unwrap_or(false)
        }),
        Question::Tells { place, seed } => {
            let mut changed = value.again();
            changed.walk(&mut Walk::to(place, seed));
            FORMATS.iter().any(|format| {
                let written = |value: &T| {
                    let bytes = catch_unwind(AssertUnwindSafe(|| format.bytes(value))).ok().flatten();
                    // A copy of a hash map has another order.
                    bytes.map(|mut bytes| {
                        bytes.sort_unstable();
                        bytes
                    })
                };
                written(&value) != written(&changed)
            })
        }
    }
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    MessagePack,
    Cbor,
}

const FORMATS: [Format; 3] = [Format::Json, Format::MessagePack, Format::Cbor];

impl Format {
    fn bytes<T: Serialize>(self, value: &T) -> Option<Vec<u8>> {
        match self {
            Format::Json => serde_json::to_vec(value).ok(),
            Format::MessagePack => rmp_serde::to_vec_named(value).ok(),
            Format::Cbor => {
                let mut bytes = Vec::new();
                ciborium::into_writer(value, &mut bytes).ok().map(|()| bytes)
            }
        }
    }

    fn back<T: Serialize + DeserializeOwned>(self, value: &T) -> Option<T> {
        let bytes = self.bytes(value)?;
        match self {
            Format::Json => serde_json::from_slice(&bytes).ok(),
            Format::MessagePack => rmp_serde::from_slice(&bytes).ok(),
            Format::Cbor => ciborium::from_reader(bytes.as_slice()).ok(),
        }
    }
}
