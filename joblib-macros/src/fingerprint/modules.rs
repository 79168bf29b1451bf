//! The files of one crate: from its root along `mod` declarations and `include!`s.

use super::items::{Elsewhere, Found, scan};
use super::lexer::lex;
use super::token::Tokens;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file of the crate, read and scanned.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    pub(super) module: Vec<String>,
    pub(super) tokens: Tokens,
    pub(super) found: Found,
}

/// What changes when a file is edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok(), len: metadata.len() })
    }
}

/// Reads the crate whose root file this is. Files that cannot be read are left to the compiler to complain about.
pub(super) fn load(root: &Path) -> Vec<SourceFile> {
    let mut walk = Walk { files: Vec::new(), seen: HashSet::new() };
    let directory = root.parent().unwrap_or(Path::new("")).to_owned();
    walk.file(root.to_owned(), Vec::new(), &directory);
    walk.files
}

struct Walk {
    files: Vec<SourceFile>,
    seen: HashSet<(PathBuf, Vec<String>)>,
}

impl Walk {
    /// Reads a file; `directory` is where its modules' files are.
    fn file(&mut self, path: PathBuf, module: Vec<String>, directory: &Path) {
        // A `#[path]` can point back to a file around it.
        const DEEPEST: usize = 64;
        if module.len() > DEEPEST || !self.seen.insert((path.clone(), module.clone())) {
            return;
        }
        let (Some(stamp), Ok(bytes)) = (Stamp::of(&path), std::fs::read(&path)) else { return };
        let tokens = lex(&String::from_utf8_lossy(&bytes));
        let mut found = scan(&tokens);
        let elsewhere = std::mem::take(&mut found.elsewhere);
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        self.files.push(SourceFile { path, stamp, module: module.clone(), tokens, found });
        for part in elsewhere {
            self.elsewhere(part, &module, directory, &beside);
        }
    }

    fn elsewhere(&mut self, part: Elsewhere, module: &[String], directory: &Path, beside: &Path) {
        match part {
            Elsewhere::Include { path, inside } => {
                self.file(beside.join(path), [module, &inside].concat(), directory);
            }
            Elsewhere::Module { name, path, inside } => {
                let below =
                    inside.iter().fold(directory.to_owned(), |path, module| path.join(in_files(module)));
                let module = [module, &inside, std::slice::from_ref(&name)].concat();
                if let Some(path) = path {
                    let path = if inside.is_empty() { beside.join(path) } else { below.join(path) };
                    let children = path.parent().unwrap_or(Path::new("")).to_owned();
                    self.file(path, module.clone(), &children);
                }
                let children = below.join(in_files(&name));
                let single = below.join(format!("{}.rs", in_files(&name)));
                let path = if single.is_file() { single } else { children.join("mod.rs") };
                self.file(path, module, &children);
            }
        }
    }
}

/// What a module is called in the names of files.
fn in_files(module: &str) -> &str {
    module.strip_prefix("r#").unwrap_or(module)
}
