//! The text that names one entry of one cache.
//!
//! `joblib:<key>@<fingerprint>/<path>/<of>/<the>/<function>?dir=<directory>&mmap_mode=<mode>`, key and fingerprint in
//! 32 hexadecimal digits, everything else percent-encoded but for letters, digits and `-._~`.

use crate::store::FunctionId;
use crate::{Error, Key, MmapMode, Result};
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

const SCHEME: &str = "joblib:";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    /// `None` for a store that is not a directory.
    pub(crate) location: Option<PathBuf>,
    pub(crate) function: FunctionId,
    pub(crate) key: Key,
    pub(crate) mmap_mode: Option<MmapMode>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}@{:032x}", self.key, self.function.fingerprint)?;
        for segment in &self.function.path {
            f.write_char('/')?;
            escape(segment.as_bytes(), f)?;
        }
        f.write_str("?dir=")?;
        if let Some(location) = &self.location {
            escape(location.as_os_str().as_encoded_bytes(), f)?;
        }
        if let Some(mode) = self.mmap_mode {
            f.write_str("&mmap_mode=")?;
            escape(mode.as_str().as_bytes(), f)?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(|| Error::invalid(format!("`{text}` does not refer to a result")))
    }
}

impl Reference {
    fn parse(text: &str) -> Option<Self> {
        let (name, query) = text.strip_prefix(SCHEME)?.split_once('?')?;
        let mut segments = name.split('/');
        let (key, fingerprint) = segments.next()?.split_once('@')?;
        let path =
            segments.map(|segment| String::from_utf8(unescape(segment)?).ok()).collect::<Option<_>>()?;
        // A fingerprint is written as a key is.
        let Key(fingerprint) = fingerprint.parse().ok()?;
        let mut reference = Self {
            location: None,
            function: FunctionId { path, fingerprint },
            key: key.parse().ok()?,
            mmap_mode: None,
        };
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=')?;
            let value = unescape(value)?;
            match name {
                "dir" if value.is_empty() => {}
                "dir" => reference.location = Some(path_from(value)?),
                "mmap_mode" => reference.mmap_mode = Some(std::str::from_utf8(&value).ok()?.parse().ok()?),
                _ => return None,
            }
        }
        Some(reference)
    }
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|&byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => f.write_char(char::from(byte)),
        _ => write!(f, "%{byte:02X}"),
    })
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(bytes.next()?)? << 4 | digit(bytes.next()?)?
            }
            _ => byte,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(
            dir in "[^\0]+",
            path in proptest::collection::vec(".*", 1..5),
            fingerprint: u128,
            key: u128,
        ) {
            let reference = Reference {
                location: Some(dir.into()),
                function: FunctionId { path, fingerprint },
                key: Key(key),
                mmap_mode: Some(MmapMode::ReadWrite),
            };
            prop_assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
        }

        #[test]
        fn any_text_is_refused_or_read(text in "(joblib:)?[0-9a-f@/?=&%dirx]*") {
            let _ = text.parse::<Reference>();
        }
    }
}
