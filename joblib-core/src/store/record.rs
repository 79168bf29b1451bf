//! One entry as bytes, in a segment or in a file of its own: metadata, key, checksum, and the value or where
//! it is.
//!
//! Little-endian everywhere; the byte table stands in `docs/cache-layout.md`.

use super::EntryMeta;
use super::clock::{nanos, since_epoch, time_of};
use crate::Key;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// First word of a record.
pub(super) const MAGIC: u32 = u32::from_le_bytes(*b"JLR1");
/// First word of a record that was removed or replaced.
pub(super) const DEAD: u32 = u32::from_le_bytes(*b"JLR0");
/// Bytes before the value.
pub(super) const HEADER: usize = 48;
/// Longest argument text kept beside a value.
const MAX_ARGS: usize = 16 << 10;
/// Set in the length word: argument text follows the value.
const HAS_ARGS: u32 = 1 << 31;
/// Set in the length word: the value is a [`FileRef`].
const IS_FILE: u32 = 1 << 30;
const LENGTH: u32 = IS_FILE - 1;
const CHECKED: usize = 16;
/// Where a record has its key.
pub(super) const KEY: usize = 16;
/// Bytes of a [`FileRef`].
const FILE_REF: usize = 16;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// The value itself.
    Inline(&'a [u8]),
    /// A value in a file of its own.
    File(FileRef),
}

/// Names the file of one large value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileRef {
    /// Makes the name unique, so that no file ever takes another's name.
    pub(super) nonce: u64,
    /// Its exact length.
    pub(super) len: u64,
}

/// A record whose checksum holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parsed<'a> {
    pub(super) key: Key,
    pub(super) body: Body<'a>,
    /// Bytes of the record, without padding.
    pub(super) len: usize,
    times: &'a [u8; 16],
    args: Option<&'a str>,
}

/// Bytes that are no whole record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

impl Body<'_> {
    /// Bytes of the value.
    pub(super) fn size(&self) -> u64 {
        match self {
            Body::Inline(value) => value.len() as u64,
            Body::File(file) => file.len,
        }
    }

    fn stored_len(&self) -> usize {
        match self {
            Body::Inline(value) => value.len(),
            Body::File(_) => FILE_REF,
        }
    }
}

/// Bytes that [`encode`] fills.
pub(super) fn encoded_len(meta: &EntryMeta, body: &Body<'_>) -> usize {
    HEADER + body.stored_len() + args_of(meta).map_or(0, |args| args.len() + 4)
}

