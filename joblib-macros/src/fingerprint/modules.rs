//! The files of one crate: from its root along `mod` declarations and `include!`s.

use super::items::Elsewhere;
use super::source::Source;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of the crate, and the path of the module that it is.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) source: Arc<Source>,
    pub(super) module: Vec<String>,
}

/// Reads the crate whose root file this is.
pub(super) fn load(root: &Path) -> Vec<SourceFile> {
    let mut walk = Walk { files: Vec::new(), seen: HashSet::new(), around: Vec::new() };
    let directory = root.parent().unwrap_or(Path::new("")).to_owned();
    walk.file(root.to_owned(), Vec::new(), &directory);
    walk.files
}

struct Walk {
    files: Vec<SourceFile>,
    seen: HashSet<(PathBuf, Vec<String>)>,
    /// The files that are being read, each by way of the one before it.
    around: Vec<PathBuf>,
}

impl Walk {
    /// Reads a file; `directory` is where its modules' files are.
    fn file(&mut self, path: PathBuf, module: Vec<String>, directory: &Path) {
        let Ok(real) = path.canonicalize() else { return };
        // `#[path]` and `include!` can point back to a file around them; the compiler refuses that.
        if self.around.contains(&real) || !self.seen.insert((path.clone(), module.clone())) {
            return;
        }
        let Some(source) = Source::read(&path) else { return };
        self.files.push(SourceFile { source: Arc::clone(&source), module: module.clone() });
        let beside = path.parent().unwrap_or(Path::new(""));
        self.around.push(real);
        for part in &source.found.elsewhere {
            self.elsewhere(part, &module, directory, beside);
        }
        self.around.pop();
    }

    fn elsewhere(&mut self, part: &Elsewhere, module: &[String], directory: &Path, beside: &Path) {
        match part {
            Elsewhere::Include { path, inside } => {
                self.file(beside.join(path), [module, inside].concat(), directory);
            }
            Elsewhere::Module { name, path, inside } => {
                let below =
                    inside.iter().fold(directory.to_owned(), |path, module| path.join(in_files(module)));
                let module = [module, inside, std::slice::from_ref(name)].concat();
                if let Some(path) = path {
                    let path = if inside.is_empty() { beside.join(path) } else { below.join(path) };
                    let children = path.parent().unwrap_or(Path::new("")).to_owned();
                    self.file(path, module.clone(), &children);
                }
                let children = below.join(in_files(name));
                let single = below.join(format!("{}.rs", in_files(name)));
                let path = if single.is_file() { single } else { children.join("mod.rs") };
                self.file(path, module, &children);
            }
        }
    }
}

/// A module's name as used in file names.
fn in_files(module: &str) -> &str {
    module.strip_prefix("r#").unwrap_or(module)
}
