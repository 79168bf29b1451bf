//! Navigating a main stream by the names in it, without deserialising what is not wanted.

use super::array_ext::{ArrayExt, Place};
use super::decoder::Decoder;
use super::names;
use super::source::Located;
use super::wire::{EXT_ARRAY, Head};
use joblib_core::{Error, Result};

/// Moves the decoder to the value of this name; the value itself has an empty one.
///
/// # Errors
///
/// If there is no such value.
pub(crate) fn seek(decoder: &mut Decoder<'_, '_>, name: &str) -> Result<()> {
    let mut left = name;
    while !left.is_empty() {
        let found = match decoder.head()? {
            Head::Map(len) => seek_key(decoder, len, left)?,
            Head::Array(len) => seek_index(decoder, len, left)?,
            _ => None,
        };
        left = found.ok_or_else(|| missing(name, left))?;
    }
    Ok(())
}

#[cold]
fn missing(name: &str, left: &str) -> Error {
    let dots =
        if left.contains('.') { " (a key that has dots itself is written in quotation marks)" } else { "" };
    Error::not_found(format!("the dump has no value `{name}`: there is no `{left}`{dots}"))
}

/// Moves to the value of the key that `name` starts with; gives the rest of the name.
fn seek_key<'n>(decoder: &mut Decoder<'_, '_>, len: usize, name: &'n str) -> Result<Option<&'n str>> {
    let (mut key, mut alike) = (String::new(), 0);
    for _ in 0..len {
        key.clear();
        names::push_key(decoder, &mut key)?;
        if let Some((number, rest)) = names::strip_key(name, &key) {
            alike += 1;
            if alike == number {
                return Ok(Some(rest));
            }
        }
        decoder.skip_value()?;
    }
    Ok(None)
}

fn seek_index<'n>(decoder: &mut Decoder<'_, '_>, len: usize, name: &'n str) -> Result<Option<&'n str>> {
    let index = &name[..name.find('.').unwrap_or(name.len())];
    let found = names::strip_key(name, index).zip(index.parse().ok().filter(|&index| index < len));
    let Some(((1, rest), index)) = found else { return Ok(None) };
    (0..index).try_for_each(|_| decoder.skip_value())?;
    Ok(Some(rest))
}

/// Takes the name of an array, its description, and where it is.
pub(crate) type ArrayVisitor<'v, 'de> = dyn FnMut(&str, &ArrayExt<'de>, Option<Located>) -> Result<()> + 'v;

/// Hands every array of the next value to `visit`, with its name as [`seek`] takes it.
pub(crate) fn arrays<'de>(
    decoder: &mut Decoder<'de, '_>,
    name: &mut String,
    visit: &mut ArrayVisitor<'_, 'de>,
) -> Result<()> {
    let len = name.len();
    let step = len + usize::from(len > 0);
    match decoder.head()? {
        Head::Array(count) => {
            decoder.enter()?;
            for index in 0..count {
                name.push_str(if len > 0 { "." } else { "" });
                name.push_str(&index.to_string());
                arrays(decoder, name, visit)?;
                name.truncate(len);
            }
            decoder.leave();
        }
        Head::Map(count) => {
            let mut alike = names::Alike::default();
            decoder.enter()?;
            for _ in 0..count {
                name.push_str(if len > 0 { "." } else { "" });
                names::push_key(decoder, name)?;
                alike.push_number(name, step);
                arrays(decoder, name, visit)?;
                name.truncate(len);
            }
            decoder.leave();
        }
        Head::Ext(EXT_ARRAY, len) => {
            let array = decoder.array(len)?;
            let located = match array.place {
                Place::Inline(_) => None,
                Place::Elsewhere(_) => decoder.source.locate(&array)?,
            };
            visit(name, &array, located)?;
            decoder.skip_array(&array)?;
        }
        Head::Str(len) | Head::Bin(len) | Head::Ext(_, len) => {
            decoder.take(len)?;
        }
        Head::Nil | Head::Bool(_) | Head::Unsigned(_) | Head::Signed(_) | Head::F32(_) | Head::F64(_) => {}
    }
    Ok(())
}
