//! Functions cached without a macro, and the handle on all entries of a function.

use super::async_entry::AsyncEntry;
use super::callable::{Arguments, Callable};
use super::entry::Entry;
use super::function::Function;
use super::function_ref::FunctionRef;
use super::handle::Memory;
use super::keep::{Cloned, Keep, Whole};
use super::policy::{Policy, policy_setters};
use crate::rt::cached::segments;
use crate::rt::fingerprint;
use crate::store::{EntryInfo, FunctionId, Limits, Reduced, Stats};
use crate::{Codec, Error, Key, KeyHasher, Result, Size};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{TypeId, type_name};
use std::hash::Hash;
use std::marker::PhantomData;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::OnceLock;
use xxhash_rust::xxh3::Xxh3;

/// A cached function: what [`Memory::cache`] returns, and `f::memo()` of a `#[cached]` function `f`.
///
/// The first kind is called with a tuple of arguments; both give access to all entries of the function.
///
/// The first kind is a serde value, its memory, identity and options: it can be passed to tasks in worker
/// processes.
///
/// Setters return the function with other options. A function with an option that cannot be used, such as an
/// unknown compression or a text that is no size, is not cached: it runs, with a warning through `tracing`
/// that names the option.
#[must_use = "setters give the changed function"]
pub struct MemorizedFunc<F, K, C: Codec> {
    pub(super) callee: F,
    pub(super) keep: K,
    pub(super) origin: Origin<C>,
    pub(super) policy: Policy<C>,
}

/// Where the entries are.
#[derive(Clone)]
pub(super) enum Origin<C: Codec> {
    Found(FunctionRef<C>),
    /// Looked up on first use: until then options may change it.
    Identity {
        memory: Memory<C>,
        path: Vec<String>,
        code: Code,
        found: OnceLock<FunctionRef<C>>,
    },
}

#[derive(Clone, Copy)]
pub(super) struct Code {
    version: Option<u128>,
    salt: u128,
    /// What tells functions of one path apart; not used under a name given by the user.
    pub(super) type_id: TypeNumber,
    closure: bool,
}

crate::impl_serde_struct!(Code { version, salt, type_id, closure });

/// A type's number means nothing to another process: only whether there is one travels.
#[derive(Clone, Copy, Hash)]
pub(super) struct TypeNumber(pub(super) Option<TypeId>);

impl Serialize for TypeNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.is_some().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TypeNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        bool::deserialize(from).map(|present| Self(present.then(TypeId::of::<()>)))
    }
}

/// In place of a callable: the entries of a function that returns `R`.
pub struct Answers<R>(PhantomData<fn() -> R>);

impl<R> std::fmt::Debug for Answers<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answers<{}>", type_name::<R>())
    }
}

impl<F: Copy + 'static, C: Codec> MemorizedFunc<F, Whole, C> {
    pub(crate) fn new(memory: Memory<C>, callee: F, location: &Location<'_>) -> Self {
        const {
            assert!(size_of::<F>() == 0, "a cached closure captures nothing: pass what it needs as arguments")
        };
        let name = type_name::<F>();
        let closure = name.contains("{{closure}}");
        let mut path = segments(name);
        if closure {
            // The file's name alone: the path to the sources differs between machines.
            let file = location.file().rsplit(['/', '\\']).next().unwrap_or_default();
            path.push(format!("{file}:{}:{}", location.line(), location.column()));
        }
        let policy = memory.policy().clone();
        let code = Code { version: None, salt: 0, type_id: TypeNumber(Some(TypeId::of::<F>())), closure };
        let origin = Origin::Identity { memory, path, code, found: OnceLock::new() };
        Self { callee, keep: Whole, origin, policy }
    }

    /// Keeps up to this many bytes (a number, or text such as `"64M"`) of recent results in memory too, for
    /// types that are `Clone`.
    ///
    /// Bytes are counted as stored. Removals by other processes do not affect these values.
    pub fn hot(mut self, bytes: impl Into<Size>) -> MemorizedFunc<F, Cloned<Whole>, C> {
        let policy = self.policy_mut();
        policy.hot = policy.refused.accept("hot", bytes.into().bytes());
        MemorizedFunc { callee: self.callee, keep: Cloned(Whole), origin: self.origin, policy: self.policy }
    }
}

