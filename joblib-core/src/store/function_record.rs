//! The small file that says exactly which function a directory belongs to, because directory names are lossy.

use super::FunctionId;
use super::draft::Draft;
use crate::{Error, Result};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// Its name in the function's directory.
pub(super) const NAME: &str = "function";
const MAGIC: &[u8; 8] = b"JLFUNC1\n";
/// More than any function's path takes; anything longer is not such a record.
const MAX_LEN: u64 = 1 << 20;

/// Writes the record unless it is there; damaged ones are replaced.
pub(super) fn ensure(dir: &Path, scratch: &Path, function: &FunctionId) -> Result<()> {
    let path = dir.join(NAME);
    match read(dir) {
        Ok(found) if found == *function => return Ok(()),
        Ok(found) => {
            return Err(
                Error::invalid(format!("the directory of {function} belongs to {found}")).with_path(&path)
            );
        }
        Err(error) if error.is_not_found() || error.is_corrupt() => {}
        Err(error) => return Err(error),
    }
    let draft = Draft::named(scratch)?;
    let written = draft.file().write_all(&encode(function)).and_then(|()| draft.replace(&path));
    written.map_err(|error| Error::io("cannot write the function's record", &path, error))
}

/// The function a directory belongs to.
pub(super) fn read(dir: &Path) -> Result<FunctionId> {
    let path = dir.join(NAME);
    let failed = |error| Error::io("cannot read the function's record", &path, error);
    if fs::metadata(&path).map_err(failed)?.len() > MAX_LEN {
        return Err(Error::corrupt("the function's record is too long").with_path(&path));
    }
    let bytes = fs::read(&path).map_err(failed)?;
    decode(&bytes).ok_or_else(|| Error::corrupt("the function's record is damaged").with_path(&path))
}

fn encode(function: &FunctionId) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&function.fingerprint.to_le_bytes());
    bytes.extend_from_slice(&(function.path.len() as u32).to_le_bytes());
    for part in &function.path {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    let check = xxh3_64(&bytes);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<FunctionId> {
    let (body, check) = bytes.split_last_chunk::<8>()?;
    if xxh3_64(body) != u64::from_le_bytes(*check) {
        return None;
    }
    let rest = body.strip_prefix(MAGIC)?;
    let (fingerprint, rest) = rest.split_first_chunk()?;
    let (count, mut rest) = rest.split_first_chunk()?;
    let mut path = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (len, tail) = rest.split_first_chunk()?;
        let (part, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        path.push(String::from_utf8(part.to_vec()).ok()?);
        rest = tail;
    }
    rest.is_empty().then(|| FunctionId { path, fingerprint: u128::from_le_bytes(*fingerprint) })
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
        let bytes = encode(&function);
        assert_eq!(decode(&bytes), Some(function));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 4;
            assert_eq!(decode(&damaged), None);
            assert_eq!(decode(&bytes[..at]), None);
        }
    }
}
