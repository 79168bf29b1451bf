//! The files of the package that are named by literals in macro calls and attributes.
//!
//! A macro may read what it is told the name of: a template, a schema, a folder to embed. Names are looked up
//! where such macros do: beside the manifest, beside the source file, in `templates/`, and among what the
//! build script wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_128;

/// Where names are looked up.
pub(super) struct Places {
    package: Option<PathBuf>,
    beside: Vec<PathBuf>,
    templates: Option<PathBuf>,
    generated: Option<PathBuf>,
}

/// What was read, and its contents.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) files: BTreeSet<PathBuf>,
    /// Of every file's name and content, in the order of the names.
    pub(super) digests: Vec<u128>,
    /// Whether there was more than is read.
    pub(super) is_cut: bool,
}

/// How many files count.
pub(super) const MOST: usize = 1000;

/// In how many one is looked for.
const MOST_LISTED: usize = 10_000;

impl Places {
    /// The places for a source file in this directory.
    pub(super) fn of(directory: &Path) -> Self {
        // The compiler names files from where it runs, embedded ones from the source file.
        let directory = &*std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let package = directory.ancestors().find(|path| path.join("Cargo.toml").is_file());
        let templates = package.map(|package| package.join("templates"));
        let beside = package.into_iter().chain([directory]).map(Path::to_owned).collect();
        let package = package.map(Path::to_owned);
        Self { package, beside, templates, generated: std::env::var_os("OUT_DIR").map(PathBuf::from) }
    }

    /// Reads what the text names, if anything; a folder only if `folders` count.
    pub(super) fn read(&self, text: &str, folders: bool, into: &mut Read) {
        if !may_be_path(text) {
            return;
        }
        let text = &*self.in_package(with_variables(text));
        for place in &self.beside {
            let path = place.join(text);
            if path.is_file() && is_the_users(&path) {
                into.file(&path, text);
            } else if folders && path.is_dir() && is_the_users(&path) && !is_empty(text) {
                into.folder(&path, text, 0);
            }
        }
        if let Some(templates) = &self.templates {
            let mut seen = BTreeSet::new();
            template(templates, text, &mut seen, into);
        }
        if let Some(generated) = &self.generated {
            for name in [text.to_owned(), format!("{text}.rs")] {
                let path = generated.join(&name);
                if !Path::new(&name).is_absolute() && path.is_file() {
                    into.file(&path, &name);
                }
            }
        }
    }

    /// Reads the package's files whose paths end like this: a macro of another crate may add the folder.
    pub(super) fn find(&self, text: &str, into: &mut Read) {
        let name = Path::new(text);
        let is_name = may_be_path(text) && !text.contains(char::is_whitespace) && name.is_relative();
        if !is_name || name.extension().is_none() {
            return;
        }
        let Some(package) = &self.package else { return };
        let files = files_of(package);
        into.is_cut |= files.len() >= MOST_LISTED;
        for path in files.iter().filter(|path| path.ends_with(name)) {
            let inside = path.strip_prefix(package).unwrap_or(path).to_string_lossy().replace('\\', "/");
            into.file(path, &inside);
        }
    }

    /// The path from the package on, so that the package can be moved.
    fn in_package(&self, text: String) -> String {
        let inside =
            self.package.as_ref().and_then(|package| Path::new(&text).strip_prefix(package).ok()?.to_str());
        inside.map(str::to_owned).unwrap_or(text)
    }

    /// Reads all files of a folder beside the source file.
    pub(super) fn read_folder(&self, text: &str, into: &mut Read) {
        let Some(path) = self.beside.last().map(|directory| directory.join(text)) else { return };
        if path.is_dir() && is_the_users(&path) {
            into.folder(&path, text, 0);
        }
    }
}