impl<F: Copy + 'static, K: Copy, C: Codec> MemorizedFunc<F, K, C> {
    /// Identifies the version of the code, instead of the executable: a new build with the same version finds
    /// the old results. A closure also needs a [`name`](Self::name) for that.
    pub fn version(self, version: &str) -> Self {
        let version = xxhash_rust::xxh3::xxh3_128(version.as_bytes());
        self.with_code(|_, code| code.version = Some(version))
    }

    /// Identifies the function by this name instead of its path and line. Two functions of one name and
    /// version are one.
    pub fn name(self, name: &str) -> Self {
        self.with_code(|path, code| {
            *path = vec![name.to_owned()];
            code.type_id.0 = None;
        })
    }

    /// Adds a value that the results depend on, besides the arguments.
    ///
    /// # Panics
    ///
    /// If the value's `Serialize` fails.
    #[track_caller]
    pub fn salt<T: Serialize + ?Sized>(self, salt: &T) -> Self {
        let salt = match crate::hash(salt) {
            Ok(key) => key.0,
            Err(error) => panic!("{error}"),
        };
        self.with_code(|_, code| code.salt = salt)
    }

    fn with_code(mut self, change: impl FnOnce(&mut Vec<String>, &mut Code)) -> Self {
        if let Origin::Identity { path, code, found, .. } = &mut self.origin {
            change(path, code);
            found.take();
        }
        self
    }

    policy_setters!(C);

    /// A changed option means that the function has to be looked up again.
    fn policy_mut(&mut self) -> &mut Policy<C> {
        if let Origin::Identity { found, .. } = &mut self.origin {
            found.take();
        }
        &mut self.policy
    }

    /// Calls the function with a tuple of arguments, or gives what it returned for them before.
    ///
    /// An `Err` is returned, but not stored. Where the arguments are wanted as text (`verbose`,
    /// `record_args`), it is what their `Serialize` presents, written as `Debug` would write it; of arrays,
    /// the dtype and shape. Each is cut at 4 KiB.
    ///
    /// # Panics
    ///
    /// Where the function panics; nothing is stored then.
    pub fn call<A>(&self, args: A) -> F::Output
    where
        F: Callable<A>,
        A: Arguments,
        K: Keep<F::Output>,
    {
        self.entry(args).get_or_compute()
    }

    /// One call, before it is made.
    pub fn entry<A>(&self, args: A) -> Entry<F::Output, K, impl FnOnce() -> F::Output + use<A, F, K, C>, C>
    where
        F: Callable<A>,
        A: Arguments,
        K: Keep<F::Output>,
    {
        let (key, text) = self.told_apart(&args);
        let callee = self.callee;
        Entry::new(self.resolved().clone(), key, self.keep, move || callee.call_with(args), text)
    }

    /// As [`call`](Self::call), for a function that returns a future: an `async fn`, or a closure that calls
    /// one. The future's output is stored.
    ///
    /// Calls that wait for the same result share one computation; where the future that computes is dropped,
    /// another of them takes over. Looking up and storing happen on the polling thread; with
    /// [`hot`](MemorizedFunc::hot), large results are read and written elsewhere.
    pub fn call_async<A, R>(&self, args: A) -> impl Future<Output = R> + use<A, R, F, K, C>
    where
        F: Callable<A, Output: Future<Output = R>>,
        A: Arguments,
        K: Keep<R>,
    {
        self.entry_async(args).get_or_compute()
    }

    /// One call of a function that returns a future, before it is made.
    pub fn entry_async<A, R>(
        &self,
        args: A,
    ) -> AsyncEntry<R, K, impl Future<Output = R> + use<A, R, F, K, C>, C>
    where
        F: Callable<A, Output: Future<Output = R>>,
        A: Arguments,
        K: Keep<R>,
    {
        let (key, text) = self.told_apart(&args);
        let callee = self.callee;
        let future = async move { callee.call_with(args).await };
        AsyncEntry::new(self.resolved().clone(), key, self.keep, future, text)
    }

    /// The arguments' key, and their text where it is wanted.
    fn told_apart(&self, args: &impl Arguments) -> (Result<Key>, Option<String>) {
        let mut hasher = KeyHasher::new();
        args.hash_into(&mut hasher);
        (hasher.finish(), self.resolved().wants_args().then(|| args.text()))
    }
}

