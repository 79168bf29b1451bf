//! The main stream while it is written: what is in it so far, where in the value that is, and where arrays
//! go.

use super::number::Number;
use super::steps::{Step, Steps};
use super::too_deep;
use super::wire;
use crate::payload::Payload;
use joblib_core::array::{DType, MAX_NDIM, Numbers, as_array};
use joblib_core::depth::{Depth, MAX_DEPTH};
use joblib_core::unsaid::{self, Unsaid};
use joblib_core::{Error, Result, mutable};
use serde::Serialize;

/// Takes the arrays of a value while it is written, and the main stream when it gets long.
pub(crate) trait Sink {
    /// Puts an array into the main stream (`out`), or elsewhere with a reference in the main stream. While
    /// the stream has `open` heads, whose lengths are filled in later, nothing may be taken off `out`.
    /// `steps` lead to the array.
    fn array(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, steps: Steps<'_>, open: bool)
    -> Result<()>;

    /// Called when `out` is longer than the encoder's limit: takes all bytes off it, or fails.
    fn overflow(&mut self, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

/// Writes one value to the main stream.
pub(crate) struct Encoder<'s> {
    pub(super) out: Vec<u8>,
    limit: usize,
    pub(super) depth: Depth,
    /// The last step in each open container, the outermost first.
    steps: Vec<Step>,
    /// How many containers with a length still to be filled in are open: the stream cannot be cut meanwhile.
    pub(super) open_heads: usize,
    /// How often the sink took from the stream: positions in `out` from before are void then.
    pub(super) cuts: usize,
    /// Set while the data of what looks like an n-dimensional array is about to be written.
    pub(super) nd: Option<Box<NdCapture>>,
    sink: &'s mut dyn Sink,
}

/// A value as layouts see it, which are compiled once, whatever is written.
pub(crate) trait Encode {
    fn encode(&self, encoder: &mut Encoder<'_>) -> Result<()>;
}

impl<T: Serialize + ?Sized> Encode for &T {
    fn encode(&self, encoder: &mut Encoder<'_>) -> Result<()> {
        encoder.value(*self)
    }
}

impl<'s> Encoder<'s> {
    /// An encoder that appends to `out`; once that is longer than `limit`, the sink is asked to take from it.
    pub(crate) fn new(out: Vec<u8>, limit: usize, sink: &'s mut dyn Sink) -> Self {
        let (depth, steps) = (Depth::new(MAX_DEPTH), Vec::new());
        Self { out, limit, depth, steps, open_heads: 0, cuts: 0, nd: None, sink }
    }

    /// Allows containers to be nested `depth` deep.
    #[must_use]
    pub(crate) fn max_depth(mut self, depth: usize) -> Self {
        self.depth = Depth::new(depth);
        self
    }

    /// The main stream written so far and not taken by the sink.
    pub(crate) fn into_output(self) -> Vec<u8> {
        self.out
    }

    /// Writes `value`; an array of numbers goes to the sink whole.
    #[inline]
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        look_at(value)?;
        if let Some(array) = as_array(value) {
            return self.array(&Payload::new(&array));
        }
        value.serialize(self)
    }

    pub(super) fn array(&mut self, payload: &Payload<'_>) -> Result<()> {
        let length = self.out.len();
        let steps = Steps(self.steps.get(..self.depth.containers()).unwrap_or_default());
        self.sink.array(&mut self.out, payload, steps, self.open_heads > 0)?;
        if self.out.len() < length {
            self.cuts += 1;
        }
        self.check_length()
    }

    /// Enters a container; gives back what `leave` undoes.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<()> {
        self.check_length()?;
        self.depth.enter(1).map_err(too_deep)
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth.leave(1);
    }

    /// Notes where in the innermost container the encoder is.
    #[inline(always)]
    pub(super) fn step(&mut self, step: Step) {
        match self.steps.get_mut(self.depth.containers() - 1) {
            Some(last) => *last = step,
            None => self.first_step(step),
        }
    }

    #[cold]
    fn first_step(&mut self, step: Step) {
        self.steps.resize(self.depth.containers(), step);
    }

    /// Lets the sink take from a main stream that has grown beyond the limit.
    #[inline]
    pub(super) fn check_length(&mut self) -> Result<()> {
        if self.out.len() > self.limit && self.open_heads == 0 {
            self.cuts += 1;
            return self.sink.overflow(&mut self.out);
        }
        Ok(())
    }

    /// A half-precision float, given its bits.
    #[inline(never)]
    pub(super) fn half<T: Serialize + ?Sized>(&mut self, dtype: DType, bits: &T) -> Result<()> {
        let mut bytes = Vec::new();
        bits.serialize(Numbers::<Error>::new(&mut bytes))?;
        Number::read(dtype, &mut &bytes[..])?.write(&mut self.out);
        Ok(())
    }

    /// Begins a variant, a map of one entry.
    pub(super) fn variant(&mut self, name: &str) -> Result<()> {
        self.enter()?;
        wire::write_map_head(&mut self.out, 1);
        self.step(Step::key_at(self.out.len()));
        wire::write_str(&mut self.out, name);
        Ok(())
    }
}

/// Notes what can be changed, and refuses what would not come back as it is.
#[inline(always)]
pub(super) fn look_at<T: ?Sized>(value: &T) -> Result<()> {
    mutable::note::<T>();
    match unsaid::in_text(value) {
        None | Some(Unsaid::Address { flowinfo: 0, .. }) => Ok(()),
        Some(unsaid) => Err(incomplete(unsaid)),
    }
}

#[cold]
fn incomplete(unsaid: Unsaid) -> Error {
    Error::codec(match unsaid {
        Unsaid::Address { .. } => {
            "serde leaves out the flow information of a `SocketAddrV6`, which would be lost".to_owned()
        }
        Unsaid::Spent => {
            "a `RangeInclusive` iterated to its end would come back as one that is not".to_owned()
        }
        Unsaid::Hidden(name) => {
            format!(
                "serde leaves something out of a `{name}`, which is behind too many pointers to be looked at"
            )
        }
    })
}

#[cold]
fn too_long() -> Error {
    Error::limit("MessagePack holds at most 2^32 - 1 elements or bytes in one value")
}

/// MessagePack lengths have 32 bits.
#[inline]
pub(super) fn check_len(len: usize) -> Result<usize> {
    if u32::try_from(len).is_err() { Err(too_long()) } else { Ok(len) }
}

/// The sequence is the data of an n-dimensional array whose other fields start at `start` of the stream.
/// Boxed wherever it is kept: it is rare, and sequences, which are not, are moved about.
pub(super) struct NdCapture {
    pub(super) start: usize,
    /// Where the data itself starts.
    pub(super) data_start: usize,
    /// The encoder's cuts so far: after another one, the positions are void.
    pub(super) cuts: usize,
    pub(super) ndim: usize,
    pub(super) shape: [usize; MAX_NDIM],
}

impl NdCapture {
    pub(super) fn holds(&self, len: usize) -> bool {
        self.shape[..self.ndim].iter().try_fold(1usize, |total, &extent| total.checked_mul(extent))
            == Some(len)
    }
}
