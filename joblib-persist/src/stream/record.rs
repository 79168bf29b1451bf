//! Writing maps and structs, and noticing structs that are n-dimensional arrays in disguise.

use super::array_ext::{ArrayExt, Place};
use super::container::{ContainerHead, Kind};
use super::encoder::{Encoder, NdCapture, look_at};
use super::steps::Step;
use super::wire::{self, EXT_ARRAY, Head};
use joblib_core::array::{DType, MAX_NDIM, is_ndarray_elements};
use joblib_core::{Error, Result};
use serde::Serialize;
use serde::ser;

/// A map or struct being written.
pub(crate) struct Record<'a, 's> {
    encoder: &'a mut Encoder<'s>,
    written: usize,
    head: ContainerHead,
    /// Where a struct that may be an n-dimensional array starts, and the encoder's cuts then.
    nd: Option<(usize, usize)>,
    /// Whether it is inside a variant's map.
    in_variant: bool,
}

impl<'a, 's> Record<'a, 's> {
    #[inline]
    pub(super) fn map(encoder: &'a mut Encoder<'s>, len: Option<usize>) -> Result<Self> {
        encoder.enter()?;
        let head = ContainerHead::begin(encoder, Kind::Map, len)?;
        Ok(Self { encoder, written: 0, head, nd: None, in_variant: false })
    }

    /// A struct, written as the map of its fields. ndarray serialises every array as a struct `Array` of `v`,
    /// `dim` and `data`, this of a type of its own: so are arrays found that are boxed, behind references, or
    /// of another ndarray version.
    #[inline]
    pub(super) fn fields(encoder: &'a mut Encoder<'s>, name: &'static str, len: usize) -> Result<Self> {
        let mut record = Self::map(encoder, Some(len))?;
        if len == 3 && name == "Array" {
            record.nd = Some((record.encoder.out.len() - 1, record.encoder.cuts));
        }
        Ok(record)
    }

    pub(super) fn of_variant(mut self) -> Self {
        self.in_variant = true;
        self
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.encoder.step(Step::key_at(self.encoder.out.len()));
        wire::write_str(&mut self.encoder.out, key);
        self.written += 1;
        if let Some((start, cuts)) = self.nd
            && key == "data"
            && is_ndarray_elements::<T>()
        {
            look_at(value)?;
            self.encoder.nd = captured(self.encoder, start, cuts);
            let result = value.serialize(&mut *self.encoder);
            self.encoder.nd = None;
            return result;
        }
        self.encoder.value(value)
    }

    #[inline]
    fn finish(self) -> Result<()> {
        self.encoder.leave();
        if self.in_variant {
            self.encoder.leave();
        }
        self.head.end(self.encoder, self.written)
    }
}

/// The array's shape, if the fields so far are `v` = 1 and `dim`, and the key of `data` is written.
#[cold]
fn captured(encoder: &Encoder<'_>, start: usize, cuts: usize) -> Option<Box<NdCapture>> {
    if cuts != encoder.cuts {
        return None;
    }
    let mut prefix = encoder.out.get(start..)?;
    prefix = prefix.strip_prefix(b"\x83\xa1v\x01\xa3dim")?;
    let mut nd = NdCapture { start, data_start: encoder.out.len(), cuts, ndim: 0, shape: [0; MAX_NDIM] };
    match wire::read_head(&mut prefix)? {
        Head::Array(ndim) if ndim <= MAX_NDIM => {
            nd.ndim = ndim;
            for extent in &mut nd.shape[..ndim] {
                let Head::Unsigned(value) = wire::read_head(&mut prefix)? else { return None };
                *extent = usize::try_from(value).ok()?;
            }
        }
        Head::Ext(EXT_ARRAY, len) => {
            let (payload, rest) = prefix.split_at_checked(len)?;
            let dim = ArrayExt::parse(payload).ok()?;
            let Place::Inline(bytes) = dim.place else { return None };
            if dim.dtype != DType::U64 || dim.len() > MAX_NDIM {
                return None;
            }
            nd.ndim = dim.len();
            for (extent, word) in nd.shape.iter_mut().zip(bytes.as_chunks().0) {
                *extent = usize::try_from(u64::from_le_bytes(*word)).ok()?;
            }
            prefix = rest;
        }
        _ => return None,
    }
    (prefix == b"\xa4data").then(|| Box::new(nd))
}

impl ser::SerializeMap for Record<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.written += 1;
        self.encoder.check_length()?;
        self.encoder.step(Step::key_at(self.encoder.out.len()));
        look_at(key)?;
        key.serialize(&mut *self.encoder)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.encoder.value(value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

macro_rules! structs {
    ($($name:ident),*) => {$(
        impl ser::$name for Record<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.field(key, value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);
