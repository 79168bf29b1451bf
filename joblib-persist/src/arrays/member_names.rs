//! The names of an archive's members, after the arrays' places in the value.

use std::collections::HashSet;

/// Names given so far, in lower case: some file systems that an archive may be unpacked to see no difference.
#[derive(Default)]
pub(super) struct MemberNames(HashSet<String>);

/// The name of the value itself, as NumPy's `savez` calls an array without a name.
const UNNAMED: &str = "arr_0";

/// Names that have a meaning of their own in an archive.
const RESERVED: [&str; 2] = ["main", "joblib"];

/// Longer names are cut: file systems allow 255 bytes, with the extension.
const LONGEST: usize = 200;

impl MemberNames {
    /// A name for the member that holds the array of this name: the same, as far as it is a plain file name,
    /// without extension, and not yet given.
    pub(super) fn give(&mut self, array: &str) -> String {
        let plain = plain(array);
        let name = (1usize..)
            .map(|count| if count == 1 { plain.clone() } else { format!("{plain}-{count}") })
            .find(|name| self.is_free(name))
            .unwrap_or_default();
        self.0.insert(name.to_lowercase());
        name
    }

    fn is_free(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        !RESERVED.contains(&name.as_str()) && !self.0.contains(&name)
    }
}

fn plain(array: &str) -> String {
    let mut name: String =
        array.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c }).collect();
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    if name.starts_with(['.', '-', ' ']) {
        name.replace_range(..1, "_");
    }
    if name.is_empty() { UNNAMED.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_given_once() {
        let mut names = MemberNames::default();
        let mut give = |array: &str| names.give(array);
        assert_eq!(give("layers.0.weights"), "layers.0.weights");
        assert_eq!(give("layers.0.weights"), "layers.0.weights-2");
        assert_eq!(give("Layers.0.weights"), "Layers.0.weights-3");
        assert_eq!(give(""), "arr_0");
        assert_eq!(give("../../etc/passwd"), "_._.._etc_passwd");
        assert_eq!(give("-rf"), "_rf");
        assert_eq!(give("main"), "main-2");
        assert_eq!(give("a\0b:c\u{7}"), "a_b_c_");
        assert!(give(&"\u{e9}".repeat(300)).len() <= LONGEST);
    }
}
