//! The extension value that stands for an array in the main stream.

use super::wire::{self, EXT_ARRAY, read_varint, write_varint};
use crate::payload::Payload;
use joblib_core::Error;
use joblib_core::array::{Container, DType, MAX_NDIM, Order};

/// An array as the main stream describes it, checked: its shape and dtype give `nbytes` without overflow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrayExt<'de> {
    pub(crate) dtype: DType,
    pub(crate) container: Container,
    pub(crate) order: Order,
    ndim: u8,
    shape: [usize; MAX_NDIM],
    /// Bytes of all elements.
    pub(crate) nbytes: usize,
    pub(crate) place: Place<'de>,
}

/// Where an array's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'de> {
    /// In the extension value itself.
    Inline(&'de [u8]),
    /// Somewhere else.
    Elsewhere(Reference<'de>),
}

/// Where an array's bytes are if not in the main stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference<'de> {
    /// In the side file or member of this number, as they are, with this XXH3-128 digest.
    Stored { index: u64, digest: u128 },
    /// In the side file or member of this number, in compressed blocks that the table describes.
    Blocks { index: u64, table: &'de [u8] },
    /// Right behind this segment of the stream.
    Follows,
}

/// What the array was, and its order.
const KIND_SHIFT: u8 = 4;
const KINDS: [(Container, Order); 4] = [
    (Container::Sequence, Order::C),
    (Container::Bytes, Order::C),
    (Container::NdArray, Order::C),
    (Container::NdArray, Order::Fortran),
];
const PLACE_SHIFT: u8 = 6;

impl<'de> ArrayExt<'de> {
    /// A byte string that stands in the main stream as such.
    pub(super) fn of_bytes(bytes: &'de [u8]) -> Self {
        let mut shape = [0; MAX_NDIM];
        shape[0] = bytes.len();
        let (dtype, container, order) = (DType::U8, Container::Bytes, Order::C);
        Self { dtype, container, order, ndim: 1, shape, nbytes: bytes.len(), place: Place::Inline(bytes) }
    }

    /// Elements along each axis.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape[..usize::from(self.ndim)]
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        self.nbytes / self.dtype.size()
    }

    /// Parses the extension's payload; the error says what is wrong with it.
    pub(super) fn parse(mut payload: &'de [u8]) -> Result<Self, &'static str> {
        let [code, flags] = wire::take(&mut payload).ok_or("array header is cut off")?;
        let dtype = DType::from_code(code).ok_or("unknown array dtype")?;
        let ndim = flags & 0x0f;
        let mut shape = [0; MAX_NDIM];
        for extent in shape.get_mut(..usize::from(ndim)).ok_or("array has too many axes")? {
            let value = read_varint(&mut payload).ok_or("array shape is malformed")?;
            *extent = usize::try_from(value).map_err(|_| "array is larger than this machine's memory")?;
        }
        let nbytes = nbytes(dtype, &shape[..usize::from(ndim)]).ok_or("array shape overflows")?;
        let (container, order) = KINDS[usize::from(flags >> KIND_SHIFT & 3)];
        if container != Container::NdArray && ndim != 1 {
            return Err("a sequence has one axis");
        }
        if container == Container::Bytes && dtype != DType::U8 {
            return Err("a byte string is not made of bytes");
        }
        let place = Place::parse(flags >> PLACE_SHIFT, payload, nbytes)?;
        Ok(Self { dtype, container, order, ndim, shape, nbytes, place })
    }
}

/// Bytes of all elements, if they fit memory. An array with an axis of no elements has none, however long the
/// others.
fn nbytes(dtype: DType, shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    let total = shape.iter().try_fold(dtype.size(), |total, &extent| total.checked_mul(extent))?;
    (total <= isize::MAX as usize).then_some(total)
}

impl<'de> Place<'de> {
    fn parse(kind: u8, mut rest: &'de [u8], nbytes: usize) -> Result<Self, &'static str> {
        match kind {
            0 if rest.len() == nbytes => Ok(Place::Inline(rest)),
            0 => Err("array length and shape differ"),
            1 => {
                let index = read_varint(&mut rest).ok_or("array number is malformed")?;
                let digest = rest.try_into().map_err(|_| "array digest is malformed")?;
                let digest = u128::from_le_bytes(digest);
                Ok(Place::Elsewhere(Reference::Stored { index, digest }))
            }
            2 => {
                let index = read_varint(&mut rest).ok_or("array number is malformed")?;
                Ok(Place::Elsewhere(Reference::Blocks { index, table: rest }))
            }
            _ if rest.is_empty() => Ok(Place::Elsewhere(Reference::Follows)),
            _ => Err("array header is too long"),
        }
    }
}

/// Appends an array with its bytes.
pub(crate) fn write_inline(out: &mut Vec<u8>, payload: &Payload<'_>) -> Result<(), Error> {
    let mut head = head(payload, 0);
    let len = head.len() + payload.nbytes();
    if u32::try_from(len).is_err() {
        return Err(Error::limit("an array of 4 GiB or more cannot stand inside a MessagePack stream"));
    }
    out.reserve(len + 6);
    wire::write_ext_head(out, EXT_ARRAY, len);
    out.append(&mut head);
    payload.for_each_chunk(|chunk| {
        out.extend_from_slice(chunk);
        Ok(())
    })
}

/// Appends a reference to an array whose bytes are elsewhere.
pub(crate) fn write_reference(out: &mut Vec<u8>, payload: &Payload<'_>, reference: &Reference<'_>) {
    let bytes = match *reference {
        Reference::Stored { index, digest } => {
            let mut bytes = head(payload, 1);
            write_varint(&mut bytes, index);
            bytes.extend_from_slice(&digest.to_le_bytes());
            bytes
        }
        Reference::Blocks { index, table } => {
            let mut bytes = head(payload, 2);
            write_varint(&mut bytes, index);
            bytes.extend_from_slice(table);
            bytes
        }
        Reference::Follows => head(payload, 3),
    };
    wire::write_ext_head(out, EXT_ARRAY, bytes.len());
    out.extend_from_slice(&bytes);
}

fn head(payload: &Payload<'_>, place: u8) -> Vec<u8> {
    let kind = match payload.container() {
        Container::Sequence => 0,
        Container::Bytes => 1,
        Container::NdArray => 2 + u8::from(payload.order() == Order::Fortran),
    };
    let flags = payload.shape().len() as u8 | kind << KIND_SHIFT | place << PLACE_SHIFT;
    let mut head = Vec::with_capacity(32);
    head.extend_from_slice(&[payload.dtype().code(), flags]);
    for &extent in payload.shape() {
        write_varint(&mut head, extent as u64);
    }
    head
}
