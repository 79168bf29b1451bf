//! `Memory`: where results are kept, and how.

use super::callable::{Arguments, Callable};
use super::function::Function;
use super::keep::Whole;
use super::location::Location;
use super::memorized_func::MemorizedFunc;
use super::place::Place;
use super::policy::{Access, Policy, hot_setter, policy_setters};
use crate::fork::PerProcess;
use crate::store::{FunctionId, Limits, Reduced, Store};
use crate::sync::Mutex;
use crate::{Codec, Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A place that keeps the results of functions, across runs and between processes.
///
/// Cloning is cheap and names the same place. Two memories of one directory share everything.
///
/// A memory is a serde value (its place and options): passed to a task in a worker process, it is opened
/// there when it is first used. One with `validate`, or whose store has no [URL](crate::store::Store::url),
/// cannot be serialised.
pub struct Memory<C: Codec>(Arc<Inner<C>>);

struct Inner<C: Codec> {
    id: u64,
    place: Arc<Place>,
    codec: C,
    access: Access,
    policy: Policy<C>,
    /// Functions found through a `static` that does not hold them itself.
    functions: PerProcess<Mutex<Vec<Arc<Function<C>>>>>,
}

impl<C: Codec + Default> Memory<C> {
    /// Stores results in this directory, which is created when a function is first looked up in it; or, for a
    /// URL `scheme://..`, in the store that is [registered](crate::store::register) for its scheme.
    ///
    /// A leading `~` is the home directory; where none is known, and for `~name`, nothing is stored. A
    /// directory that cannot be used disables storing with a warning, an empty path without one: calls still
    /// return their results. `$JOBLIB_CACHE` set to `off`, `readonly` or `refresh` changes how it is used.
    pub fn new(dir: impl AsRef<Path>) -> Self {
        Self::builder(dir).finish()
    }

    /// As [`new`](Self::new), with options; [`build`](MemoryBuilder::build) makes the memory.
    pub fn builder(dir: impl AsRef<Path>) -> MemoryBuilder<C> {
        MemoryBuilder::at(Place::at(Location::parse(dir.as_ref()), None))
    }

    /// As [`new`](Self::new), but opens the directory or the store at once, so that problems with it are
    /// reported.
    ///
    /// # Errors
    ///
    /// A URL whose scheme is not [registered](crate::store::register), a directory or store that cannot be
    /// used, an empty path.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let memory = Self::new(dir);
        match memory.0.place.store()? {
            Some(_) => Ok(memory),
            None => Err(Error::invalid("an empty path names no directory")),
        }
    }

    /// As [`builder`](Self::builder), for results that go to this store. Within a process, stores with the
    /// same URL are one: the first that is used.
    pub fn builder_with_store(store: Arc<dyn Store>) -> MemoryBuilder<C> {
        MemoryBuilder::at(Place::of(store))
    }

    /// Stores nothing and looks nothing up; every method still works. Python's `Memory(None)`.
    #[must_use]
    pub fn disabled() -> Self {
        MemoryBuilder::at(Place::at(Location::Nowhere, None)).access(Access::Off).finish()
    }

    /// The memory of a program that names no directory: `$JOBLIB_CACHE_DIR`, else `joblib` below `program` in
    /// the user's cache directory.
    #[must_use]
    pub fn user_default(program: &str) -> Self {
        match user_dir(program) {
            Some(dir) => Self::new(dir),
            None => {
                crate::event!(WARN, "there is no user cache directory: results are not kept");
                Self::disabled()
            }
        }
    }
}

