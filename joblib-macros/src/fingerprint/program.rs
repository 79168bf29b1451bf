//! The crates that make up what is compiled: its own, and those that names lead to from there.

use super::compilation::{Cfg, Compilation};
use super::dep_info::{DepInfo, found};
use super::index::{Id, Index};
use super::items::What;
use super::leads::{CrateId, Leads};
use super::links::Links;
use super::lock::Lock;
use super::manifest::{Dependency, Library, Manifest};
use super::modules::{SourceFile, load};
use super::published;
use super::source::Source;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// That which is compiled.
pub(super) const OWN: CrateId = 0;

/// All crates, the own one first.
pub(super) struct Program {
    pub(super) crates: Vec<Crate>,
    pub(super) lock: Lock,
    /// By package: the features that those whose sources are at hand ask for.
    pub(super) features: BTreeMap<String, BTreeSet<String>>,
}

/// One of them.
pub(super) struct Crate {
    /// Of its package; empty for the own one, whatever that is called.
    pub(super) name: String,
    pub(super) version: String,
    pub(super) kind: Kind,
    /// By the names that its code has for them.
    pub(super) externs: BTreeMap<String, Vec<CrateId>>,
    /// What conditions in it are about, where that is known: in the own crate, and in its package's library.
    pub(super) cfg: Option<Cfg>,
    /// The files by which it comes into the compilation: its own, or those of crates that depend on it.
    pub(super) artefacts: BTreeSet<PathBuf>,
    /// What counts of it, whatever of it is reached.
    pub(super) parts: OnceLock<Vec<u128>>,
    index: OnceLock<Index>,
    dep_info: OnceLock<Option<DepInfo>>,
    leads: OnceLock<Leads>,
    /// Of a locked one: which names may be those of traits.
    traits: Mutex<BTreeMap<String, bool>>,
    links: OnceLock<Vec<OnceLock<Links>>>,
}

/// How much of a crate is known.
pub(super) enum Kind {
    /// All that it is made of: its code is followed.
    Sources { root: Option<PathBuf>, manifest: Option<Box<Manifest>>, is_macro: bool },
    /// Where it comes from, and its version there.
    Locked,
    /// Its compiled form alone.
    Compiled,
}

impl Program {
    /// The one that is compiled, where a compiler runs.
    pub(super) fn of_process() -> Option<&'static Self> {
        static KNOWN: OnceLock<Option<Program>> = OnceLock::new();
        KNOWN.get_or_init(|| Some(Self::of(Compilation::of_process()?))).as_ref()
    }

    /// A crate all by itself.
    pub(super) fn of_index(index: Index) -> Self {
        let own = Crate::new("", "", Kind::Sources { root: None, manifest: None, is_macro: false });
        let _ = own.index.set(index);
        Self { crates: vec![own], lock: Lock::default(), features: BTreeMap::new() }
    }

    fn of(compilation: &Compilation) -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let lock = package.as_deref().and_then(Lock::around).unwrap_or_default();
        let own = Kind::Sources { root: compilation.root.clone(), manifest: None, is_macro: false };
        let mut builder = Builder {
            program: Self { crates: vec![Crate::new("", "", own)], lock, features: BTreeMap::new() },
            libraries: HashMap::new(),
            locked: HashMap::new(),
        };
        builder.program.crates[OWN].cfg = Some(compilation.cfg.clone());
        let mut direct = Vec::new();
        for (name, artefact) in &compilation.externs {
            let id = builder.artefact(artefact);
            builder.program.crates[OWN].externs.entry(name.clone()).or_default().push(id);
            direct.push((id, artefact));
        }
        for (id, artefact) in &direct {
            builder.program.crates[*id].artefacts.insert(artefact.to_path_buf());
        }
        for (id, artefact) in direct {
            builder.lead_through(id, artefact, &mut BTreeSet::from([OWN]));
        }
        if let Some(manifest) = package.as_deref().and_then(Manifest::of) {
            builder.note_features(&manifest);
            builder.note_library(&manifest, &compilation.cfg);
        }
        builder.program
    }

    pub(super) fn own(&self) -> &Crate {
        &self.crates[OWN]
    }
}

