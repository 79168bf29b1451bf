//! MessagePack on the wire: heads of values, written to a buffer and read from a slice.

use joblib_core::Error;
use serde::de::{Error as _, Expected, Unexpected};

/// The extension type of arrays of numbers.
pub(super) const EXT_ARRAY: i8 = 0x4a;
/// The extension type of `Some(..)` around something that is itself written as nil: one byte says how many.
pub(super) const EXT_SOME: i8 = 0x4b;
/// The extension types of integers of 128 bits that 64 bits do not hold, signed and unsigned: 16 bytes,
/// big-endian.
pub(super) const EXT_I128: i8 = 0x4c;
pub(super) const EXT_U128: i8 = 0x4d;
/// The extension types of half-precision floats, IEEE 754's and bfloat16: 2 bytes, big-endian.
pub(super) const EXT_HALF: i8 = 0x4e;
pub(super) const EXT_BRAIN: i8 = 0x4f;

pub(super) const NIL: u8 = 0xc0;
const FALSE: u8 = 0xc2;
const TRUE: u8 = 0xc3;

/// The first bytes of a value: what it is, and its own value where that is a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    F32(f32),
    F64(f64),
    /// Length in bytes.
    Str(usize),
    /// Length in bytes.
    Bin(usize),
    /// Number of elements.
    Array(usize),
    /// Number of pairs.
    Map(usize),
    /// Type, and length in bytes.
    Ext(i8, usize),
}

impl Head {
    /// The error for a value that begins so where another is expected.
    #[cold]
    pub(super) fn mismatch(self, expected: &dyn Expected) -> Error {
        let found = match self {
            Head::Nil => Unexpected::Unit,
            Head::Bool(value) => Unexpected::Bool(value),
            Head::Unsigned(value) => Unexpected::Unsigned(value),
            Head::Signed(value) => Unexpected::Signed(value),
            Head::F32(value) => Unexpected::Float(value.into()),
            Head::F64(value) => Unexpected::Float(value),
            Head::Str(_) => Unexpected::Other("string"),
            Head::Bin(_) => Unexpected::Other("byte string"),
            Head::Array(_) => Unexpected::Seq,
            Head::Map(_) => Unexpected::Map,
            Head::Ext(EXT_ARRAY, _) => Unexpected::Other("array of numbers"),
            Head::Ext(EXT_SOME, _) => Unexpected::Option,
            Head::Ext(EXT_HALF | EXT_BRAIN, _) => Unexpected::Other("half-precision float"),
            Head::Ext(EXT_I128 | EXT_U128, _) => Unexpected::Other("integer of 128 bits"),
            Head::Ext(..) => Unexpected::Other("unknown extension value"),
        };
        Error::invalid_type(found, expected)
    }
}

#[inline]
pub(super) fn write_bool(out: &mut Vec<u8>, value: bool) {
    out.push(if value { TRUE } else { FALSE });
}

#[inline]
pub(super) fn write_uint(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else if value <= 0xff {
        out.extend_from_slice(&[0xcc, value as u8]);
    } else if value <= 0xffff {
        tagged(out, 0xcd, (value as u16).to_be_bytes());
    } else if value <= 0xffff_ffff {
        tagged(out, 0xce, (value as u32).to_be_bytes());
    } else {
        tagged(out, 0xcf, value.to_be_bytes());
    }
}

#[inline]
pub(super) fn write_int(out: &mut Vec<u8>, value: i64) {
    if value >= 0 {
        write_uint(out, value as u64);
    } else if value >= -32 {
        out.push(value as u8);
    } else if value >= -0x80 {
        out.extend_from_slice(&[0xd0, value as u8]);
    } else if value >= -0x8000 {
        tagged(out, 0xd1, (value as i16).to_be_bytes());
    } else if value >= -0x8000_0000 {
        tagged(out, 0xd2, (value as i32).to_be_bytes());
    } else {
        tagged(out, 0xd3, value.to_be_bytes());
    }
}

/// An integer of 64 bits where it is one.
pub(super) fn write_i128(out: &mut Vec<u8>, value: i128) {
    if let Ok(value) = u64::try_from(value) {
        write_uint(out, value);
    } else if let Ok(value) = i64::try_from(value) {
        write_int(out, value);
    } else {
        write_ext(out, EXT_I128, &value.to_be_bytes());
    }
}

/// An integer of 64 bits where it is one.
pub(super) fn write_u128(out: &mut Vec<u8>, value: u128) {
    match u64::try_from(value) {
        Ok(value) => write_uint(out, value),
        Err(_) => write_ext(out, EXT_U128, &value.to_be_bytes()),
    }
}