impl<C: Codec> Memory<C> {
    /// A function that looks its results up here before it runs.
    ///
    /// `function` is a function of up to sixteen arguments, or a closure that captures nothing; what a
    /// closure would capture becomes an argument. An `async fn` is called by
    /// [`call_async`](MemorizedFunc::call_async). It is identified by its path, a closure also by the line of
    /// this call, and by the executable: after a new build nothing old is found, unless
    /// [`version`](MemorizedFunc::version) and, for a closure, [`name`](MemorizedFunc::name) say which code
    /// it is. `#[cached]` knows the code itself. A closure with captures does not compile; `cargo check`,
    /// which instantiates nothing, does not see it yet.
    #[track_caller]
    pub fn cache<F: Copy + 'static>(&self, function: F) -> MemorizedFunc<F, Whole, C> {
        MemorizedFunc::new(self.clone(), function, std::panic::Location::caller())
    }

    /// Calls a function through this cache: `memory.cache(function).call(args)`.
    #[track_caller]
    pub fn eval<F, A>(&self, function: F, args: A) -> F::Output
    where
        F: Callable<A> + Copy + 'static,
        A: Arguments,
        F::Output: serde::Serialize + serde::de::DeserializeOwned,
    {
        MemorizedFunc::new(self.clone(), function, std::panic::Location::caller()).call(args)
    }

    /// Removes every entry of every function.
    ///
    /// # Errors
    ///
    /// Where something could not be removed; the rest is gone all the same.
    pub fn clear(&self) -> Result<()> {
        self.0.place.forget_hot();
        match self.0.place.store()? {
            Some(store) => store.clear(),
            None => Ok(()),
        }
    }

    /// Removes least recently used entries, over all functions, until every limit holds.
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        self.0.place.forget_hot();
        match self.0.place.store()? {
            Some(store) => store.reduce_size(limits),
            None => Ok(Reduced::default()),
        }
    }

    /// All functions and versions with entries here.
    ///
    /// # Errors
    ///
    /// Where the place cannot be listed.
    pub fn functions(&self) -> Result<Vec<FunctionId>> {
        match self.0.place.store()? {
            Some(store) => store.functions(),
            None => Ok(Vec::new()),
        }
    }

    /// The directory, if there is one.
    #[must_use]
    #[doc(alias = "location")]
    pub fn dir(&self) -> Option<&Path> {
        self.0.place.dir()
    }

    /// Whether nothing is looked up or stored.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.0.access == Access::Off
    }

    /// Keeps a function alive as long as this memory and its clones.
    pub(crate) fn hold(&self, function: &Arc<Function<C>>) {
        let functions = self.0.functions.get_or_init(Mutex::default);
        functions.lock().push(Arc::clone(function));
    }

    /// Identifies this memory for the life of the process; clones share it.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn policy(&self) -> &Policy<C> {
        &self.0.policy
    }

    /// The function of this identity. One whose fingerprint is unknown, or whose options cannot be used, is
    /// not cached.
    pub(crate) fn function(
        &self,
        path: Vec<String>,
        fingerprint: Result<u128>,
        policy: Policy<C>,
    ) -> Arc<Function<C>> {
        let (access, fingerprint) = match policy.refused.check().and(fingerprint) {
            Ok(fingerprint) => (self.0.access, fingerprint),
            Err(error) => {
                let function = path.join("::");
                crate::event!(WARN, %function, %error, "not cached");
                (Access::Off, 0)
            }
        };
        let id = FunctionId { path, fingerprint };
        Arc::new(Function::new(Arc::clone(&self.0.place), self.0.codec.clone(), access, id, policy))
    }
}

impl<C: Codec> Clone for Memory<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The part of a memory that travels.
struct Parts<C: Codec> {
    url: String,
    access: Access,
    policy: Policy<C>,
}

crate::impl_serde_struct! {
    [C: Codec] [C: Codec] Parts<C> as ("Memory") { url, access, policy } skip {}
}

impl<C: Codec> Serialize for Memory<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Inner { place, access, policy, .. } = &*self.0;
        let url = place.location().url().ok_or_else(|| {
            serde::ser::Error::custom("a memory whose store has no URL cannot leave its process")
        })?;
        Parts { url, access: *access, policy: policy.clone() }.serialize(serializer)
    }
}

impl<'de, C: Codec + Default> Deserialize<'de> for Memory<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts { url, access, policy } = Parts::deserialize(deserializer)?;
        Ok(MemoryBuilder { policy, ..Self::builder(url) }.access(access).finish())
    }
}

impl<C: Codec> fmt::Debug for Memory<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("place", &self.0.place)
            .field("access", &self.0.access)
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}

/// Options of a [`Memory`], which its functions start from.
#[derive(Clone, Debug)]
#[must_use = "call `build`"]
pub struct MemoryBuilder<C: Codec> {
    place: Arc<Place>,
    access: Option<Access>,
    policy: Policy<C>,
}

impl<C: Codec> MemoryBuilder<C> {
    fn at(place: Arc<Place>) -> Self {
        Self { place, access: None, policy: Policy::default() }
    }

    /// What the cache may do, whatever `$JOBLIB_CACHE` says.
    pub fn access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    policy_setters!(C);
    hot_setter!();

    fn policy_mut(&mut self) -> &mut Policy<C> {
        &mut self.policy
    }
}

impl<C: Codec + Default> MemoryBuilder<C> {
    /// The memory with these options.
    ///
    /// # Errors
    ///
    /// [`is_invalid`](crate::Error::is_invalid) or [`is_unsupported`](crate::Error::is_unsupported) for an
    /// option that cannot be used, such as an unknown compression or a text that is no size; the error names
    /// it.
    pub fn build(self) -> Result<Memory<C>> {
        self.policy.refused.check()?;
        Ok(self.finish())
    }

    fn finish(self) -> Memory<C> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Memory(Arc::new(Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            place: self.place,
            codec: C::default(),
            access: self.access.unwrap_or_else(Access::from_env),
            policy: self.policy,
            functions: PerProcess::new(),
        }))
    }
}

/// `$JOBLIB_CACHE_DIR`, else the program's part of the user's cache directory.
fn user_dir(program: &str) -> Option<PathBuf> {
    match std::env::var_os("JOBLIB_CACHE_DIR") {
        Some(dir) if !dir.is_empty() => Some(dir.into()),
        _ => Some(crate::home::cache_dir()?.join(program).join("joblib")),
    }
}
