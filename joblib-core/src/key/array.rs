//! Arrays of plain numbers: dtype, shape, bytes in C order. Layout, ownership and container leave no trace.

use super::stream::Stream;
use super::{tag, tree};
use crate::array::{DType, RawArray};
use std::convert::Infallible;

/// Feeds a recognised array.
pub(super) fn put(stream: &mut Stream, array: &RawArray<'_>) {
    put_header(stream, Some(array.dtype()), array.shape());
    let total = array.nbytes();
    if let Some(bytes) = c_order_bytes(array) {
        return tree::put_bytes(stream, bytes);
    }
    let mut pieces = tree::Pieces::new(stream, total);
    let done: Result<(), Infallible> = array.for_each_chunk(|chunk| {
        pieces.put(chunk);
        Ok(())
    });
    let Ok(()) = done;
    pieces.finish();
}

/// An array without elements has no dtype here: reached through a pointer, it could not say which.
pub(super) fn put_header(stream: &mut Stream, dtype: Option<DType>, shape: &[usize]) {
    let dtype = if shape.contains(&0) { None } else { dtype };
    stream.put(&[tag::ARRAY, dtype.map_or(0, DType::code), shape.len() as u8]);
    for &extent in shape {
        stream.put_len(extent);
    }
}

fn c_order_bytes<'a>(array: &RawArray<'a>) -> Option<&'a [u8]> {
    use crate::array::Order;
    match array.contiguous() {
        Some((Order::C, bytes)) if cfg!(target_endian = "little") => Some(bytes),
        _ => None,
    }
}
