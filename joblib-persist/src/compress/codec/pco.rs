//! pco: numbers by their values instead of their bytes. Arrays only; it has no stream that other tools read.

use crate::compress::compressor::{Compressor, StreamWriter, damaged};
use half::f16;
use joblib_core::array::DType;
use pco::data_types::Number;
use pco::errors::{ErrorKind, PcoError};
use pco::standalone::{simple_compress_into, simple_decompress_into};
use pco::{ChunkConfig, PagingSpec};
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;

pub(crate) struct Pco;

/// Does something with the type of a dtype's numbers, and how many there are in an element. Single bytes are
/// seldom numbers, and pco has no 128-bit integers and no bfloat16.
macro_rules! with_number {
    ($dtype:expr, |$ty:ident, $parts:ident| $body:expr, else $other:expr) => {
        with_number!(@ $dtype, $ty, $parts, $body, $other; I16: i16 1, U16: u16 1, I32: i32 1, U32: u32 1, I64: i64 1,
            U64: u64 1, F16: f16 1, F32: f32 1, F64: f64 1, C64: f32 2, C128: f64 2)
    };
    (@ $dtype:expr, $ty:ident, $parts:ident, $body:expr, $other:expr; $($name:ident: $number:ident $count:literal),+) => {
        match $dtype {
            $(DType::$name => {
                type $ty = $number;
                const $parts: usize = $count;
                $body
            })+
            _ => $other,
        }
    };
}

impl Compressor for Pco {
    fn name(&self) -> &str {
        "pco"
    }

    fn levels(&self) -> RangeInclusive<u8> {
        1..=12
    }

    fn default_level(&self) -> u8 {
        4
    }

    fn reads_numbers(&self) -> bool {
        true
    }

    fn writer<'w>(&self, _sink: Box<dyn Write + 'w>, _level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        Err(arrays_only())
    }

    fn reader<'r>(&self, _source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Err(arrays_only())
    }

    fn takes(&self, dtype: DType) -> bool {
        with_number!(dtype, |_T, _PARTS| true, else false)
    }

    fn compress_block(
        &self,
        raw: &[u8],
        dtype: DType,
        level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        with_number!(dtype, |T, PARTS| match PARTS {
            1 => compress(raw, T::from_le_bytes, level, packed),
            _ => compress(&split_parts::<{ size_of::<T>() }>(raw), T::from_le_bytes, level, packed),
        }, else Ok(None))
    }

    fn decompress_block(&self, packed: &[u8], dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        with_number!(dtype, |T, PARTS| match PARTS {
            1 => decompress(packed, T::to_le_bytes, raw),
            _ => decompress_parts(packed, T::to_le_bytes, raw),
        }, else Err(damaged("pco does not hold this element type")))
    }
}

fn compress<T: Number, const SIZE: usize>(
    raw: &[u8],
    from_bytes: impl Fn([u8; SIZE]) -> T,
    level: u8,
    packed: &mut [u8],
) -> io::Result<Option<usize>> {
    let (numbers, rest) = raw.as_chunks::<SIZE>();
    if !rest.is_empty() {
        return Ok(None);
    }
    let numbers: Vec<T> = numbers.iter().map(|bytes| from_bytes(*bytes)).collect();
    let config = ChunkConfig::default()
        .with_compression_level(usize::from(level))
        .with_paging_spec(PagingSpec::EqualPagesUpTo(numbers.len().max(1)));
    let room = packed.len();
    let mut rest = packed;
    match simple_compress_into(&numbers, &config, &mut rest) {
        Ok(_) => Ok(Some(room - rest.len())),
        Err(PcoError { kind: ErrorKind::Io(io::ErrorKind::WriteZero), .. }) => Ok(None),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn decompress<T: Number + Default, const SIZE: usize>(
    packed: &[u8],
    to_bytes: impl Fn(T) -> [u8; SIZE],
    raw: &mut [u8],
) -> io::Result<()> {
    let (slots, rest) = raw.as_chunks_mut::<SIZE>();
    let mut numbers = vec![T::default(); slots.len()];
    let progress = simple_decompress_into(packed, &mut numbers).map_err(|e| damaged(e.to_string()))?;
    if progress.n_processed != slots.len() || !progress.finished || !rest.is_empty() {
        return Err(damaged("a pco block does not have its declared size"));
    }
    for (slot, number) in slots.iter_mut().zip(numbers) {
        *slot = to_bytes(number);
    }
    Ok(())
}

fn decompress_parts<T: Number + Default, const SIZE: usize>(
    packed: &[u8],
    to_bytes: impl Fn(T) -> [u8; SIZE],
    raw: &mut [u8],
) -> io::Result<()> {
    let mut parts = vec![0; raw.len()];
    decompress(packed, to_bytes, &mut parts)?;
    let (real, imaginary) = parts.split_at(parts.len() / 2);
    let halves = real.chunks_exact(SIZE).zip(imaginary.chunks_exact(SIZE));
    for (number, (real, imaginary)) in raw.chunks_exact_mut(2 * SIZE).zip(halves) {
        number[..SIZE].copy_from_slice(real);
        number[SIZE..].copy_from_slice(imaginary);
    }
    Ok(())
}

/// All real parts, then all imaginary parts: each run is smoother than the two in turn.
fn split_parts<const SIZE: usize>(raw: &[u8]) -> Vec<u8> {
    let (parts, _) = raw.as_chunks::<SIZE>();
    let real = parts.iter().step_by(2).flatten();
    let imaginary = parts.iter().skip(1).step_by(2).flatten();
    real.chain(imaginary).copied().collect()
}

#[cold]
fn arrays_only() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "pco compresses arrays of numbers, not whole streams")
}