impl<R, K: Keep<R>, C: Codec> MemorizedFunc<Answers<R>, K, C> {
    pub(crate) fn of(function: FunctionRef<C>, keep: K) -> Self {
        let policy = function.policy.clone();
        Self { callee: Answers(PhantomData), keep, origin: Origin::Found(function), policy }
    }

    /// The result stored under this key, as [`entries`](Self::entries) lists them.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none; a damaged entry.
    pub fn load_output(&self, key: Key) -> Result<R> {
        load_output(self.resolved(), key, self.keep)
    }
}

impl<F, K, C: Codec> MemorizedFunc<F, K, C> {
    /// Removes every entry of this version of the function.
    ///
    /// # Errors
    ///
    /// Where something could not be removed; the rest is gone all the same.
    pub fn clear(&self) -> Result<()> {
        let function = self.resolved();
        function.slot.forget_hot();
        function.store().map_or(Ok(()), |store| store.clear())
    }

    /// Removes least recently used entries until every limit holds.
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        let function = self.resolved();
        function.slot.forget_hot();
        function.store().map_or(Ok(Reduced::default()), |store| store.reduce_size(limits))
    }

    /// All entries, in no order.
    ///
    /// # Errors
    ///
    /// Where the place cannot be listed.
    pub fn entries(&self) -> Result<Vec<EntryInfo>> {
        self.resolved().store().map_or(Ok(Vec::new()), |store| store.entries())
    }

    /// Counts and sizes.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.resolved().stats()
    }

    /// The directory of the entries; none for a disabled cache or one that is not stored in files.
    #[must_use]
    pub fn dir(&self) -> Option<PathBuf> {
        self.resolved().store()?.dir()
    }

    /// What identifies the function and its version.
    #[must_use]
    pub fn id(&self) -> &FunctionId {
        &self.resolved().slot.id
    }

    /// Removes one entry; tells whether there was one.
    ///
    /// # Errors
    ///
    /// Where the entry could not be removed.
    pub fn remove(&self, key: Key) -> Result<bool> {
        let function = self.resolved();
        function.slot.forget(key);
        function.store().map_or(Ok(false), |store| store.remove(key))
    }

    /// The result stored under this key, for a function cached without the macro, whose result type is named
    /// here.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none; a damaged entry; another type.
    pub fn load_output_as<R: Serialize + DeserializeOwned>(&self, key: Key) -> Result<R> {
        load_output(self.resolved(), key, Whole)
    }

    fn resolved(&self) -> &FunctionRef<C> {
        match &self.origin {
            Origin::Found(function) => function,
            Origin::Identity { memory, path, code, found } => found.get_or_init(|| {
                FunctionRef::Shared(memory.function(path.clone(), code.fingerprint(), self.policy.clone()))
            }),
        }
    }
}

impl Code {
    fn fingerprint(self) -> Result<u128> {
        let mut hasher = Xxh3::new();
        match self.version {
            Some(version) if self.type_id.0.is_none() || !self.closure => {
                hasher.update(&version.to_le_bytes())
            }
            _ => hasher.update(&fingerprint::of_executable()?.to_le_bytes()),
        }
        hasher.update(&self.version.unwrap_or(0).to_le_bytes());
        hasher.update(&self.salt.to_le_bytes());
        self.type_id.hash(&mut hasher);
        Ok(hasher.digest128())
    }
}

fn load_output<R, K: Keep<R>, C: Codec>(function: &Function<C>, key: Key, keep: K) -> Result<R> {
    let store = function.store_or_error()?;
    function
        .load(store, key, keep, None)?
        .ok_or_else(|| Error::not_found(format!("{} has no entry {key}", function.slot.id)))
}

impl<F: Clone, K: Clone, C: Codec> Clone for MemorizedFunc<F, K, C> {
    fn clone(&self) -> Self {
        Self {
            callee: self.callee.clone(),
            keep: self.keep.clone(),
            origin: self.origin.clone(),
            policy: self.policy.clone(),
        }
    }
}

impl<F, K, C: Codec> std::fmt::Debug for MemorizedFunc<F, K, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, dir) = match &self.origin {
            Origin::Found(function) => (&function.slot.id.path, function.place.dir()),
            Origin::Identity { memory, path, .. } => (path, memory.dir()),
        };
        f.debug_struct("MemorizedFunc")
            .field("function", &format_args!("{}", path.join("::")))
            .field("dir", &dir)
            .finish_non_exhaustive()
    }
}