/// Fills all of `buffer`, of [`encoded_len`] bytes, but its first word: the caller sets that to [`MAGIC`].
/// Gives when the value was stored, in nanoseconds of the Unix epoch.
pub(super) fn encode(buffer: &mut [u8], key: Key, meta: &EntryMeta, body: &Body<'_>) -> u64 {
    let mut word = body.stored_len() as u32;
    let mut at = HEADER;
    let mut append = |bytes: &[u8]| {
        buffer[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    match body {
        Body::Inline(value) => append(value),
        Body::File(file) => {
            word |= IS_FILE;
            append(&file.len.to_le_bytes());
            append(&file.nonce.to_le_bytes());
        }
    }
    if let Some(args) = args_of(meta) {
        word |= HAS_ARGS;
        append(&(args.len() as u32).to_le_bytes());
        append(args.as_bytes());
    }
    let time = since_epoch(meta.time);
    buffer[4..8].copy_from_slice(&word.to_le_bytes());
    buffer[KEY..KEY + 16].copy_from_slice(&key.0.to_le_bytes());
    buffer[32..40].copy_from_slice(&time.to_le_bytes());
    buffer[40..48].copy_from_slice(&nanos(meta.duration).to_le_bytes());
    let check = sum(word, &buffer[CHECKED..]);
    buffer[8..16].copy_from_slice(&check.to_le_bytes());
    time
}

/// The record at the start of `bytes`, which begin after its first word and may go on beyond its end.
#[inline]
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed<'_>, Damaged> {
    let (len, stored, args_len) = lengths(bytes).ok_or(Damaged)?;
    let word = word(bytes).ok_or(Damaged)?;
    // All offsets are those of the byte table, less the first word.
    let record = bytes.get(..len - 4).ok_or(Damaged)?;
    let check = u64::from_le_bytes(*array(record, 4)?);
    let checked = &record[CHECKED - 4..];
    if sum(word, checked) != check {
        return Err(Damaged);
    }
    let value = &record[HEADER - 4..HEADER - 4 + stored];
    let body = if word & IS_FILE == 0 {
        Body::Inline(value)
    } else if stored != FILE_REF {
        return Err(Damaged);
    } else {
        let [len, nonce] = [0, 8].map(|at| array(value, at).map(|bytes| u64::from_le_bytes(*bytes)));
        Body::File(FileRef { nonce: nonce?, len: len? })
    };
    let args = match args_len {
        None => None,
        Some(args_len) => Some(std::str::from_utf8(&record[record.len() - args_len..]).map_err(|_| Damaged)?),
    };
    let key = Key(u128::from_le_bytes(*array(record, KEY - 4)?));
    Ok(Parsed { key, body, len, times: array(record, 28)?, args })
}

/// The checksum: of what follows it, and of the length word before it, each of whose values gives another
/// sum.
#[inline]
fn sum(word: u32, checked: &[u8]) -> u64 {
    xxh3_64(checked).wrapping_add(u64::from(word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Length of the record, of its stored value, and of its argument text.
#[inline]
fn lengths(bytes: &[u8]) -> Option<(usize, usize, Option<usize>)> {
    let word = word(bytes)?;
    let stored = (word & LENGTH) as usize;
    if word & HAS_ARGS == 0 {
        return Some((HEADER + stored, stored, None));
    }
    let args_len = u32::from_le_bytes(*bytes.get(HEADER - 4 + stored..)?.first_chunk()?) as usize;
    (args_len <= MAX_ARGS).then_some((HEADER + stored + 4 + args_len, stored, Some(args_len)))
}

fn word(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|word| u32::from_le_bytes(*word))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<&[u8; N], Damaged> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Damaged)
}

impl Parsed<'_> {
    /// When it was stored, in nanoseconds of the Unix epoch.
    pub(super) fn time(&self) -> u64 {
        u64::from_le_bytes(self.times[..8].try_into().unwrap_or_default())
    }

    /// What was recorded beside the value.
    pub(super) fn meta(&self) -> EntryMeta {
        let duration = u64::from_le_bytes(self.times[8..].try_into().unwrap_or_default());
        EntryMeta {
            duration: Duration::from_nanos(duration),
            time: time_of(self.time()),
            args: self.args.map(str::to_owned),
        }
    }
}

fn args_of(meta: &EntryMeta) -> Option<&str> {
    meta.args.as_deref().map(|args| {
        let cut = (0..=args.len().min(MAX_ARGS)).rev().find(|&at| args.is_char_boundary(at));
        &args[..cut.unwrap_or(0)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(key: Key, meta: &EntryMeta, body: &Body<'_>) -> Vec<u8> {
        let mut buffer = vec![0; encoded_len(meta, body)];
        encode(&mut buffer, key, meta, body);
        buffer
    }

    fn meta(args: Option<String>) -> EntryMeta {
        EntryMeta { duration: Duration::from_nanos(77), time: time_of(1_700_000_000_000_000_001), args }
    }

    #[test]
    fn the_layout_is_pinned() {
        let record = encoded(Key(0x0102), &meta(Some("x=1".into())), &Body::Inline(b"value"));
        let hex: String = record.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "00000000050000801ad874b70fcb30000201000000000000000000000000000001002a36fe9c97174d0000000000000076616c756503000000783d31"
        );
    }

    #[test]
    fn every_bit_counts() {
        for body in [Body::Inline(&[0; 16]), Body::File(FileRef { nonce: 0, len: 0 })] {
            let record = encoded(Key(0), &meta(None), &body);
            for bit in 32..record.len() * 8 {
                let mut damaged = record.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(parse(&damaged[4..]).is_err(), "{body:?}, bit {bit}");
            }
        }
    }

    #[test]
    fn long_argument_text_is_cut() {
        let text = "é".repeat(MAX_ARGS);
        let record = encoded(Key(1), &meta(Some(text.clone())), &Body::Inline(b""));
        let args = parse(&record[4..]).unwrap().meta().args.unwrap();
        assert!(args.len() == MAX_ARGS && text.starts_with(&args));
    }

    proptest! {
        #[test]
        fn records_come_back_and_damage_is_seen(
            key: u128, value in proptest::collection::vec(any::<u8>(), 0..200), args: Option<String>,
            file: Option<(u64, u64)>, at: proptest::sample::Index, flip in 1u8..,
        ) {
            let body = file.map_or(Body::Inline(&value), |(nonce, len)| Body::File(FileRef { nonce, len }));
            let meta = meta(args);
            let mut record = encoded(Key(key), &meta, &body);
            record.extend_from_slice(&[0xAA; 40]);
            let parsed = parse(&record[4..]).unwrap();
            prop_assert_eq!((parsed.key, parsed.body, parsed.meta()), (Key(key), body, meta.clone()));
            let len = parsed.len;
            prop_assert_eq!(len, encoded_len(&meta, &body));
            prop_assert!(parse(&record[4..len - 1]).is_err());
            let at = 4 + at.index(len - 4);
            record[at] ^= flip;
            prop_assert!(parse(&record[4..]).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            prop_assert!(parse(&bytes).is_err());
        }
    }
}
