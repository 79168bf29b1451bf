//! The main stream: MessagePack by rmp-serde's conventions, with arrays of numbers as extension values.
//!
//! [`Encoder`] and [`Decoder`] find arrays by their exact types and hand their bytes over whole; where those
//! bytes go and where they come from is the business of a [`Sink`] and a [`Source`].

mod access;
mod array_ext;
mod bulk;
mod container;
mod de;
mod decoder;
mod encoder;
mod half;
mod names;
mod nd;
mod number;
mod record;
#[cfg(feature = "ndarray")]
pub(crate) mod refill;
mod sequence;
mod ser;
mod source;
mod steps;
pub(crate) mod uninit;
pub(crate) mod walk;
mod wire;

use joblib_core::Error;
use joblib_core::depth::TooDeep;

pub(crate) use array_ext::{ArrayExt, Place, Reference, write_inline, write_reference};
pub(crate) use decoder::Decoder;
pub(crate) use encoder::{Encode, Encoder, Sink};
pub(crate) use source::{Located, Source};
pub(crate) use steps::Steps;

#[cold]
fn too_deep(error: TooDeep) -> Error {
    Error::limit(format!("the value is {error} (`max_depth`)"))
}

#[cold]
pub(super) fn too_long(what: &str, len: usize, left: usize) -> Error {
    Error::codec(format!("a {what} of {len} elements where a type takes {}", len - left))
}
