//! Where the crate that is being compiled begins.

use super::index::Index;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The paths of the crate's modules, a line each, but for those that are a function's path too: what is in
/// one of these may be in the function.
///
/// A package's library and its program have one name: the program gets the modules of both.
pub(crate) fn modules_of_crate() -> Option<String> {
    let root = find()?;
    let library =
        std::env::var_os("CARGO_MANIFEST_DIR").map(|package| PathBuf::from(package).join("src/lib.rs"));
    let library = library.filter(|path| *path != root && path.is_file());
    let indices: Vec<_> = [Some(root), library].iter().flatten().map(|root| Index::of_crate(root)).collect();
    let mut modules: BTreeSet<String> = indices.iter().flat_map(|index| index.module_paths()).collect();
    indices.iter().flat_map(|index| index.value_paths()).for_each(|path| {
        modules.remove(&path);
    });
    Some(Vec::from_iter(modules).join("\n"))
}

/// How many lifetimes a type of the crate has.
pub(crate) fn lifetimes_of(name: &str) -> usize {
    find().map_or(0, |root| Index::of_crate(&root).lifetimes_of(name))
}

/// The root file of the crate around the macro call.
///
/// The compiler runs the macro, so its command line names the file. Where it does not (rust-analyzer, which
/// has no use for fingerprints), Cargo's conventions say where to look; where they fail, there is no root,
/// and fingerprints cover the function alone.
pub(super) fn find() -> Option<PathBuf> {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).filter_map(|word| word.into_string().ok()).collect();
    from_arguments(&arguments).or_else(by_convention)
}

/// The first word that is a Rust file, also in a response file (`@path`, one word a line).
fn from_arguments(arguments: &[String]) -> Option<PathBuf> {
    arguments.iter().find_map(|word| match word.strip_prefix('@') {
        Some(file) => {
            let words = std::fs::read_to_string(file).ok()?;
            words.lines().find_map(rust_file)
        }
        None => rust_file(word),
    })
}

fn rust_file(word: &str) -> Option<PathBuf> {
    let path = PathBuf::from(word);
    (!word.starts_with('-') && word.ends_with(".rs") && path.is_file()).then_some(path)
}

fn by_convention() -> Option<PathBuf> {
    let source = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?).join("src");
    let candidates = match std::env::var("CARGO_BIN_NAME") {
        Ok(name) => vec![
            source.join("bin").join(format!("{name}.rs")),
            source.join("bin").join(name).join("main.rs"),
            source.join("main.rs"),
        ],
        Err(_) => vec![source.join("lib.rs")],
    };
    candidates.into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_names_the_root() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("my lib.rs");
        std::fs::write(&root, "").unwrap();
        let response = directory.path().join("args");
        std::fs::write(&response, format!("--edition=2024\n{}\n", root.display())).unwrap();
        let words = |last: String| ["--crate-name".to_owned(), "gone.rs".to_owned(), last];
        assert_eq!(from_arguments(&words(root.display().to_string())), Some(root.clone()));
        assert_eq!(from_arguments(&words(format!("@{}", response.display()))), Some(root));
        assert_eq!(from_arguments(&words("-".to_owned())), None);
    }
}
