//! `lib.d` beside `lib.rmeta`: the files and variables that the compiler read for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What was read for one artefact.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DepInfo {
    /// The root first. Relative ones begin where the compiler ran.
    pub(super) files: Vec<PathBuf>,
    /// Environment variables that `env!` and `option_env!` asked for; `None` where there was none.
    pub(super) variables: BTreeMap<String, Option<String>>,
}

impl DepInfo {
    /// Of an artefact.
    pub(super) fn of(artefact: &Path) -> Option<Self> {
        let stem = artefact.file_stem()?.to_str()?;
        let beside = |name: &str| std::fs::read_to_string(artefact.with_file_name(format!("{name}.d"))).ok();
        // `libname.so`, but `name.dll`
        let text = stem.strip_prefix("lib").and_then(beside).or_else(|| beside(stem))?;
        Some(Self::parse(&text)).filter(|info| !info.files.is_empty())
    }

    /// Of the newest artefact in a directory of a library with this name, among those wanted.
    pub(super) fn newest(directory: &Path, name: &str, wanted: impl Fn(&Self) -> bool) -> Option<Self> {
        let start = format!("{name}-");
        let entries = std::fs::read_dir(directory).ok()?.filter_map(Result::ok);
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .filter(|entry| {
                entry.file_name().to_str().is_some_and(|file| {
                    file.strip_prefix(&start)
                        .and_then(|rest| rest.strip_suffix(".d"))
                        .is_some_and(|hash| !hash.contains('-'))
                })
            })
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        files.sort_unstable();
        let newest_first = files.iter().rev().filter_map(|(_, path)| std::fs::read_to_string(path).ok());
        newest_first.map(|text| Self::parse(&text)).find(wanted)
    }

    /// The file that the crate begins with.
    pub(super) fn root(&self) -> Option<PathBuf> {
        found(self.files.first()?)?.canonicalize().ok()
    }

    fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let (name, value) = match variable.split_once('=') {
                    Some((name, value)) => (name, Some(value.replace("\\n", "\n").replace("\\\\", "\\"))),
                    None => (variable, None),
                };
                info.variables.insert(name.to_owned(), value);
            } else if info.files.is_empty()
                && let Some((_, files)) = line.split_once(": ")
            {
                info.files = split(files).map(PathBuf::from).collect();
            }
        }
        info
    }
}

/// A file that is named as seen from where the compiler ran: here, or in the workspace above.
pub(super) fn found(file: &Path) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let starts = package.iter().flat_map(|package| package.ancestors()).chain([here.as_path()]);
    let path = std::iter::once(here.as_path()).chain(starts).map(|start| start.join(file));
    path.into_iter().find(|path| path.is_file())
}

/// Words between spaces; a space within one has a backslash before it.
fn split(line: &str) -> impl Iterator<Item = String> {
    let line = line.replace("\\ ", "\0");
    let words: Vec<String> = line.split(' ').map(|word| word.replace('\0', " ")).collect();
    words.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables_are_read() {
        let text = "/t/my dir/a-1.d: a/src/lib.rs a/src/my\\ file.rs\n\n/t/liba-1.rmeta: b/src/lib.rs\n\n\
                    a/src/lib.rs:\n\n# env-dep:A=x y\n# env-dep:B\n";
        let info = DepInfo::parse(text);
        assert_eq!(info.files, ["a/src/lib.rs", "a/src/my file.rs"].map(PathBuf::from));
        let variables = [("A".to_owned(), Some("x y".to_owned())), ("B".to_owned(), None)];
        assert_eq!(info.variables, variables.into());
    }
}