/// A half-precision float of one of the two types.
pub(super) fn write_half(out: &mut Vec<u8>, kind: i8, bits: u16) {
    write_ext(out, kind, &bits.to_be_bytes());
}

#[inline]
pub(super) fn write_f32(out: &mut Vec<u8>, value: f32) {
    tagged(out, 0xca, value.to_be_bytes());
}

#[inline]
pub(super) fn write_f64(out: &mut Vec<u8>, value: f64) {
    tagged(out, 0xcb, value.to_be_bytes());
}

#[inline]
pub(super) fn write_str(out: &mut Vec<u8>, text: &str) {
    let len = text.len();
    if len < 32 {
        out.reserve(32);
        out.push(0xa0 | len as u8);
    } else if len <= 0xff {
        out.extend_from_slice(&[0xd9, len as u8]);
    } else {
        wide_len(out, [0xda, 0xdb], len);
    }
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn write_bin(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() <= 0xff {
        out.extend_from_slice(&[0xc4, bytes.len() as u8]);
    } else {
        wide_len(out, [0xc5, 0xc6], bytes.len());
    }
    out.extend_from_slice(bytes);
}

/// `len` fits 32 bits, as with all lengths here.
#[inline]
pub(super) fn write_array_head(out: &mut Vec<u8>, len: usize) {
    if len < 16 {
        out.push(0x90 | len as u8);
    } else {
        wide_len(out, [0xdc, 0xdd], len);
    }
}

#[inline]
pub(super) fn write_map_head(out: &mut Vec<u8>, len: usize) {
    if len < 16 {
        out.push(0x80 | len as u8);
    } else {
        wide_len(out, [0xde, 0xdf], len);
    }
}

/// An array or map head of fixed width, whose length [`patch_len`] puts in later.
pub(super) fn write_open_head(out: &mut Vec<u8>, map: bool) {
    out.extend_from_slice(&[if map { 0xdf } else { 0xdd }, 0, 0, 0, 0]);
}

pub(super) fn patch_len(out: &mut [u8], head: usize, len: u32) {
    out[head + 1..head + 5].copy_from_slice(&len.to_be_bytes());
}

fn write_ext(out: &mut Vec<u8>, kind: i8, bytes: &[u8]) {
    write_ext_head(out, kind, bytes.len());
    out.extend_from_slice(bytes);
}

pub(super) fn write_ext_head(out: &mut Vec<u8>, kind: i8, len: usize) {
    match len {
        1 | 2 | 4 | 8 | 16 => out.push(0xd4 + len.trailing_zeros() as u8),
        0..=0xff => out.extend_from_slice(&[0xc7, len as u8]),
        _ => wide_len(out, [0xc8, 0xc9], len),
    }
    out.push(kind as u8);
}

#[inline]
fn wide_len(out: &mut Vec<u8>, [short, long]: [u8; 2], len: usize) {
    if len <= 0xffff {
        tagged(out, short, (len as u16).to_be_bytes());
    } else {
        tagged(out, long, (len as u32).to_be_bytes());
    }
}

#[inline]
fn tagged<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.reserve(9);
    out.push(tag);
    out.extend_from_slice(&bytes);
}

/// Takes a head off the front of `input`; `None` where the input ends within it or the tag is reserved.
#[inline]
pub(super) fn read_head(input: &mut &[u8]) -> Option<Head> {
    let (&tag, rest) = input.split_first()?;
    *input = rest;
    Some(match tag {
        0..=0x7f => Head::Unsigned(u64::from(tag)),
        0x80..=0x8f => Head::Map(usize::from(tag & 15)),
        0x90..=0x9f => Head::Array(usize::from(tag & 15)),
        0xa0..=0xbf => Head::Str(usize::from(tag & 31)),
        0xe0..=0xff => Head::Signed(i64::from(tag as i8)),
        _ => return read_long_head(tag, input),
    })
}

