//! Recognising, while reading, that a type is exactly a vector or array of numbers.
//!
//! serde asks a deserializer for "a sequence" and hands it a visitor; which type asks is not said. It shows
//! in two type ids: that of the value the visitor makes, and that of the visitor. Where the value is a
//! `Vec<f64>` and the visitor is the one by which serde itself reads a `Vec<f64>`, that visitor would do no
//! more than collect the numbers: they can be read at once. A visitor of anyone else's
//! (`#[serde(deserialize_with)]`) must run, though its value may be a `Vec<f64>` too. serde's and ndarray's
//! visitors are private; their ids are learned by asking a `Vec<f64>` or an `Array` to deserialise itself
//! from a probe that answers with the visitor's id.

#[cfg(feature = "ndarray")]
mod ndarrays;
mod table;

use super::array_ext::ArrayExt;
use super::decoder::Decoder;
use super::source::elements;
use joblib_core::Result;
use joblib_core::array::{Element, ElementVisitor, visit_elements};
use serde::de::{DeserializeOwned, Visitor};
use std::sync::OnceLock;
use table::Table;

/// The array as `V` would make it element by element, if `V` is known to do only that.
#[inline]
pub(super) fn read<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
) -> Result<Option<V::Value>> {
    let word = size_of::<usize>();
    // Constant: for most types nothing is left of this function.
    if align_of::<V::Value>() != word || !(3 * word..=24 * word).contains(&size_of::<V::Value>()) {
        return Ok(None);
    }
    if cfg!(target_endian = "big") {
        return Ok(None);
    }
    match known().find::<V>(array.dtype) {
        Some(build) => build(decoder.source, array).map(Some),
        None => Ok(None),
    }
}

#[inline]
fn known() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        visit_elements(&mut table);
        table
    })
}

impl ElementVisitor for Table {
    fn visit<T: Element + DeserializeOwned>(&mut self) {
        self.insert::<Vec<T>>(T::DTYPE, elements);
        #[cfg(feature = "ndarray")]
        ndarrays::insert_all::<T>(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_visitor() {
        let of = |is_known: bool, types: usize| if is_known { types } else { 0 };
        let elements = 13
            + of(cfg!(feature = "half"), 2)
            + of(cfg!(feature = "num-complex"), 2)
            + of(cfg!(target_pointer_width = "64"), 2);
        assert_eq!(known().len(), elements * (1 + of(cfg!(feature = "ndarray"), 2 * 8)));
    }
}
