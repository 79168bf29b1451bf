//! The store in a directory of this machine, or of a network file system.

use super::discard::{discard, empty_trash};
use super::files::Files;
#[cfg(target_os = "linux")]
use super::packed::Packed;
use super::reduce::{Surveyed, reduce};
use super::root::{Layout, LockSeed, Root};
use super::{FunctionId, FunctionStore, Limits, Reduced, Store, function_record, url};
use crate::home;
use crate::sync::Mutex;
use crate::{Error, Result};
use std::path::Path;
use std::sync::{Arc, Weak};

/// Results stored in a local directory, shared by any number of threads and processes.
///
/// Opening one is cheap and creates little; the files of a function appear with its first entry. The page of
/// the [module](crate::store) says what they hold, byte by byte, and why they survive crashes.
///
/// ```
/// use joblib::store::{EntryMeta, FunctionId, Limits, LocalStore, Record, Store};
///
/// # let dir = tempfile::tempdir()?;
/// let store = LocalStore::open(dir.path())?;
/// let function = FunctionId::new(["my_crate", "simulate"], 1);
/// let entries = store.open(&function, &Limits::NONE)?;
/// let key = joblib::hash(&7)?;
/// entries.put(key, &EntryMeta::new(std::time::Duration::ZERO), b"result")?;
/// let found = entries.get(key, &mut |record| {
///     assert!(matches!(record, Record::Bytes(b"result")));
///     Ok(())
/// })?;
/// assert!(found);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LocalStore {
    root: Arc<Root>,
    options: LocalOptions,
    /// What was opened, as long as it is used.
    opened: Mutex<Vec<Weak<dyn Entries>>>,
}

/// How to open a [`LocalStore`].
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "call `open`"]
pub struct LocalOptions {
    layout: Layout,
    allow_shared: bool,
}

impl LocalOptions {
    /// The defaults: [`Layout::Auto`], own directories only.
    pub fn new() -> Self {
        Self::default()
    }

    /// How entries lie on disk. Entries of one layout are not seen in the other. Where mapped files are not
    /// supported (outside Linux) plain files serve in any layout.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Accepts a directory of another user, or one that everybody can write to. Whoever can write there
    /// decides what cached calls return.
    pub fn allow_shared(mut self, allow: bool) -> Self {
        self.allow_shared = allow;
        self
    }

    /// Opens the store in `dir`, which is created where it is missing.
    ///
    /// # Errors
    ///
    /// As [`LocalStore::open`].
    pub fn open(&self, dir: impl AsRef<Path>) -> Result<LocalStore> {
        let root = Root::open(&home::expand(dir.as_ref())?, self.layout, self.allow_shared)?;
        empty_trash(&root);
        Ok(LocalStore { root: Arc::new(root), options: *self, opened: Mutex::default() })
    }

    /// As a URL has them after its `?`.
    fn parse(text: &str) -> Option<Self> {
        text.split('&').filter(|option| !option.is_empty()).try_fold(Self::new(), |options, option| {
            match option {
                "allow_shared" => Some(options.allow_shared(true)),
                "mode=packed" => Some(options.layout(Layout::Packed)),
                "mode=files" => Some(options.layout(Layout::Files)),
                _ => None,
            }
        })
    }

    /// What [`parse`](Self::parse) reads; empty if nothing was chosen.
    fn to_query(self) -> String {
        let mode = match self.layout {
            Layout::Auto => None,
            Layout::Packed => Some("mode=packed"),
            Layout::Files => Some("mode=files"),
        };
        let options: Vec<_> = mode.into_iter().chain(self.allow_shared.then_some("allow_shared")).collect();
        if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) }
    }
}

impl LocalStore {
    /// Opens the store in `dir`, which is created, readable by its owner only, where it is missing. A leading
    /// `~` is the home directory.
    ///
    /// # Errors
    ///
    /// A directory that cannot be created or read, a `~` for which none is known, and
    /// ([`is_refused`](crate::Error::is_refused)) one that belongs to somebody else or that everybody can
    /// write to.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        LocalOptions::new().open(dir)
    }

    /// Opens the store that [`url`](Store::url) names.
    pub(super) fn open_url(url: &str) -> Result<Self> {
        let parsed =
            url::parse_dir(url).and_then(|(dir, options)| Some((dir, LocalOptions::parse(options)?)));
        let (dir, options) =
            parsed.ok_or_else(|| Error::invalid(format!("`{url}` is not the URL of a cache directory: `file://` and an absolute path, then perhaps `?mode=files`")))?;
        options.open(dir)
    }

    /// How entries lie on disk here: [`Layout::Packed`] or [`Layout::Files`].
    #[must_use]
    pub fn layout(&self) -> Layout {
        if self.root.is_packed() { Layout::Packed } else { Layout::Files }
    }

    fn entries(&self, function: &FunctionId, limits: &Limits) -> Arc<dyn Entries> {
        let root = Arc::clone(&self.root);
        #[cfg(target_os = "linux")]
        if root.is_packed() {
            return Arc::new(Packed::new(root, function, *limits));
        }
        Arc::new(Files::new(root, function, *limits))
    }
}

impl Store for LocalStore {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        let entries = self.entries(function, limits);
        let mut opened = self.opened.lock();
        opened.retain(|entries| entries.strong_count() > 0);
        opened.push(Arc::downgrade(&entries));
        Ok(entries)
    }

    fn functions(&self) -> Result<Vec<FunctionId>> {
        let mut functions = Vec::new();
        for dir in self.root.function_dirs()? {
            match function_record::read(&dir) {
                Ok(function) => functions.push(function),
                Err(error) => {
                    crate::event!(WARN, %error, "a directory of the cache names no function")
                }
            }
        }
        functions.sort();
        Ok(functions)
    }

    fn clear(&self) -> Result<()> {
        let mut outcome = Ok(());
        for dir in self.root.function_dirs()? {
            let locks = function_record::read(&dir).ok().map(|function| LockSeed::new(&function));
            outcome = outcome.and(discard(&self.root, &dir, locks));
        }
        // What is no longer in a directory is not found there, but may still be mapped.
        let opened = self.opened.lock();
        opened.iter().filter_map(Weak::upgrade).for_each(|entries| entries.forget());
        outcome
    }

    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        let all: Vec<_> =
            self.functions()?.iter().map(|function| self.entries(function, &Limits::NONE)).collect();
        let all: Vec<&dyn Surveyed> = all.iter().map(|entries| -> &dyn Surveyed { &**entries }).collect();
        reduce(&all, limits)
    }

    fn location(&self) -> Option<&Path> {
        Some(self.root.location())
    }

    fn url(&self) -> Option<String> {
        Some(url::of_dir(self.root.location()) + &self.options.to_query())
    }
}

/// One function's entries, either way.
trait Entries: FunctionStore + Surveyed {}

impl<T: FunctionStore + Surveyed> Entries for T {}
