//! The small file that says exactly which function a directory belongs to, because directory names are lossy,
//! and by which toolchains the results there were computed.

use super::FunctionId;
use super::draft::Draft;
use crate::toolchain::toolchain;
use crate::{Error, Result};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// Its name in the function's directory.
pub(super) const NAME: &str = "function";
const MAGIC: &[u8; 8] = b"JLFUNC2\n";
/// As before toolchains were noted.
const OLD_MAGIC: &[u8; 8] = b"JLFUNC1\n";
/// More than any function's path takes; anything longer is not such a record.
const MAX_LEN: u64 = 1 << 20;

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    function: FunctionId,
    /// By which results here may have been computed; an empty one is not known.
    toolchains: Vec<String>,
}

/// Writes the record unless it is there, with this program's toolchain; damaged ones are replaced.
pub(super) fn ensure(dir: &Path, scratch: &Path, function: &FunctionId) -> Result<()> {
    let path = dir.join(NAME);
    let mut record = Record { function: function.clone(), toolchains: Vec::new() };
    match read_record(dir) {
        Ok(found) if found.function == *function => record = found,
        Ok(Record { function: found, .. }) => {
            return Err(
                Error::invalid(format!("the directory of {function} belongs to {found}")).with_path(&path)
            );
        }
        Err(error) if error.is_not_found() || error.is_corrupt() => {}
        Err(error) => return Err(error),
    }
    if record.toolchains.iter().any(|known| known == toolchain()) {
        return Ok(());
    }
    record.toolchains.push(toolchain().to_owned());
    let draft = Draft::named(scratch)?;
    let written = draft.file().write_all(&encode(&record)).and_then(|()| draft.replace(&path));
    written.map_err(|error| Error::io("cannot write the function's record", &path, error))
}

/// The function a directory belongs to.
pub(super) fn read(dir: &Path) -> Result<FunctionId> {
    read_record(dir).map(|record| record.function)
}

fn read_record(dir: &Path) -> Result<Record> {
    let path = dir.join(NAME);
    let failed = |error| Error::io("cannot read the function's record", &path, error);
    if fs::metadata(&path).map_err(failed)?.len() > MAX_LEN {
        return Err(Error::corrupt("the function's record is too long").with_path(&path));
    }
    let bytes = fs::read(&path).map_err(failed)?;
    decode(&bytes).ok_or_else(|| Error::corrupt("the function's record is damaged").with_path(&path))
}

fn encode(record: &Record) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&record.function.fingerprint.to_le_bytes());
    for texts in [&record.function.path, &record.toolchains] {
        bytes.extend_from_slice(&(texts.len() as u32).to_le_bytes());
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    let check = xxh3_64(&bytes);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Record> {
    let (body, check) = bytes.split_last_chunk::<8>()?;
    if xxh3_64(body) != u64::from_le_bytes(*check) {
        return None;
    }
    let (magic, rest) = body.split_first_chunk::<8>()?;
    let (fingerprint, rest) = rest.split_first_chunk()?;
    let (path, rest) = decode_texts(rest)?;
    let (toolchains, rest) = match magic {
        MAGIC => decode_texts(rest)?,
        OLD_MAGIC => (vec![String::new()], rest),
        _ => return None,
    };
    let function = FunctionId { path, fingerprint: u128::from_le_bytes(*fingerprint) };
    rest.is_empty().then_some(Record { function, toolchains })
}

fn decode_texts(bytes: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (count, mut rest) = bytes.split_first_chunk()?;
    let mut texts = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (len, tail) = rest.split_first_chunk()?;
        let (text, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        texts.push(String::from_utf8(text.to_vec()).ok()?);
        rest = tail;
    }
    Some((texts, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_comes_back_exactly() {
        let function = FunctionId {
            path: vec!["a".into(), String::new(), "é/\0<T>".into()],
            fingerprint: u128::MAX - 5,
        };
        let record = Record { function, toolchains: vec!["x86_64 abc sse2".into(), String::new()] };
        let bytes = encode(&record);
        assert_eq!(decode(&bytes), Some(record));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(decode(&damaged), None);
            assert_eq!(decode(&bytes[..at]), None);
        }
    }

    #[test]
    fn toolchains_are_noted_beside_each_other() {
        let (scratch, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let function = FunctionId { path: vec!["f".into()], fingerprint: 1 };
        let other = Record { function: function.clone(), toolchains: vec!["another".into()] };
        fs::write(dir.path().join(NAME), encode(&other)).unwrap();
        for _ in 0..2 {
            ensure(dir.path(), scratch.path(), &function).unwrap();
            assert_eq!(read_record(dir.path()).unwrap().toolchains, ["another", toolchain()]);
        }
    }

    #[test]
    fn records_without_toolchains_are_read() {
        let mut old = OLD_MAGIC.to_vec();
        old.extend_from_slice(&7u128.to_le_bytes());
        old.extend_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0, b'f']);
        old.extend_from_slice(&xxh3_64(&old).to_le_bytes());
        let function = FunctionId { path: vec!["f".into()], fingerprint: 7 };
        assert_eq!(decode(&old), Some(Record { function, toolchains: vec![String::new()] }));
    }
}
