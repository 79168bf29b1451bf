//! What is being compiled, and against what, as the compiler's command line says.

use std::path::PathBuf;
use std::sync::OnceLock;

/// One run of the compiler.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compilation {
    /// The crate's root file; none where the code comes from elsewhere, as that of a doc test does.
    pub(super) root: Option<PathBuf>,
    /// The crates that code can name, and their files.
    pub(super) externs: Vec<(String, PathBuf)>,
}

impl Compilation {
    /// The one that runs this macro; `None` where no compiler does: an editor has no use for fingerprints.
    pub(super) fn of_process() -> Option<&'static Self> {
        static KNOWN: OnceLock<Option<Compilation>> = OnceLock::new();
        let arguments = || std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
        KNOWN.get_or_init(|| Self::of_arguments(arguments())).as_ref()
    }

    fn of_arguments(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let words: Vec<String> = arguments.flat_map(without_response_file).collect();
        let values = words.windows(2).filter(|pair| pair[0] == "--extern").map(|pair| pair[1].as_str());
        let values = values.chain(words.iter().filter_map(|word| word.strip_prefix("--extern=")));
        let compilation = Self {
            root: words.iter().find_map(|word| rust_file(word)),
            externs: values.filter_map(named_file).collect(),
        };
        let is_compiler = compilation.root.is_some() || words.iter().any(|word| word == "--crate-name");
        is_compiler.then_some(compilation)
    }
}

/// `@path` stands for the words in that file, one a line.
fn without_response_file(word: String) -> Vec<String> {
    match word.strip_prefix('@').and_then(|file| std::fs::read_to_string(file).ok()) {
        Some(words) => words.lines().map(str::to_owned).collect(),
        None => vec![word],
    }
}

fn rust_file(word: &str) -> Option<PathBuf> {
    let path = PathBuf::from(word);
    (!word.starts_with('-') && word.ends_with(".rs") && path.is_file()).then_some(path)
}

/// `options:name=path`; the compiler's own crates have no path.
fn named_file(value: &str) -> Option<(String, PathBuf)> {
    let (name, path) = value.split_once('=')?;
    let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_names_the_root_and_the_other_crates() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("my lib.rs");
        std::fs::write(&root, "").unwrap();
        let words = format!(
            "--edition=2024\n--crate-name\ngone.rs\n{}\n--extern\na=/t/liba-1.rmeta\n",
            root.display()
        );
        let response = directory.path().join("args");
        std::fs::write(&response, &words).unwrap();
        let read = |words: &[&str]| Compilation::of_arguments(words.iter().map(|&word| word.to_owned()));
        let externs = vec![("a".to_owned(), PathBuf::from("/t/liba-1.rmeta"))];
        let expected = Some(Compilation { root: Some(root), externs });
        assert_eq!(read(&words.lines().collect::<Vec<_>>()), expected);
        assert_eq!(read(&[&format!("@{}", response.display())]), expected);
        let externs = vec![("b".to_owned(), PathBuf::from("b.rlib"))];
        assert_eq!(
            read(&["--crate-name", "x", "-", "--extern=priv,noprelude:b=b.rlib", "--extern", "proc_macro"]),
            Some(Compilation { root: None, externs })
        );
        assert_eq!(read(&["some", "server"]), None);
    }
}
