//! No circles between the files of a crate but those named here: a file can be read after what it imports.
//!
//! A file imports another where a path in it leads there, through re-exports. A module's own re-exports of
//! its children are no imports, and tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use syn::visit::{self, Visit};

/// Where files import each other: a circle lies within one of these lists of a crate.
const CIRCLES: &[(&str, &[&str])] = &[
    // A fork has the files of its parent severed, each of which asks which process it is of.
    ("joblib-core", &["fork", "fork::descriptors"]),
    // A value is made of values.
    ("joblib-core", &["key::map", "key::ndarray", "key::serializer"]),
    // A memory makes functions, which belong to a memory.
    ("joblib-core", &["memory::handle", "memory::memorized_func"]),
    // An attribute is read into the digest, and a digest skips attributes.
    ("joblib-macros", &["fingerprint::attribute", "fingerprint::digest", "fingerprint::layout"]),
    // The index has facts about each item, which are found by the index.
    (
        "joblib-macros",
        &[
            "fingerprint::facts",
            "fingerprint::index",
            "fingerprint::made_names",
            "fingerprint::read_by_macros",
        ],
    ),
];

#[test]
fn files_import_each_other_only_where_it_is_named() {
    let mut found = Vec::new();
    for name in [".", "joblib-core", "joblib-persist", "joblib-parallel", "joblib-macros"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("src");
        found.extend(Crate::read(&source).circles().into_iter().map(|circle| (name, circle)));
    }
    let is_named =
        |(name, circle): &&(&str, Vec<String>)| CIRCLES.iter().any(|named| is_within(name, circle, named));
    let unnamed: Vec<_> = found.iter().filter(|circle| !is_named(circle)).collect();
    assert!(unnamed.is_empty(), "files that import each other: {unnamed:#?}");
    for named in CIRCLES {
        assert!(
            found.iter().any(|(name, circle)| is_within(name, circle, named)),
            "no circle any more: {named:?}"
        );
    }
}

fn is_within(name: &str, circle: &[String], (of, files): &(&str, &[&str])) -> bool {
    *of == name && circle.iter().all(|file| files.contains(&file.as_str()))
}

#[test]
fn a_file_that_two_crates_have_is_the_same_in_both() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("src/units.rs");
        fs::read_to_string(path).unwrap()
    };
    assert!(read("joblib-core") == read("joblib-macros"), "units.rs differs: copy the one to the other");
}

#[test]
fn a_circle_is_found_through_reexports_and_whatever_stands_between() {
    let sources = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(sources.path().join(name), text).unwrap();
    write("lib.rs", "mod a; mod b; mod c; pub use c::Third;");
    write("a.rs", "use crate::b; pub(in crate::a) struct First;");
    write("b.rs", "fn second() -> crate::Third { todo!() }");
    write("c.rs", "#[cfg(test)] mod tests { use crate::a::First; } pub struct Third;");
    assert!(Crate::read(sources.path()).circles().is_empty());
    write("c.rs", "mod inner { use super::super::a::First; } pub struct Third;");
    assert_eq!(Crate::read(sources.path()).circles(), [["a", "b", "c"]]);
}

type Module = Vec<String>;

/// The modules of a crate that are files.
#[derive(Default)]
struct Crate {
    /// What each file's paths name, from the crate's root.
    paths: BTreeMap<Module, Vec<Module>>,
    /// What stands where under another path: by module and name.
    reexports: BTreeMap<(Module, String), Module>,
}

impl Crate {
    fn read(source: &Path) -> Self {
        let mut files = Vec::new();
        list(source, &Vec::new(), &mut files);
        let modules: BTreeSet<Module> = files.iter().map(|(module, _)| module.clone()).collect();
        let mut read = Self::default();
        for (module, text) in files {
            let file = syn::parse_file(&text).expect("our own sources parse");
            read.paths.insert(module.clone(), Vec::new());
            Paths { file: &module, inner: Vec::new(), modules: &modules, of: &mut read }.visit_file(&file);
        }
        read
    }

