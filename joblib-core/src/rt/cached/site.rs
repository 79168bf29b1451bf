//! The static descriptor of a cached function, and the calls made through it.

use super::identity::{Identity, Written};
use crate::fork::PerProcess;
use crate::memory::keep::Storable;
use crate::memory::{
    Answers, AsyncEntry, Entry, Function, FunctionRef, KeyBits, MemorizedFunc, Memory, Policy,
};
use crate::rt::fingerprint;
use crate::{Codec, Key, Result};
use std::any::TypeId;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

/// One cached function as written: a `static` in its expansion, which all of its monomorphisations share.
#[derive(Debug)]
pub struct Site<C: Codec> {
    written: Written,
    compares: bool,
    first: OnceLock<(Instance, Arc<Function<C>>)>,
    others: PerProcess<RwLock<Instances<C>>>,
}

/// Who a function is and what its options say, evaluated once per monomorphisation: they may name its types.
pub struct Settings<C: Codec> {
    /// The name of the type of a closure of the function, which has its path and its type arguments in it.
    pub marker: &'static str,
    /// The fingerprint of the code.
    pub fingerprint: Result<u128>,
    /// Changes the memory's policy.
    pub configure: fn(Policy<C>) -> Policy<C>,
}

/// One monomorphisation in one place.
type Instance = (u64, Option<TypeId>);

/// In place of a memory's number: the memory that the function makes for itself.
const OWN: u64 = u64::MAX;

type Instances<C> = HashMap<Instance, Held<C>, BuildHasherDefault<KeyBits>>;

/// Functions in memories made at run time stay as long as somebody uses these.
#[derive(Debug)]
enum Held<C: Codec> {
    Always(Arc<Function<C>>),
    WhileUsed(Weak<Function<C>>),
}

impl<C: Codec> Held<C> {
    fn function(&self) -> Option<Arc<Function<C>>> {
        match self {
            Held::Always(function) => Some(Arc::clone(function)),
            Held::WhileUsed(function) => function.upgrade(),
        }
    }
}

impl<C: Codec + Default> Site<C> {
    /// A function that is written so; `compares`: whether results may come back different, in a crate that is
    /// built for debugging.
    #[must_use]
    pub const fn new(written: Written, compares: bool) -> Self {
        Self { written, compares, first: OnceLock::new(), others: PerProcess::new() }
    }

    /// The function in a memory of its own, made on the first call. Which [`monomorphisation`] it is matters
    /// where there can be several.
    #[inline]
    pub fn in_own(
        &'static self,
        monomorphisation: Option<TypeId>,
        settings: fn() -> (Memory<C>, Settings<C>),
    ) -> FunctionRef<C> {
        let instance = (OWN, monomorphisation);
        match self.first.get() {
            Some((first, function)) if *first == instance => FunctionRef::Static(function),
            _ => self.find(instance, &settings),
        }
    }

    /// The function in this memory; else as [`in_own`](Self::in_own).
    #[inline]
    pub fn in_memory(
        &'static self,
        monomorphisation: Option<TypeId>,
        memory: &Memory<C>,
        settings: fn() -> Settings<C>,
    ) -> FunctionRef<C> {
        let instance = (memory.id(), monomorphisation);
        match self.first.get() {
            Some((first, function)) if *first == instance => FunctionRef::Static(function),
            _ => self.find(instance, &|| (memory.clone(), settings())),
        }
    }

    /// The first instance stays for ever, and so do all in memories of their own.
    #[cold]
    fn find(
        &'static self,
        instance: Instance,
        settings: &dyn Fn() -> (Memory<C>, Settings<C>),
    ) -> FunctionRef<C> {
        let others = self.others.get_or_init(RwLock::default);
        let known = |others: &Instances<C>| others.get(&instance).and_then(Held::function);
        if let Some(function) = known(&others.read().unwrap_or_else(PoisonError::into_inner)) {
            return FunctionRef::Shared(function);
        }
        let make = || {
            // No lock is held: options may call anything.
            let (memory, Settings { marker, fingerprint, configure }) = settings();
            let Identity { path, is_local } = Identity::of(marker, instance.1, &self.written);
            let fingerprint = fingerprint.and_then(|code| match is_local {
                true => Ok(fingerprint::combine(&[code, fingerprint::of_executable()?])),
                false => Ok(code),
            });
            let policy = configure(memory.policy().clone()).comparing(self.compares);
            let function = memory.function(path, fingerprint, policy);
            (memory, function)
        };
        // Another thread may have made it since: one function for all, for callers wait for each other in it.
        let (first, function) = match self.first.get() {
            Some(first) => first,
            None => {
                let made = make().1;
                self.first.get_or_init(|| (instance, made))
            }
        };
        if *first == instance {
            return FunctionRef::Static(function);
        }
        let (memory, function) = make();
        let is_own = instance.0 == OWN;
        let held = match is_own {
            true => Held::Always(Arc::clone(&function)),
            false => Held::WhileUsed(Arc::downgrade(&function)),
        };
        let mut others = others.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(function) = known(&others) {
            return FunctionRef::Shared(function);
        }
        others.retain(|_, held| !matches!(held, Held::WhileUsed(function) if function.strong_count() == 0));
        others.insert(instance, held);
        drop(others);
        if !is_own {
            memory.hold(&function);
        }
        FunctionRef::Shared(function)
    }
}

impl<C: Codec> std::fmt::Debug for Settings<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

/// Which monomorphisation of a function a closure of it belongs to.
#[inline]
#[must_use]
pub fn monomorphisation<M>(_closure: &M) -> Option<TypeId> {
    Some(typeid::of::<M>())
}

/// Has this type, and is never called.
///
/// # Panics
///
/// If it is.
#[must_use]
pub fn typed<R>() -> R {
    unreachable!("only its type is wanted")
}

/// The type of an argument, for a function that is to know it without the argument.
#[inline]
#[must_use]
pub const fn type_of<T: ?Sized>(_argument: &T) -> PhantomData<T> {
    PhantomData
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
