//! What the parts of a value are called: keys and indices with dots between, no two alike.
//!
//! A key is written so that it is known where it ends: a text as it is, or in quotation marks; a number or
//! bool in digits or letters; anything else in parentheses. Of several keys of one map that are written
//! alike, the second has `#2` behind it.

use super::array_ext::{ArrayExt, Place};
use super::decoder::Decoder;
use super::source::Source;
use super::wire::{self, EXT_ARRAY, EXT_SOME, Head};
use joblib_core::{Error, Result};
use std::collections::HashMap;
use std::fmt::Write;
use std::mem::MaybeUninit;
use xxhash_rust::xxh3::xxh3_128;

/// Takes the next value, a key, and appends it to `name`.
pub(super) fn push_key(decoder: &mut Decoder<'_, '_>, name: &mut String) -> Result<()> {
    match decoder.head()? {
        Head::Str(len) => {
            let text = decoder.text(len)?;
            if is_plain(text) {
                name.push_str(text)
            } else {
                push_quoted(name, text)
            }
            Ok(())
        }
        head @ (Head::Unsigned(_) | Head::Signed(_) | Head::Bool(_) | Head::Array(_)) => {
            push(decoder, head, name)
        }
        head => {
            name.push('(');
            push(decoder, head, name)?;
            name.push(')');
            Ok(())
        }
    }
}

/// What a member of an archive is called after the key that `bytes`, a part of a main stream, begin with: a
/// text stands as it is, as other tools know it.
pub(super) fn key_in(bytes: &[u8]) -> String {
    let mut text = bytes;
    if let Some(Head::Str(len)) = wire::read_head(&mut text) {
        return String::from_utf8_lossy(text.get(..len).unwrap_or_default()).into_owned();
    }
    let mut name = String::new();
    match push_key(&mut Decoder::new(bytes, &mut NoArrays), &mut name) {
        Ok(()) => name,
        Err(_) => "key".to_owned(),
    }
}

/// Whether a text can stand in a name as it is.
fn is_plain(text: &str) -> bool {
    let numbered = text.rsplit_once('#').is_some_and(|(_, number)| is_number(number));
    !text.is_empty() && !text.starts_with(['"', '(']) && !text.contains('.') && !numbered
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn push_quoted(name: &mut String, text: &str) {
    name.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            name.push('\\');
        }
        name.push(c);
    }
    name.push('"');
}

fn push(decoder: &mut Decoder<'_, '_>, head: Head, name: &mut String) -> Result<()> {
    match head {
        Head::Nil => name.push_str("null"),
        Head::Bool(value) => push_display(name, value),
        Head::Str(len) => push_quoted(name, decoder.text(len)?),
        Head::Bin(len) => push_display(name, format_args!("b\"{}\"", decoder.take(len)?.escape_ascii())),
        Head::Array(len) => push_each(decoder, name, ['(', ')'], len, push_next)?,
        Head::Map(len) => push_each(decoder, name, ['{', '}'], len, |decoder, name| {
            push_next(decoder, name)?;
            name.push(':');
            push_next(decoder, name)
        })?,
        Head::Ext(EXT_ARRAY, len) => {
            let array = decoder.array(len)?;
            push_array(name, &array);
            decoder.skip_array(&array)?;
        }
        Head::Ext(EXT_SOME, len) => push_display(name, format_args!("some {:?}", decoder.take(len)?)),
        number => match (decoder.number(number)?, number) {
            (Some(number), _) => push_display(name, number),
            (None, Head::Ext(kind, len)) => {
                push_display(name, format_args!("{kind} {:?}", decoder.take(len)?))
            }
            (None, _) => {}
        },
    }
    Ok(())
}

fn push_next(decoder: &mut Decoder<'_, '_>, name: &mut String) -> Result<()> {
    let head = decoder.head()?;
    push(decoder, head, name)
}

fn push_each<'de, 's>(
    decoder: &mut Decoder<'de, 's>,
    name: &mut String,
    [open, close]: [char; 2],
    len: usize,
    mut push: impl FnMut(&mut Decoder<'de, 's>, &mut String) -> Result<()>,
) -> Result<()> {
    decoder.enter()?;
    name.push(open);
    for index in 0..len {
        if index > 0 {
            name.push(',');
        }
        push(decoder, name)?;
    }
    name.push(close);
    decoder.leave();
    Ok(())
}

/// Dtype and elements, as hexadecimal digits; of an array that is not in the main stream, dtype and shape.
fn push_array(name: &mut String, array: &ArrayExt<'_>) {
    push_display(name, array.dtype);
    name.push(' ');
    match array.place {
        Place::Inline(bytes) => bytes.iter().for_each(|byte| push_display(name, format_args!("{byte:02x}"))),
        Place::Elsewhere(_) => push_display(name, format_args!("{:?}", array.shape())),
    }
}

fn push_display(name: &mut String, value: impl std::fmt::Display) {
    // Writing to a string does not fail.
    let _ = write!(name, "{value}");
}

/// Counts the keys of one map that are written alike.
#[derive(Default)]
pub(super) struct Alike(HashMap<u128, usize>);

impl Alike {
    /// Appends to `name`, which ends in a key from `start` on, the key's number if there was the same before.
    pub(super) fn push_number(&mut self, name: &mut String, start: usize) {
        let count = self.0.entry(xxh3_128(&name.as_bytes()[start..])).or_default();
        *count += 1;
        if *count > 1 {
            push_display(name, format_args!("#{count}"));
        }
    }
}

/// If a name starts with this key: its number among keys that are written alike, and the name of what is
/// wanted in its value.
pub(super) fn strip_key<'n>(name: &'n str, key: &str) -> Option<(usize, &'n str)> {
    let (step, rest) = match name.strip_prefix(key)? {
        "" => ("", ""),
        tail => match tail.find('.') {
            Some(dot) if dot + 1 == tail.len() => return None,
            Some(dot) => (&tail[..dot], &tail[dot + 1..]),
            None => (tail, ""),
        },
    };
    if step.is_empty() {
        return Some((1, rest));
    }
    let number = step.strip_prefix('#').filter(|number| is_number(number))?;
    Some((number.parse().ok()?, rest))
}

/// Of a key by itself: its arrays are all in the main stream, or are not looked at.
struct NoArrays;

impl<'de> Source<'de> for NoArrays {
    fn fill<'b>(&mut self, _: &ArrayExt<'de>, _: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        Err(Error::unsupported("a key's array is not read"))
    }
}