impl Crate {
    fn new(name: &str, version: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            kind,
            externs: BTreeMap::new(),
            cfg: None,
            artefacts: BTreeSet::new(),
            parts: OnceLock::new(),
            index: OnceLock::new(),
            dep_info: OnceLock::new(),
            leads: OnceLock::new(),
            traits: Mutex::default(),
            links: OnceLock::new(),
        }
    }

    /// Its items; none where its sources are not at hand.
    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| match &self.kind {
            Kind::Sources { root: Some(root), .. } => {
                let mut files = load(root);
                let generated = self.generated().into_iter().filter_map(|path| Source::read(&path));
                files.extend(generated.map(|source| SourceFile { source, module: Vec::new() }));
                Index::build(files, self.cfg.as_ref())
            }
            _ => Index::default(),
        })
    }

    /// The Rust files of another crate that its build script made.
    fn generated(&self) -> Vec<PathBuf> {
        let files = match self.manifest() {
            Some(Manifest { build_script: Some(_), .. }) => self.built_from().unwrap_or_default(),
            _ => Vec::new(),
        };
        files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
    }

    /// Files that lie outside of the package, though the crate is made of them.
    pub(super) fn built_from(&self) -> Option<Vec<PathBuf>> {
        let package = self.manifest()?.directory.canonicalize().ok()?;
        let files = self.dep_info()?.files.iter().filter_map(|path| found(path)?.canonicalize().ok());
        Some(files.filter(|path| !path.starts_with(&package)).collect())
    }

    /// What the compiler read for the crate.
    pub(super) fn dep_info(&self) -> Option<&DepInfo> {
        let find = || {
            let Kind::Sources { root: Some(root), manifest: Some(manifest), .. } = &self.kind else {
                return None;
            };
            let is_it = |info: &DepInfo| info.root().as_ref() == Some(root);
            let own = self.artefacts.iter().filter_map(|artefact| DepInfo::of(artefact)).find(is_it);
            let name = &manifest.library.as_ref()?.name;
            own.or_else(|| DepInfo::newest(self.artefacts.first()?.parent()?, name, is_it))
        };
        self.dep_info.get_or_init(find).as_ref()
    }

    /// What its build script set by `cargo::rustc-cfg`, when it ran last; `None` where that is not to be
    /// found.
    pub(super) fn options_of_build_script(&self) -> Option<BTreeSet<String>> {
        // `target/debug/deps/libname-hash.rmeta`, and `target/debug/build/name-hash/output`
        let built = self.artefacts.first()?.parent()?.parent()?.join("build");
        let start = format!("{}-", self.name);
        let runs = std::fs::read_dir(built).ok()?.filter_map(Result::ok).filter(|entry| {
            let name = entry.file_name();
            name.to_str().and_then(|name| name.strip_prefix(&start)).is_some_and(|hash| !hash.contains('-'))
        });
        let outputs = runs.map(|entry| entry.path().join("output"));
        let dated = outputs.filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)));
        let text = std::fs::read_to_string(dated.max()?.1).ok()?;
        let lines = text.lines().filter_map(|line| {
            let (_, option) = line.strip_prefix("cargo:")?.split_once("rustc-cfg=")?;
            Some(option.trim().to_owned())
        });
        Some(lines.collect())
    }

    pub(super) fn manifest(&self) -> Option<&Manifest> {
        match &self.kind {
            Kind::Sources { manifest, .. } => manifest.as_deref(),
            _ => None,
        }
    }

    /// Whether an import of this name may be that of a trait.
    pub(super) fn may_have_trait(&self, name: &str) -> bool {
        match &self.kind {
            Kind::Sources { .. } => {
                let index = self.index();
                let mut all = index.named(name).iter().map(|&id| &index.item(id).what);
                !index.defines(name) || all.any(|what| matches!(what, What::Trait | What::Generated { .. }))
            }
            Kind::Locked => {
                let mut known = self.traits.lock().unwrap_or_else(PoisonError::into_inner);
                let artefacts = self.artefacts.first().and_then(|artefact| artefact.parent());
                let may_have = || published::may_have_trait(artefacts?, &self.name, &self.version, name);
                *known.entry(name.to_owned()).or_insert_with(|| may_have().unwrap_or(true))
            }
            Kind::Compiled => true,
        }
    }

    /// Where one of its items leads, once that is found out.
    pub(super) fn links(&self, item: Id) -> &OnceLock<Links> {
        &self.links.get_or_init(|| self.index().ids().map(|_| OnceLock::new()).collect())[item]
    }

    /// Where its names lead outside of it.
    pub(super) fn leads(&self) -> &Leads {
        self.leads.get_or_init(|| Leads::of(self.index(), &self.externs))
    }
}

struct Builder {
    program: Program,
    /// By the library's root.
    libraries: HashMap<PathBuf, CrateId>,
    locked: HashMap<(String, String), CrateId>,
}

impl Builder {
    fn push(&mut self, new: Crate) -> CrateId {
        self.program.crates.push(new);
        self.program.crates.len() - 1
    }