#[inline]
fn read_long_head(tag: u8, input: &mut &[u8]) -> Option<Head> {
    Some(match tag {
        NIL => Head::Nil,
        FALSE => Head::Bool(false),
        TRUE => Head::Bool(true),
        0xcc => Head::Unsigned(u64::from(u8::from_be_bytes(take(input)?))),
        0xcd => Head::Unsigned(u64::from(u16::from_be_bytes(take(input)?))),
        0xce => Head::Unsigned(u64::from(u32::from_be_bytes(take(input)?))),
        0xcf => Head::Unsigned(u64::from_be_bytes(take(input)?)),
        0xd0 => Head::Signed(i64::from(i8::from_be_bytes(take(input)?))),
        0xd1 => Head::Signed(i64::from(i16::from_be_bytes(take(input)?))),
        0xd2 => Head::Signed(i64::from(i32::from_be_bytes(take(input)?))),
        0xd3 => Head::Signed(i64::from_be_bytes(take(input)?)),
        0xca => Head::F32(f32::from_be_bytes(take(input)?)),
        0xcb => Head::F64(f64::from_be_bytes(take(input)?)),
        0xd9 => Head::Str(usize::from(u8::from_be_bytes(take(input)?))),
        0xda => Head::Str(short_len(input)?),
        0xdb => Head::Str(long_len(input)?),
        0xc4 => Head::Bin(usize::from(u8::from_be_bytes(take(input)?))),
        0xc5 => Head::Bin(short_len(input)?),
        0xc6 => Head::Bin(long_len(input)?),
        0xdc => Head::Array(short_len(input)?),
        0xdd => Head::Array(long_len(input)?),
        0xde => Head::Map(short_len(input)?),
        0xdf => Head::Map(long_len(input)?),
        0xd4..=0xd8 => Head::Ext(i8::from_be_bytes(take(input)?), 1 << (tag - 0xd4)),
        0xc7 => ext(usize::from(u8::from_be_bytes(take(input)?)), input)?,
        0xc8 => ext(short_len(input)?, input)?,
        0xc9 => ext(long_len(input)?, input)?,
        _ => return None,
    })
}

fn ext(len: usize, input: &mut &[u8]) -> Option<Head> {
    Some(Head::Ext(i8::from_be_bytes(take(input)?), len))
}

#[inline]
fn short_len(input: &mut &[u8]) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(take(input)?)))
}

#[inline]
fn long_len(input: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(take(input)?)).ok()
}

#[inline]
pub(super) fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(*bytes)
}

/// Appends an unsigned LEB128 number.
pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes an unsigned LEB128 number off the front of `input`; the shortest form only.
pub(crate) fn read_varint(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        let bits = u64::from(byte & 0x7f);
        if bits.leading_zeros() < shift || (byte == 0 && shift > 0) {
            return None;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(write: impl FnOnce(&mut Vec<u8>)) -> (Head, Vec<u8>) {
        let mut out = Vec::new();
        write(&mut out);
        let mut input = &out[..];
        let head = read_head(&mut input).unwrap();
        (head, input.to_vec())
    }

    proptest! {
        #[test]
        fn integers_round_trip_in_the_shortest_form(unsigned: u64, shift in 0u32..64) {
            let unsigned = unsigned >> shift;
            prop_assert_eq!(head(|out| write_uint(out, unsigned)).0, Head::Unsigned(unsigned));
            let signed = -((unsigned >> 1) as i64) - 1;
            prop_assert_eq!(head(|out| write_int(out, signed)).0, Head::Signed(signed));
            let mut ours = Vec::new();
            write_int(&mut ours, signed);
            let mut theirs = Vec::new();
            rmp::encode::write_sint(&mut theirs, signed).unwrap();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn varints_round_trip(value: u64, shift in 0u32..64) {
            let mut out = Vec::new();
            write_varint(&mut out, value >> shift);
            let mut input = &out[..];
            prop_assert_eq!(read_varint(&mut input), Some(value >> shift));
            prop_assert!(input.is_empty());
        }
    }

    #[test]
    fn heads_round_trip_at_their_boundaries() {
        for len in [0, 1, 15, 16, 31, 32, 0xff, 0x100, 0xffff, 0x1_0000] {
            let text = "x".repeat(len);
            assert_eq!(head(|out| write_str(out, &text)), (Head::Str(len), text.clone().into_bytes()));
            assert_eq!(head(|out| write_bin(out, text.as_bytes())), (Head::Bin(len), text.into_bytes()));
            assert_eq!(head(|out| write_array_head(out, len)).0, Head::Array(len));
            assert_eq!(head(|out| write_map_head(out, len)).0, Head::Map(len));
            assert_eq!(head(|out| write_ext_head(out, -3, len)).0, Head::Ext(-3, len));
        }
    }

    #[test]
    fn overlong_and_overflowing_varints_are_refused() {
        for bytes in [&[0x80, 0][..], &[0xff; 10], &[0x80], &[]] {
            assert_eq!(read_varint(&mut &*bytes), None, "{bytes:x?}");
        }
    }
}
