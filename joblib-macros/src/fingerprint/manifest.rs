//! `Cargo.toml`: what a package is called, where its library begins, and on what it depends.

use super::toml::{self, Table, Value, get};
use std::path::{Path, PathBuf};

/// What a package says of itself.
pub(super) struct Manifest {
    pub(super) directory: PathBuf,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) library: Option<Library>,
    pub(super) build_script: Option<PathBuf>,
    /// Of every kind and for every target.
    pub(super) dependencies: Vec<Dependency>,
    /// `[package]`, and that of the workspace, as text: what `env!("CARGO_PKG_..")` tells.
    pub(super) about: String,
}

/// The package's library.
pub(super) struct Library {
    /// As code calls it.
    pub(super) name: String,
    pub(super) root: PathBuf,
    pub(super) is_macro: bool,
}

/// Another package.
pub(super) struct Dependency {
    pub(super) package: String,
    /// As code here calls it, where that is not its library's own name.
    pub(super) rename: Option<String>,
    /// Where it is, if that is said.
    pub(super) directory: Option<PathBuf>,
    /// The features that are asked for, as text.
    pub(super) features: String,
}

impl Manifest {
    /// That of the package which a source file belongs to.
    pub(super) fn around(source: &Path) -> Option<Self> {
        let directory = source.ancestors().skip(1).find(|directory| directory.join(FILE).is_file())?;
        Self::of(directory)
    }

    /// That of the package in a directory. What cannot be read is `None`.
    pub(super) fn of(directory: &Path) -> Option<Self> {
        let own = read(directory)?;
        let (root, workspace) = workspace_of(directory, &own);
        let package = own.get("package")?.table()?;
        let name = package.get("name")?.text()?.to_owned();
        let inherited = |key: &str| get(workspace.as_ref()?, &["workspace", "package", key]);
        let version = match package.get("version") {
            Some(Value::Table(_)) => inherited("version"),
            own => own,
        };
        let version = version.and_then(Value::text).unwrap_or("0.0.0").to_owned();
        let shared = workspace.as_ref().and_then(|table| get(table, &["workspace", "package"]));
        let mut manifest = Self {
            directory: directory.to_owned(),
            version,
            library: library(directory, &name, own.get("lib").and_then(Value::table)),
            build_script: build_script(directory, package.get("build")),
            dependencies: Vec::new(),
            about: format!("{package:?}{shared:?}"),
            name,
        };
        let targets = own.get("target").and_then(Value::table).into_iter().flat_map(Table::values);
        for table in targets.filter_map(Value::table).chain([&own]) {
            for kind in ["dependencies", "dev-dependencies", "dev_dependencies"] {
                for (key, value) in table.get(kind).and_then(Value::table).into_iter().flatten() {
                    let dependency = dependency(key, value, directory, &root, workspace.as_ref());
                    manifest.dependencies.push(dependency);
                }
            }
        }
        Some(manifest)
    }

    /// Whether Cargo put the package there: then its version says it all.
    pub(super) fn is_published(&self) -> bool {
        [".cargo-ok", ".cargo-checksum.json"].iter().any(|mark| self.directory.join(mark).is_file())
    }
}

const FILE: &str = "Cargo.toml";

fn read(directory: &Path) -> Option<Table> {
    toml::parse(&std::fs::read_to_string(directory.join(FILE)).ok()?)
}

/// The workspace's directory and manifest.
fn workspace_of(directory: &Path, own: &Table) -> (PathBuf, Option<Table>) {
    let is_root = |table: &Table| table.contains_key("workspace");
    let named = get(own, &["package", "workspace"]).and_then(Value::text).map(|path| directory.join(path));
    let found = directory.ancestors().find_map(|above| {
        let above = named.as_deref().unwrap_or(above);
        Some((above.to_owned(), Some(read(above).filter(is_root)?)))
    });
    found.unwrap_or_else(|| (directory.to_owned(), None))
}

fn library(directory: &Path, package: &str, table: Option<&Table>) -> Option<Library> {
    let value = |key: &str| table.and_then(|table| table.get(key));
    let path = value("path").and_then(Value::text).unwrap_or("src/lib.rs");
    let root = directory.join(path);
    let name = value("name").and_then(Value::text).unwrap_or(package).replace('-', "_");
    let is_macro = ["proc-macro", "proc_macro"].iter().any(|key| value(key).is_some_and(Value::is_true));
    root.is_file().then_some(Library { name, root, is_macro })
}

fn build_script(directory: &Path, given: Option<&Value>) -> Option<PathBuf> {
    let path = match given {
        Some(Value::Text(path)) => path,
        Some(Value::Word(word)) if word == "false" => return None,
        _ => "build.rs",
    };
    Some(directory.join(path)).filter(|path| path.is_file())
}

/// `key = value` among the dependencies; a path counts from the manifest that has it.
fn dependency(
    key: &str,
    value: &Value,
    directory: &Path,
    root: &Path,
    workspace: Option<&Table>,
) -> Dependency {
    let own = value.table();
    let inherits = own.and_then(|own| own.get("workspace")).is_some_and(Value::is_true);
    let shared = workspace
        .filter(|_| inherits)
        .and_then(|table| get(table, &["workspace", "dependencies", key]))
        .and_then(Value::table);
    let text = |table: Option<&Table>, key: &str| Some(table?.get(key)?.text()?.to_owned());
    let settings = if inherits { shared } else { own };
    let base = if inherits { root } else { directory };
    let renamed = text(settings, "package");
    let package = renamed.clone().unwrap_or_else(|| key.to_owned());
    let path = text(settings, "path").map(|path| base.join(path));
    let asked = [own, shared.filter(|_| inherits)].into_iter().flatten();
    let features = asked.flat_map(|table| {
        ["features", "default-features", "default_features"].iter().filter_map(|key| table.get(*key))
    });
    Dependency {
        features: format!("{:?}", Vec::from_iter(features)),
        directory: path.or_else(|| patched(&package, root, workspace?)),
        rename: renamed.map(|_| key.replace('-', "_")),
        package,
    }
}

/// Where `[patch]` says that a package is.
fn patched(package: &str, root: &Path, workspace: &Table) -> Option<PathBuf> {
    let sources = workspace.get("patch")?.table()?.values().filter_map(Value::table);
    let entries = sources.flatten().filter_map(|(key, value)| Some((key, value.table()?)));
    entries.into_iter().find_map(|(key, entry)| {
        let name = entry.get("package").and_then(Value::text).unwrap_or(key);
        let path = entry.get("path").and_then(Value::text)?;
        (name == package).then(|| root.join(path))
    })
}
