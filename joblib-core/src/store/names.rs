//! Function paths as directory names that every file system accepts and keeps apart.

use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64;

use super::FunctionId;

/// Longest name of one directory, its hash included.
const MAX_NAME: usize = 80;
/// Deepest nesting; what lies below is folded into the last name.
const MAX_DEPTH: usize = 12;
/// Starts the directory of one version: no component does, since `@` is escaped there.
const VERSION_MARK: char = '@';

/// Where a function's entries stand, relative to the store.
pub(super) fn function_dir(function: &FunctionId) -> PathBuf {
    let mut dir = PathBuf::new();
    if function.path.len() <= MAX_DEPTH {
        dir.extend(function.path.iter().map(|part| component(part)));
    } else {
        let (outer, inner) = function.path.split_at(MAX_DEPTH - 1);
        dir.extend(outer.iter().map(|part| component(part)));
        dir.push(hashed(&escape(&inner.join("::")), &framed(inner)));
    }
    dir.push(version_name(function.fingerprint));
    dir
}

/// Whether a directory of this name holds the entries of one version of a function.
pub(super) fn is_version_name(name: &str) -> bool {
    name.strip_prefix(VERSION_MARK)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn version_name(fingerprint: u128) -> String {
    format!("{VERSION_MARK}{fingerprint:032x}")
}

/// One component as a name: itself where that is safe, else escaped; with a hash where escaping could not
/// keep it apart from others (upper case on file systems that ignore case, names cut for length).
fn component(text: &str) -> String {
    let escaped = escape(text);
    if escaped.len() > MAX_NAME || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return hashed(&escaped, text.as_bytes());
    }
    escaped
}

/// Percent-escapes all but letters, digits, `_`, `-`, inner dots, and the first letter of names that Windows
/// reserves.
fn escape(text: &str) -> String {
    if text.is_empty() {
        return "%".into();
    }
    let reserved = is_reserved(text);
    let last = text.len() - 1;
    let mut name = String::with_capacity(text.len() + 8);
    for (at, byte) in text.bytes().enumerate() {
        let plain = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => !(reserved && at == 0),
            b'-' => at != 0,
            b'.' => at != 0 && at != last,
            _ => false,
        };
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    name
}

/// Device names of Windows, which no file may have, with any extension.
fn is_reserved(text: &str) -> bool {
    let stem = text.split('.').next().unwrap_or(text).to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" => true,
        _ => {
            stem.len() == 4
                && (stem.starts_with("com") || stem.starts_with("lpt"))
                && stem.as_bytes()[3].is_ascii_digit()
        }
    }
}

/// A name cut to fit, made unique by a hash of the exact text; `~` appears in no other name.
fn hashed(escaped: &str, exact: &[u8]) -> String {
    let room = MAX_NAME - 17;
    let mut cut = escaped.len().min(room);
    // Not inside an escape: those are ASCII, three bytes each.
    if let Some(at) = escaped[..cut].rfind('%')
        && cut - at < 3
        && cut < escaped.len()
    {
        cut = at;
    }
    format!("{}~{:016x}", escaped[..cut].trim_end_matches('.'), xxh3_64(exact))
}

/// Components with their lengths, so that no two lists give the same bytes.
fn framed(parts: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn id(path: &[&str]) -> FunctionId {
        FunctionId { path: path.iter().map(|&part| part.to_owned()).collect(), fingerprint: 0xabc }
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(
            function_dir(&id(&["my_crate", "deep.er", "simulate"])),
            PathBuf::from("my_crate/deep.er/simulate/@00000000000000000000000000000abc")
        );
    }

    #[test]
    fn awkward_names_are_made_safe() {
        for (text, name) in [
            ("", "%"),
            ("..", "%2e%2e"),
            (".git", "%2egit"),
            ("a/b\\c", "a%2fb%5cc"),
            ("con", "%63on"),
            ("com1.txt", "%63om1.txt"),
            ("end.", "end%2e"),
            ("@0", "%400"),
            ("a~b", "a%7eb"),
            ("é", "%c3%a9"),
        ] {
            assert_eq!(component(text), name);
        }
    }

    #[test]
    fn names_differing_in_case_alone_stay_apart_when_case_is_ignored() {
        assert_ne!(component("Grid").to_lowercase(), component("grid"));
        assert_ne!(component("Grid").to_lowercase(), component("GRID").to_lowercase());
        assert!(component("Grid").starts_with("Grid~"));
    }

    #[test]
    fn deep_paths_are_folded_without_collision() {
        let deep: Vec<String> = (0..40).map(|part| format!("m{part}")).collect();
        let mut joined = deep[..30].to_vec();
        joined.push(deep[30..].join("::"));
        let [a, b] = [deep, joined].map(|path| function_dir(&FunctionId { path, fingerprint: 1 }));
        assert_eq!(a.components().count(), MAX_DEPTH + 1);
        assert_ne!(a, b);
    }

    proptest! {
        #[test]
        fn any_text_gives_one_safe_short_name(texts in proptest::collection::vec("\\PC{0,120}", 1..20)) {
            let mut seen: HashMap<String, &str> = HashMap::new();
            for text in &texts {
                let name = component(text);
                prop_assert!(name.len() <= MAX_NAME && !name.is_empty());
                prop_assert!(!name.starts_with('.') && !name.ends_with('.') && !is_version_name(&name));
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.%~".contains(&byte)));
                if let Some(other) = seen.insert(name.to_lowercase(), text) {
                    prop_assert_eq!(other, text);
                }
            }
        }
    }
}
