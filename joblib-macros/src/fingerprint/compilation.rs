//! What is being compiled, and against what, as the compiler's command line says.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

/// One run of the compiler.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compilation {
    /// The crate's root file; none where the code comes from elsewhere, as that of a doc test does.
    pub(super) root: Option<PathBuf>,
    /// The crates that code can name, and their files.
    pub(super) externs: Vec<(String, PathBuf)>,
    /// What conditions ask about.
    pub(super) cfg: Cfg,
}

/// The options of `#[cfg(..)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cfg {
    /// As `--cfg` has them: `name`, or `name="value"`.
    given: BTreeSet<String>,
    pub(super) is_test: bool,
    /// Whether another machine is meant than the one that compiles.
    pub(super) is_for_another: bool,
}

impl Cfg {
    fn of(words: &[String]) -> Self {
        Self {
            given: values(words, "--cfg").map(without_spaces).collect(),
            is_test: words.iter().any(|word| word == "--test"),
            is_for_another: values(words, "--target").next().is_some(),
        }
    }

    /// Those of the package's library, when something else of the package is compiled.
    pub(super) fn of_library(&self) -> Self {
        Self { is_test: false, ..self.clone() }
    }

    /// What was given of this name.
    pub(super) fn about<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c str> {
        let is_about = move |option: &&str| option.split('=').next() == Some(name);
        self.given.iter().map(String::as_str).filter(is_about)
    }

    /// Whether `--cfg name` was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Whether `--cfg 'name="value"'` was given.
    pub(super) fn has_value(&self, name: &str, value: &str) -> bool {
        self.given.contains(&format!("{name}=\"{value}\""))
    }
}

/// `name = "value"` as `name="value"`.
fn without_spaces(option: &str) -> String {
    match option.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => option.trim().to_owned(),
    }
}

impl Compilation {
    /// The one that runs this macro; `None` where no compiler does: an editor has no use for fingerprints.
    pub(super) fn of_process() -> Option<&'static Self> {
        static KNOWN: OnceLock<Option<Compilation>> = OnceLock::new();
        let arguments = || std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
        KNOWN.get_or_init(|| Self::of_arguments(arguments())).as_ref()
    }

    pub(super) fn of_arguments(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let words: Vec<String> = arguments.flat_map(without_response_file).collect();
        let compilation = Self {
            root: words.iter().find_map(|word| rust_file(word)),
            externs: values(&words, "--extern").filter_map(named_file).collect(),
            cfg: Cfg::of(&words),
        };
        let is_compiler = compilation.root.is_some() || words.iter().any(|word| word == "--crate-name");
        is_compiler.then_some(compilation)
    }
}

/// What follows this option: in the next word, or behind `=`.
fn values<'w>(words: &'w [String], option: &'w str) -> impl Iterator<Item = &'w str> {
    let next = words.windows(2).filter(move |pair| pair[0] == option).map(|pair| pair[1].as_str());
    let joined = words.iter().filter_map(move |word| word.strip_prefix(option)?.strip_prefix('='));
    next.chain(joined)
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
        let expected = Some(Compilation { root: Some(root), externs, ..Compilation::default() });
        assert_eq!(read(&words.lines().collect::<Vec<_>>()), expected);
        assert_eq!(read(&[&format!("@{}", response.display())]), expected);
        let externs = vec![("b".to_owned(), PathBuf::from("b.rlib"))];
        assert_eq!(
            read(&["--crate-name", "x", "-", "--extern=priv,noprelude:b=b.rlib", "--extern", "proc_macro"]),
            Some(Compilation { externs, ..Compilation::default() })
        );
        assert_eq!(read(&["some", "server"]), None);
    }
}
