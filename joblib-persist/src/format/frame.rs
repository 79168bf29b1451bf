//! The frame of a multi-file dump's main file.
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 8 | magic `93 4A 4F 42 4C 49 42 0A` (`\x93JOBLIB\n`) |
//! | 8 | 2 | format version, 1 |
//! | 10 | 2 | flags, 0 |
//! | 12 | 4 | *s*: length of the side files' common stem |
//! | 16 | 8 | generation of the side files |
//! | 24 | 4 | number of side files |
//! | 28 | 4 | bytes of the main stream's block table; 0: the stream is stored as it is |
//! | 32 | 8 | length of the main stream, before compression |
//! | 40 | 16 | digest of the main stream, before compression |
//! | 56 | 8 | XXH3-64 of bytes 0 to 55 and the stem |
//! | 64 | *s* | the stem, UTF-8: a file name |
//! | 64+*s* | | the block table, then the main stream |
//!
//! All integers are little-endian.

use super::VERSION;
use joblib_core::{Error, Result};
use xxhash_rust::xxh3::Xxh3;

pub(crate) const MAGIC: [u8; 8] = *b"\x93JOBLIB\n";
pub(crate) const FIXED: usize = 64;
/// A frame with its stem is never longer than this.
pub(crate) const LONGEST: usize = 4096;

/// The main file's description of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) stem: String,
    pub(crate) generation: u64,
    pub(crate) side_files: u32,
    pub(crate) table_len: u32,
    pub(crate) stream_len: u64,
    pub(crate) digest: u128,
}

impl Frame {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let stem = self.stem.as_bytes();
        let mut bytes = [
            &MAGIC[..],
            &VERSION.to_le_bytes(),
            &[0; 2],
            &(stem.len() as u32).to_le_bytes(),
            &self.generation.to_le_bytes(),
            &self.side_files.to_le_bytes(),
            &self.table_len.to_le_bytes(),
            &self.stream_len.to_le_bytes(),
            &self.digest.to_le_bytes(),
        ]
        .concat();
        let sum = checksum(&bytes, stem);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes.extend_from_slice(stem);
        bytes
    }

    /// Length of the stem that follows a frame's first [`FIXED`] bytes.
    ///
    /// # Errors
    ///
    /// A foreign, damaged or newer file.
    pub(crate) fn stem_len(bytes: &[u8]) -> Result<u64> {
        let mut bytes = after_version(bytes)?;
        let (_flags, stem_len) = (take::<2>(&mut bytes)?, u32::from_le_bytes(take(&mut bytes)?));
        if stem_len as usize <= LONGEST - FIXED { Ok(stem_len.into()) } else { Err(cut_off()) }
    }

    /// Reads the frame that `bytes` start with; also gives its length.
    ///
    /// # Errors
    ///
    /// A foreign, damaged or newer file.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, usize)> {
        let mut rest = after_version(bytes)?;
        let flags = u16::from_le_bytes(take(&mut rest)?);
        let stem_len = u32::from_le_bytes(take(&mut rest)?) as usize;
        let generation = u64::from_le_bytes(take(&mut rest)?);
        let side_files = u32::from_le_bytes(take(&mut rest)?);
        let table_len = u32::from_le_bytes(take(&mut rest)?);
        let stream_len = u64::from_le_bytes(take(&mut rest)?);
        let digest = u128::from_le_bytes(take(&mut rest)?);
        let sum = u64::from_le_bytes(take(&mut rest)?);
        let stem = rest.get(..stem_len).ok_or_else(cut_off)?;
        if checksum(&bytes[..FIXED - 8], stem) != sum {
            return Err(Error::corrupt("the main file's header is damaged"));
        }
        if flags != 0 {
            return Err(Error::unsupported(format!("unknown flags {flags:#x} in the main file's header")));
        }
        let stem = std::str::from_utf8(stem).ok().filter(|stem| is_file_name(stem));
        let stem = stem.ok_or_else(|| Error::corrupt("the side files' names are no plain file names"))?;
        let frame = Self { stem: stem.to_owned(), generation, side_files, table_len, stream_len, digest };
        Ok((frame, FIXED + stem_len))
    }

    /// The name of side file `index`, counted from 1.
    pub(crate) fn side_file(&self, index: u64, extension: &str) -> String {
        side_file(&self.stem, index, self.generation, extension)
    }
}

fn after_version(bytes: &[u8]) -> Result<&[u8]> {
    let foreign = || Error::corrupt("not a file that `dump` wrote");
    let mut rest = bytes.strip_prefix(&MAGIC).ok_or_else(foreign)?;
    let version = u16::from_le_bytes(take(&mut rest)?);
    if version == VERSION {
        return Ok(rest);
    }
    let message = format!("dump format version {version}; this build reads version {VERSION}");
    Err(Error::unsupported(message))
}

/// `model.jl_01-5f2c9d0e1b7a4433.npy`
pub(crate) fn side_file(stem: &str, index: u64, generation: u64, extension: &str) -> String {
    format!("{stem}_{index:02}-{generation:016x}.{extension}")
}

/// Whether a name cannot lead out of its directory, on any platform.
pub(crate) fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', ':', '\0'])
}

fn checksum(fixed: &[u8], stem: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(fixed);
    hasher.update(stem);
    hasher.digest()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (bytes, tail) = rest.split_first_chunk().ok_or_else(cut_off)?;
    *rest = tail;
    Ok(*bytes)
}

#[cold]
fn cut_off() -> Error {
    Error::corrupt("the main file is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            stem: "model.jl".to_owned(),
            generation: 0x5f2c_9d0e_1b7a_4433,
            side_files: 2,
            table_len: 0,
            stream_len: 1234,
            digest: 77,
        }
    }

    #[test]
    fn frames_round_trip_and_notice_every_flipped_bit() {
        let bytes = frame().encode();
        assert_eq!(Frame::decode(&bytes).unwrap(), (frame(), bytes.len()));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(Frame::decode(&damaged).is_err(), "byte {at} bit {bit}");
            }
            assert!(Frame::decode(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn names_stay_in_their_directory() {
        assert_eq!(frame().side_file(3, "npy"), "model.jl_03-5f2c9d0e1b7a4433.npy");
        for stem in ["../up", "a/b", "c:\\x", "..", "", "a\0b"] {
            assert!(Frame::decode(&Frame { stem: stem.to_owned(), ..frame() }.encode()).is_err(), "{stem:?}");
        }
    }

    #[test]
    fn newer_versions_are_told_apart_from_damage() {
        let mut bytes = frame().encode();
        bytes[8] += 1;
        assert!(Frame::decode(&bytes).unwrap_err().is_unsupported());
        assert!(Frame::decode(b"GIF89a").unwrap_err().is_corrupt());
    }
}