    /// The crate that a file was made of.
    fn artefact(&mut self, artefact: &Path) -> CrateId {
        let known = DepInfo::of(artefact).and_then(|info| {
            let root = info.root()?;
            if let Some((name, version)) = self.program.lock.of_registry(&root) {
                return Some(self.locked(&name, &version));
            }
            let manifest = Manifest::around(&root)?;
            self.package(manifest)
        });
        let compiled = || Crate::new(&artefact.to_string_lossy(), "", Kind::Compiled);
        known.unwrap_or_else(|| self.push(compiled()))
    }

    fn locked(&mut self, name: &str, version: &str) -> CrateId {
        let key = (name.to_owned(), version.to_owned());
        if let Some(&id) = self.locked.get(&key) {
            return id;
        }
        let id = self.push(Crate::new(name, version, Kind::Locked));
        self.locked.insert(key, id);
        id
    }

    /// A package's library; `None` where it has none.
    fn package(&mut self, manifest: Manifest) -> Option<CrateId> {
        if self.program.lock.has_source(&manifest.name, &manifest.version).unwrap_or(manifest.is_published())
        {
            return Some(self.locked(&manifest.name, &manifest.version));
        }
        let Library { root, is_macro, .. } = manifest.library.as_ref()?;
        let root = root.canonicalize().unwrap_or_else(|_| root.clone());
        if let Some(&id) = self.libraries.get(&root) {
            return Some(id);
        }
        let kind = Kind::Sources { root: Some(root.clone()), manifest: None, is_macro: *is_macro };
        let id = self.push(Crate::new(&manifest.name, &manifest.version, kind));
        self.libraries.insert(root, id);
        self.note_features(&manifest);
        for dependency in &manifest.dependencies {
            let (name, found) = self.dependency(&manifest, dependency);
            self.program.crates[id].externs.entry(name).or_default().extend(found);
        }
        if let Kind::Sources { manifest: slot, .. } = &mut self.program.crates[id].kind {
            *slot = Some(Box::new(manifest));
        }
        Some(id)
    }

    /// What a package calls another one, and its crates.
    fn dependency(&mut self, of: &Manifest, dependency: &Dependency) -> (String, Vec<CrateId>) {
        let name = |own: &str| dependency.rename.clone().unwrap_or_else(|| own.replace('-', "_"));
        if let Some(directory) = &dependency.directory
            && let Some(manifest) = Manifest::of(directory)
        {
            let own = manifest.library.as_ref().map_or(&manifest.name, |library| &library.name).clone();
            return (name(&own), Vec::from_iter(self.package(manifest)));
        }
        let lock = &self.program.lock;
        let versions = lock.versions((&of.name, &of.version), &dependency.package);
        let versions: Vec<String> = versions.into_iter().map(str::to_owned).collect();
        let mut found = Vec::new();
        for version in versions {
            found.push(match self.program.lock.has_source(&dependency.package, &version) {
                Some(true) => self.locked(&dependency.package, &version),
                // Nobody says where it is.
                _ => self.push(Crate::new(&dependency.package, &version, Kind::Compiled)),
            });
        }
        // One that is not listed is not built, unless there is no list.
        if found.is_empty() && self.program.lock.is_empty() {
            found.push(self.push(Crate::new(&dependency.package, "", Kind::Compiled)));
        }
        (name(&dependency.package), found)
    }

    /// The library of the package that is compiled has its options, but is no test.
    fn note_library(&mut self, own: &Manifest, cfg: &Cfg) {
        let Some(root) = own.library.as_ref().and_then(|library| library.root.canonicalize().ok()) else {
            return;
        };
        if let Some(&id) = self.libraries.get(&root) {
            self.program.crates[id].cfg = Some(cfg.of_library());
        }
    }

    /// What a package asks of others.
    fn note_features(&mut self, manifest: &Manifest) {
        for Dependency { package, features, .. } in &manifest.dependencies {
            self.program.features.entry(package.clone()).or_default().insert(features.clone());
        }
    }

    /// Notes by which file the dependencies of a crate come, but for those that have one of their own.
    fn lead_through(&mut self, id: CrateId, artefact: &Path, seen: &mut BTreeSet<CrateId>) {
        if !seen.insert(id) {
            return;
        }
        let next: Vec<CrateId> = self.program.crates[id].externs.values().flatten().copied().collect();
        let direct: BTreeSet<CrateId> =
            self.program.crates[OWN].externs.values().flatten().copied().collect();
        for id in next {
            if !direct.contains(&id) {
                self.program.crates[id].artefacts.insert(artefact.to_owned());
            }
            self.lead_through(id, artefact, seen);
        }
    }
}
