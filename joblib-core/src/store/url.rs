//! Where stores are, as text: `scheme://..`, and directories as `file://` with their bytes percent-coded.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

/// The scheme of directories.
pub(crate) const FILE: &str = "file";

/// The bytes as text without anything that separates parts, but `/` and `:`.
pub(crate) fn escape(bytes: &[u8]) -> impl fmt::Display {
    Escaped { bytes, plain: b"-._~/:" }
}

/// As [`escape`], of one part between slashes.
pub(crate) fn escape_part(text: &str) -> impl fmt::Display {
    Escaped { bytes: text.as_bytes(), plain: b"-._~" }
}

/// Percent-coded but for ASCII's letters and digits and what is `plain`.
struct Escaped<'b> {
    bytes: &'b [u8],
    plain: &'static [u8],
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || self.plain.contains(byte) => {
                f.write_char(char::from(*byte))
            }
            byte => write!(f, "%{byte:02X}"),
        })
    }
}

/// The bytes that [`escape`] was given.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        let coded = match after {
            [high, low, ..] if first == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        // What is no code stands for itself.
        let (byte, after) = match coded {
            Some((high, low)) => (high << 4 | low, &after[2..]),
            None => (first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

/// What stands before `://`, if it is a scheme.
pub(crate) fn scheme(url: &str) -> Option<&str> {
    url.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme))
}

/// Whether it is meant as a URL: also one that nobody can register, with a scheme in capitals.
pub(crate) fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| is_scheme(&scheme.to_ascii_lowercase()))
}

/// Whether a URL may begin so.
pub(crate) fn is_scheme(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(plain)
}

/// The URL of a directory, which leads there from any other, too.
pub(crate) fn of_dir(dir: &Path) -> String {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    format!("{FILE}://{}", escape(dir.as_os_str().as_encoded_bytes()))
}

/// The path and the options of a directory's URL; the path is absolute, or begins with a `~`.
pub(crate) fn parse_dir(url: &str) -> Option<(PathBuf, &str)> {
    let rest = url.strip_prefix(FILE)?.strip_prefix("://")?;
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(path);
    let path = path_from(unescape(path))?;
    (path.is_absolute() || path.to_str()?.starts_with('~')).then_some((path, options))
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are a path")]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_lower_case_and_before_two_slashes() {
        assert_eq!(scheme("s3://bucket/a"), Some("s3"));
        assert_eq!(scheme("a+b.c-1://"), Some("a+b.c-1"));
        for path in ["/a/b", "./s3://x", "C:\\x", "S3://x", "1s://x", "://x", "a b://x", "s3:/x", ""] {
            assert_eq!(scheme(path), None, "{path}");
        }
    }

    #[test]
    fn directories_come_back_from_their_urls() {
        for dir in ["/tmp/a b?c&d=e%20#é", "/"] {
            assert_eq!(parse_dir(&of_dir(Path::new(dir))), Some((dir.into(), "")));
        }
        let here = std::path::absolute("relative").unwrap();
        assert_eq!(parse_dir(&of_dir(Path::new("relative"))), Some((here, "")));
        assert_eq!(parse_dir("file://localhost/x"), Some(("/x".into(), "")));
        assert_eq!(parse_dir("file://~/x"), Some(("~/x".into(), "")));
        for url in ["file://", "file://relative", "file://localhost", "file://host/x", "files:///x"] {
            assert_eq!(parse_dir(url), None, "{url}");
        }
        assert_eq!(of_dir(Path::new("/tmp/a b")), "file:///tmp/a%20b");
        assert_eq!(parse_dir("file:///x?mode=files"), Some(("/x".into(), "mode=files")));
    }
}
