//! Published packages: whether what is imported from one may be a trait, whose methods are called without
//! naming it.

use super::dep_info::DepInfo;
use super::manifest::Manifest;
use std::path::Path;

/// What stands before the name of an item that is no trait.
const OTHERS: &[&str] = &["const", "enum", "fn", "mod", "static", "struct", "type", "union", "macro_rules!"];

/// By the sources of the package; `None` where they are not to be found. What is not there comes from another
/// one: it may be anything.
pub(super) fn may_have_trait(artefacts: &Path, package: &str, version: &str, name: &str) -> Option<bool> {
    let info = DepInfo::newest(artefacts, &package.replace('-', "_"), |info| {
        info.root().is_some_and(|root| is_of(&root, package, version))
    })?;
    let files = info.files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let mut is_other = false;
    for text in files.filter_map(|file| std::fs::read_to_string(file).ok()) {
        for (at, _) in text.match_indices(name) {
            let is_whole = !text[at + name.len()..].starts_with(is_word);
            let before = text[..at].strip_suffix(' ').filter(|_| is_whole).unwrap_or("").trim_end();
            if before.ends_with("trait") {
                return Some(true);
            }
            is_other |= OTHERS.iter().any(|word| before.ends_with(word));
        }
    }
    Some(!is_other)
}

/// Whether a library with this root is that package's.
fn is_of(root: &Path, package: &str, version: &str) -> bool {
    let unpacked = format!("{package}-{version}");
    root.ancestors().any(|path| path.file_name().is_some_and(|name| name == unpacked.as_str()))
        || Manifest::around(root)
            .is_some_and(|manifest| manifest.name == package && manifest.version == version)
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}
