//! The text that names one entry of one cache.
//!
//! `joblib:<key>@<fingerprint>/<path>/<of>/<the>/<function>?store=<URL>&mmap_mode=<mode>`, key and
//! fingerprint in 32 hexadecimal digits, everything else percent-encoded but for letters, digits and `-._~`,
//! in the URL also `/` and `:`.

use crate::store::FunctionId;
use crate::store::url::{escape, escape_part, unescape};
use crate::{Error, Key, MmapMode, Result};
use std::fmt;
use std::str::FromStr;

const SCHEME: &str = "joblib:";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    /// The store's URL; `None` where it has none.
    pub(crate) place: Option<String>,
    pub(crate) function: FunctionId,
    pub(crate) key: Key,
    pub(crate) mmap_mode: Option<MmapMode>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}@{:032x}", self.key, self.function.fingerprint)?;
        for segment in &self.function.path {
            write!(f, "/{}", escape_part(segment))?;
        }
        write!(f, "?store={}", escape(self.place.as_deref().unwrap_or_default().as_bytes()))?;
        if let Some(mode) = self.mmap_mode {
            write!(f, "&mmap_mode={}", escape_part(mode.as_str()))?;
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
            segments.map(|segment| String::from_utf8(unescape(segment)).ok()).collect::<Option<_>>()?;
        // A fingerprint is written as a key is.
        let Key(fingerprint) = fingerprint.parse().ok()?;
        let mut reference = Self {
            place: None,
            function: FunctionId { path, fingerprint },
            key: key.parse().ok()?,
            mmap_mode: None,
        };
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=')?;
            let value = String::from_utf8(unescape(value)).ok()?;
            match name {
                "store" => reference.place = Some(value).filter(|url| !url.is_empty()),
                "mmap_mode" => reference.mmap_mode = Some(value.parse().ok()?),
                _ => return None,
            }
        }
        Some(reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(
            url in ".+",
            path in proptest::collection::vec(".*", 1..5),
            fingerprint: u128,
            key: u128,
        ) {
            let reference = Reference {
                place: Some(url),
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