    /// The file that a path leads to, through at most so many re-exports.
    fn file_of(&self, path: &[String], steps: usize) -> Module {
        let is_file = |depth: &usize| self.paths.contains_key(&path[..*depth]);
        let depth = (0..=path.len()).rev().find(is_file).unwrap_or(0);
        let (module, rest) = path.split_at(depth);
        let further = rest.first().and_then(|name| self.reexports.get(&(module.to_vec(), name.clone())));
        match further {
            Some(target) if steps > 0 => self.file_of(&[target, &rest[1..]].concat(), steps - 1),
            _ => module.to_vec(),
        }
    }

    fn circles(&self) -> Vec<Vec<String>> {
        let reached: BTreeMap<&Module, BTreeSet<Module>> =
            self.paths.keys().map(|file| (file, self.reached_from(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, others) in &reached {
            let back = others.iter().filter(|other| reached[other].contains(*file));
            let circle: Vec<String> = back.map(|other| other.join("::")).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    /// All files that `file` imports, whatever the way.
    fn reached_from(&self, file: &Module) -> BTreeSet<Module> {
        let (mut reached, mut left) = (BTreeSet::new(), vec![file.clone()]);
        while let Some(next) = left.pop() {
            for path in &self.paths[&next] {
                let target = self.file_of(path, 8);
                if target != next && reached.insert(target.clone()) {
                    left.push(target);
                }
            }
        }
        reached
    }
}

fn list(folder: &Path, module: &Module, files: &mut Vec<(Module, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            list(&path, &[&module[..], &[name]].concat(), files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
            let is_own = !["lib", "mod"].contains(&&*name);
            let module = if is_own { [&module[..], &[name]].concat() } else { module.clone() };
            files.push((module, fs::read_to_string(&path).expect("a source file")));
        }
    }
}

/// Collects the paths of one file.
struct Paths<'a> {
    file: &'a Module,
    /// Inline modules around the present place.
    inner: Module,
    modules: &'a BTreeSet<Module>,
    of: &'a mut Crate,
}

impl Paths<'_> {
    fn here(&self) -> Module {
        [&self.file[..], &self.inner].concat()
    }

    /// The path from the crate's root, if it names something in the crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let mut from = self.here();
        let mut rest = &path[1..];
        match path[0].as_str() {
            "crate" => from.clear(),
            "self" => {}
            "super" => {
                rest = path;
                while rest.first().is_some_and(|part| part == "super") {
                    from.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                from.push(first.to_owned());
                if !self.modules.contains(&from) {
                    return None;
                }
            }
        }
        Some([&from, rest].concat())
    }

    fn note(&mut self, path: Module) {
        self.of.paths.entry(self.file.clone()).or_default().push(path);
    }

    fn note_use(&mut self, tree: &syn::UseTree, before: &[String], is_public: bool) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        let (path, name) = match tree {
            syn::UseTree::Path(path) => return self.note_use(&path.tree, &with(&path.ident), is_public),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.note_use(tree, before, is_public));
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                (before.to_vec(), before.last().cloned().unwrap_or_default())
            }
            syn::UseTree::Name(name) => (with(&name.ident), name.ident.to_string()),
            syn::UseTree::Rename(rename) => (with(&rename.ident), rename.rename.to_string()),
            syn::UseTree::Glob(_) => (before.to_vec(), "*".to_owned()),
        };
        let Some(path) = path.first().and_then(|_| self.absolute(&path)) else { return };
        let here = self.here();
        let is_wiring = is_public && path.starts_with(&here);
        if is_public {
            self.of.reexports.insert((here, name), path.clone());
        }
        if !is_wiring {
            self.note(path);
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() && !is_for_tests(&item.attrs) {
            self.inner.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.inner.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        if !is_for_tests(&item.attrs) {
            self.note_use(&item.tree, &[], is_public);
        }
    }

    /// `pub(in path)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            if let Some(path) = self.absolute(&parts) {
                self.note(path);
            }
        }
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}
