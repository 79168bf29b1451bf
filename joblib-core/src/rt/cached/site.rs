//! The static descriptor of a cached function, and the calls made through it.

use super::identity::path_of;
use super::kind::Storable;
use crate::memory::{
    Answers, AsyncEntry, Entry, Function, FunctionRef, KeyBits, MemorizedFunc, Memory, Policy,
};
use crate::{Codec, Key, Result};
use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

/// One cached function as written: a `static` in its expansion.
#[derive(Debug)]
pub struct Site<C: Codec> {
    name: &'static str,
    ordinal: u32,
    fingerprint: fn() -> Result<u128>,
    configure: fn(Policy<C>) -> Policy<C>,
    memory: OnceLock<Memory<C>>,
    first: OnceLock<(Instance, Arc<Function<C>>)>,
    others: OnceLock<RwLock<Instances<C>>>,
}

/// One monomorphisation in one place.
type Instance = (u64, TypeId);

type Instances<C> = HashMap<Instance, Weak<Function<C>>, BuildHasherDefault<KeyBits>>;

impl<C: Codec + Default> Site<C> {
    /// `ordinal` counts functions of the same name and tokens in one file.
    #[must_use]
    pub const fn new(
        name: &'static str,
        ordinal: u32,
        fingerprint: fn() -> Result<u128>,
        configure: fn(Policy<C>) -> Policy<C>,
    ) -> Self {
        Self {
            name,
            ordinal,
            fingerprint,
            configure,
            memory: OnceLock::new(),
            first: OnceLock::new(),
            others: OnceLock::new(),
        }
    }

    /// The memory that belongs to the site: made on the first call, of `dir` or by default.
    #[inline]
    pub fn memory(&'static self, make: fn() -> Memory<C>) -> &'static Memory<C> {
        self.memory.get_or_init(make)
    }

    /// The function in this memory; `marker` is a closure of the function, which knows its name and type arguments.
    #[inline]
    pub fn function<M>(&'static self, memory: &Memory<C>, _marker: &M) -> FunctionRef<C> {
        let instance = (memory.id(), typeid::of::<M>());
        match self.first.get() {
            Some((first, function)) if *first == instance => FunctionRef::Static(function),
            _ => self.find::<M>(memory, instance),
        }
    }

    /// The first instance stays for ever; others (of generic functions and of memories made at run time) as long as
    /// somebody uses them.
    #[cold]
    fn find<M>(&'static self, memory: &Memory<C>, instance: Instance) -> FunctionRef<C> {
        let others = self.others.get_or_init(RwLock::default);
        if let Some(function) =
            others.read().unwrap_or_else(PoisonError::into_inner).get(&instance).and_then(Weak::upgrade)
        {
            return FunctionRef::Shared(function);
        }
        let make = || {
            let path = path_of(type_name::<M>(), self.name, self.ordinal);
            memory.function(path, (self.fingerprint)(), (self.configure)(memory.policy().clone()))
        };
        let (first, function) = self.first.get_or_init(|| (instance, make()));
        if *first == instance {
            return FunctionRef::Static(function);
        }
        let mut others = others.write().unwrap_or_else(PoisonError::into_inner);
        others.retain(|_, function| function.strong_count() > 0);
        let function = make();
        memory.hold(&function);
        others.insert(instance, Arc::downgrade(&function));
        FunctionRef::Shared(function)
    }
}

/// One call of a function.
#[inline]
pub fn entry<R, K: Storable<R>, F: FnOnce() -> R, C: Codec>(
    function: FunctionRef<C>,
    key: Result<Key>,
    keep: K,
    run: F,
    args: Option<String>,
) -> Entry<R, K, F, C> {
    Entry::new(function, key, keep, run, args)
}

/// One call of an `async fn`.
#[inline]
pub fn async_entry<R, K: Storable<R>, F: Future<Output = R>, C: Codec>(
    function: FunctionRef<C>,
    key: Result<Key>,
    keep: K,
    future: F,
    args: Option<String>,
) -> AsyncEntry<R, K, F, C> {
    AsyncEntry::new(function, key, keep, future, args)
}

/// All entries of a function.
pub fn memo<R, K: Storable<R>, C: Codec>(
    function: FunctionRef<C>,
    keep: K,
) -> MemorizedFunc<Answers<R>, K, C> {
    MemorizedFunc::of(function, keep)
}