/// The files of a package, but for Rust's and what is built, hidden, a cache's or another package's; listed
/// once.
fn files_of(package: &Path) -> Arc<[PathBuf]> {
    static LISTED: Mutex<BTreeMap<PathBuf, Arc<[PathBuf]>>> = Mutex::new(BTreeMap::new());
    let mut listed = LISTED.lock().unwrap_or_else(PoisonError::into_inner);
    let files = listed.entry(package.to_owned()).or_insert_with(|| {
        let mut files = Vec::new();
        list(package, &mut files);
        files.sort_unstable();
        files.into()
    });
    Arc::clone(files)
}

fn list(directory: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if into.len() >= MOST_LISTED || name.to_string_lossy().starts_with('.') || name == "target" {
            continue;
        }
        if kind.is_dir() {
            if !["CACHEDIR.TAG", "Cargo.toml"].iter().any(|file| path.join(file).is_file()) {
                list(&path, into);
            }
        } else if path.extension().is_some_and(|extension| extension != "rs") {
            into.push(path);
        }
    }
}

/// A template, and those that it names.
fn template(folder: &Path, name: &str, seen: &mut BTreeSet<String>, into: &mut Read) {
    let path = folder.join(name);
    if Path::new(name).is_absolute() || !path.is_file() || !seen.insert(name.to_owned()) {
        return;
    }
    into.file(&path, name);
    let text = fs::read(&path).unwrap_or_default();
    for quoted in String::from_utf8_lossy(&text).split(['"', '\'']).filter(|text| may_be_path(text)) {
        template(folder, quoted, seen, into);
    }
}

impl Read {
    pub(super) fn file(&mut self, path: &Path, name: &str) {
        if self.files.len() >= MOST {
            self.is_cut = true;
            return;
        }
        if let Ok(content) = fs::read(path) {
            self.digests.extend([xxh3_128(name.as_bytes()), xxh3_128(&content)]);
            self.files.insert(path.to_owned());
        }
    }

    fn folder(&mut self, path: &Path, name: &str, depth: usize) {
        // Links can lead back to a folder that contains them.
        const DEEPEST: usize = 32;
        if depth > DEEPEST || path.join("CACHEDIR.TAG").is_file() {
            return;
        }
        let Ok(entries) = fs::read_dir(path) else { return };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        for entry in names.into_iter().filter(|entry| !entry.starts_with('.') && entry != "target") {
            let path = path.join(&entry);
            let name = format!("{name}/{entry}");
            if self.is_cut {
                return;
            }
            if path.is_dir() {
                self.folder(&path, &name, depth + 1);
            } else if path.is_file() {
                self.file(&path, &name);
            }
        }
    }
}

fn may_be_path(text: &str) -> bool {
    const LONGEST: usize = 255;
    !text.is_empty() && text.len() <= LONGEST && !text.contains(['\n', '{', '}', '*', '\0'])
}

/// `$CARGO_MANIFEST_DIR/assets`, as some macros take it.
fn with_variables(text: &str) -> String {
    let Some(rest) = text.strip_prefix('$') else { return text.to_owned() };
    let end = rest.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(rest.len());
    match std::env::var(&rest[..end]) {
        Ok(value) => format!("{value}{}", &rest[end..]),
        Err(_) => text.to_owned(),
    }
}

/// Whether the path names no more than the place where it is looked up.
fn is_empty(text: &str) -> bool {
    Path::new(text).components().all(|part| matches!(part, Component::CurDir | Component::ParentDir))
}

/// Neither build output, nor hidden, nor a cache.
fn is_the_users(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let package = path.ancestors().skip(1).find(|path| path.join("Cargo.toml").is_file());
    let below = path.strip_prefix(package.unwrap_or(Path::new(""))).unwrap_or(&path);
    let is_hidden = |part: Component<'_>| {
        part.as_os_str().to_str().is_some_and(|name| name == "target" || name.starts_with('.'))
    };
    let folders = path.ancestors().take_while(|path| Some(*path) != package);
    (package.is_some() && !below.components().any(is_hidden))
        && !folders.into_iter().any(|folder| folder.join("CACHEDIR.TAG").is_file())
}
