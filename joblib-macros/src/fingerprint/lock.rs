//! `Cargo.lock`: which versions of which packages are built.

use super::toml::{self, Table, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// All packages.
#[derive(Default)]
pub(super) struct Lock {
    packages: Vec<Locked>,
}

struct Locked {
    name: String,
    version: String,
    /// None of what is a path's.
    source: Option<String>,
    checksum: Option<String>,
    /// `name`, `name version` or `name version (source)`, as many words as it takes.
    dependencies: Vec<String>,
}

/// What a package comes to, with all that it depends on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Closure {
    /// A line for each package that has a source.
    pub(super) locked: BTreeSet<String>,
    /// Names of those that have none.
    pub(super) local: BTreeSet<String>,
}

impl Lock {
    /// That of the workspace which the directory is in; `None` where there is none that can be read.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        let file = directory.ancestors().map(|above| above.join("Cargo.lock")).find(|path| path.is_file())?;
        Self::parse(&std::fs::read_to_string(file).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let document = toml::parse(text)?;
        let packages = document.get("package").map_or(&[][..], Value::list);
        Some(Self { packages: packages.iter().map(|value| locked(value.table()?)).collect::<Option<_>>()? })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// The package that a file belongs to, of those that Cargo unpacks to `registry/src/index/name-version`.
    pub(super) fn of_registry(&self, file: &Path) -> Option<(String, String)> {
        let is_registry = |index: &Path| {
            let mut names = index.ancestors().map(|path| path.file_name().and_then(|name| name.to_str()));
            names.nth(1) == Some(Some("src")) && names.next() == Some(Some("registry"))
        };
        let package = file.ancestors().find(|path| path.parent().is_some_and(is_registry))?;
        let name = package.file_name()?.to_str()?;
        let is_it = |locked: &&Locked| {
            let rest = name.strip_prefix(locked.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
            locked.source.is_some() && rest == Some(&locked.version)
        };
        let locked = self.packages.iter().find(is_it)?;
        Some((locked.name.clone(), locked.version.clone()))
    }

    /// Whether a package comes from elsewhere; `None` if it is not listed.
    pub(super) fn has_source(&self, name: &str, version: &str) -> Option<bool> {
        self.find(name, version).map(|package| package.source.is_some())
    }

    /// The versions of a package that another one depends on; all, if that one is not listed.
    pub(super) fn versions(&self, dependent: (&str, &str), name: &str) -> Vec<&str> {
        let all = self.packages.iter().filter(|package| package.name == name);
        match self.find(dependent.0, dependent.1) {
            Some(dependent) => {
                all.filter(|package| dependent.depends_on(package)).map(|p| p.version.as_str()).collect()
            }
            None => all.map(|package| package.version.as_str()).collect(),
        }
    }

    /// The package itself and its dependencies, theirs, and so on.
    pub(super) fn closure(&self, name: &str, version: &str) -> Closure {
        let mut closure = Closure::default();
        let mut pending = Vec::from_iter(self.find(name, version));
        while let Some(package) = pending.pop() {
            let Locked { name, version, source, checksum, .. } = package;
            let is_new = match source {
                Some(source) => {
                    let checksum = checksum.as_deref().unwrap_or_default();
                    closure.locked.insert(format!("{name} {version} {source} {checksum}"))
                }
                None => closure.local.insert(name.clone()),
            };
            if is_new {
                pending.extend(self.packages.iter().filter(|other| package.depends_on(other)));
            }
        }
        closure
    }

    fn find(&self, name: &str, version: &str) -> Option<&Locked> {
        self.packages.iter().find(|package| package.name == name && package.version == version)
    }
}

impl Locked {
    fn depends_on(&self, other: &Self) -> bool {
        self.dependencies.iter().any(|dependency| {
            let mut words = dependency.split(' ');
            words.next() == Some(&other.name) && words.next().is_none_or(|version| version == other.version)
        })
    }
}

fn locked(table: &Table) -> Option<Locked> {
    let text = |key: &str| table.get(key).and_then(Value::text).map(str::to_owned);
    let dependencies = table.get("dependencies").map_or(&[][..], Value::list);
    Some(Locked {
        name: text("name")?,
        version: text("version")?,
        source: text("source"),
        checksum: text("checksum"),
        dependencies: dependencies.iter().filter_map(Value::text).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "a 1.0.0",
 "b",
]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://example.org/index"
checksum = "aa"
dependencies = ["b"]

[[package]]
name = "a"
version = "2.0.0"
source = "registry+https://example.org/index"
checksum = "ab"

[[package]]
name = "b"
version = "1.0.0"
source = "git+https://example.org/b#0123"
dependencies = ["c"]

[[package]]
name = "c"
version = "0.1.0"
dependencies = ["a 1.0.0"]
"#;

    #[test]
    fn a_package_brings_its_dependencies() {
        let lock = Lock::parse(LOCK).expect("a lock");
        assert_eq!(lock.versions(("app", "0.1.0"), "a"), ["1.0.0"]);
        assert_eq!(lock.versions(("unknown", "0.1.0"), "a"), ["1.0.0", "2.0.0"]);
        assert_eq!(lock.has_source("c", "0.1.0"), Some(false));
        assert_eq!(lock.has_source("d", "0.1.0"), None);
        let closure = lock.closure("a", "1.0.0");
        assert_eq!(closure.local, BTreeSet::from(["c".to_owned()]));
        let expected =
            ["a 1.0.0 registry+https://example.org/index aa", "b 1.0.0 git+https://example.org/b#0123 "];
        assert_eq!(closure.locked, expected.map(str::to_owned).into());
    }
}
