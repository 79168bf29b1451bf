//! What the values of a loop can be collected into.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

/// A value of an iteration, which the loop's own thread puts into the collection.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be collected by a parallel loop: it is not `Send`",
    label = "this would travel from a worker thread to the loop's own thread: make it something `Send`"
)]
pub trait Collected {}

#[diagnostic::do_not_recommend]
impl<T: Send> Collected for T {}

/// A collection that can be built from a loop's values, in loop order.
#[diagnostic::on_unimplemented(
    message = "the values of a parallel loop, of type `{V}`, cannot be collected into `{Self}`",
    label = "collect into a `Vec` here and convert that"
)]
pub trait FromLoop<V>: Sized {
    /// What is kept of each value until the loop is over: a part of it, `Send` where the value is.
    type Kept;
    /// A value that ends the loop, like the first `Err`: a part of it too.
    type Stop;

    /// Whether [`keep`](Self::keep) ends the loop with this value.
    fn ends(value: &V) -> bool {
        let _ = value;
        false
    }

    /// Keeps a value or ends the loop with it.
    fn keep(value: V) -> ControlFlow<Self::Stop, Self::Kept>;

    /// The collection.
    fn build(kept: Vec<Self::Kept>) -> Self;

    /// What stands for the collection when a value ended the loop.
    fn stopped(stop: Self::Stop) -> Self;
}

/// Implements [`FromLoop`] for collections that keep every value.
macro_rules! keeps_all {
    ($( [$($generics:tt)*] $type:ty: $value:ty, |$kept:ident| $build:expr; )*) => {$(
        impl<$($generics)*> FromLoop<$value> for $type {
            type Kept = $value;
            type Stop = Infallible;

            #[inline]
            fn keep(value: $value) -> ControlFlow<Infallible, $value> {
                ControlFlow::Continue(value)
            }

            #[inline]
            fn build($kept: Vec<$value>) -> Self {
                $build
            }

            fn stopped(stop: Infallible) -> Self {
                match stop {}
            }
        }
    )*};
}

keeps_all! {
    [T] Vec<T>: T, |kept| kept;
    [T] Box<[T]>: T, |kept| kept.into_boxed_slice();
    [T] Arc<[T]>: T, |kept| kept.into();
    [T] Rc<[T]>: T, |kept| kept.into();
    [T] VecDeque<T>: T, |kept| kept.into();
    [T] LinkedList<T>: T, |kept| kept.into_iter().collect();
    [T: Ord] BinaryHeap<T>: T, |kept| kept.into();
    [T: Ord] BTreeSet<T>: T, |kept| kept.into_iter().collect();
    [T: Eq + Hash, S: BuildHasher + Default] HashSet<T, S>: T, |kept| kept.into_iter().collect();
    [K: Ord, V] BTreeMap<K, V>: (K, V), |kept| kept.into_iter().collect();
    [K: Eq + Hash, V, S: BuildHasher + Default] HashMap<K, V, S>: (K, V), |kept| kept.into_iter().collect();
    [] String: char, |kept| kept.into_iter().collect();
    [] String: String, |kept| kept.into_iter().collect();
    ['a] String: &'a str, |kept| kept.into_iter().collect();
    [] (): (), |kept| kept.into_iter().collect();
}

#[cfg(feature = "ndarray")]
keeps_all! {
    [T] ndarray::Array1<T>: T, |kept| kept.into();
}

impl<T, const N: usize> FromLoop<T> for [T; N] {
    type Kept = T;
    type Stop = Infallible;

    #[inline]
    fn keep(value: T) -> ControlFlow<Infallible, T> {
        ControlFlow::Continue(value)
    }

    #[track_caller]
    fn build(kept: Vec<T>) -> Self {
        let len = kept.len();
        match kept.try_into() {
            Ok(array) => array,
            Err(_) => panic!("a parallel loop gave {len} values for an array of {N}"),
        }
    }

    fn stopped(stop: Infallible) -> Self {
        match stop {}
    }
}

impl<A, B, X: FromLoop<A, Kept = A>, Y: FromLoop<B, Kept = B>> FromLoop<(A, B)> for (X, Y) {
    type Kept = (A, B);
    type Stop = Infallible;

    #[inline]
    fn keep(value: (A, B)) -> ControlFlow<Infallible, (A, B)> {
        ControlFlow::Continue(value)
    }

    fn build(kept: Vec<(A, B)>) -> Self {
        let (first, second) = kept.into_iter().unzip();
        (X::build(first), Y::build(second))
    }

    fn stopped(stop: Infallible) -> Self {
        match stop {}
    }
}

/// What ends a loop that is collected into a `Result`.
#[derive(Debug)]
pub enum StoppedBy<E, Inner> {
    /// An error.
    Error(E),
    /// What the inner collection ended the loop with.
    Inner(Inner),
}

impl<V, E, C: FromLoop<V>> FromLoop<Result<V, E>> for Result<C, E> {
    type Kept = C::Kept;
    type Stop = StoppedBy<E, C::Stop>;

    fn ends(value: &Result<V, E>) -> bool {
        value.as_ref().map_or(true, C::ends)
    }

    #[inline]
    fn keep(value: Result<V, E>) -> ControlFlow<Self::Stop, C::Kept> {
        match value {
            Ok(value) => C::keep(value).map_break(StoppedBy::Inner),
            Err(error) => ControlFlow::Break(StoppedBy::Error(error)),
        }
    }

    fn build(kept: Vec<C::Kept>) -> Self {
        Ok(C::build(kept))
    }

    fn stopped(stop: Self::Stop) -> Self {
        match stop {
            StoppedBy::Error(error) => Err(error),
            StoppedBy::Inner(inner) => Ok(C::stopped(inner)),
        }
    }
}

impl<V, C: FromLoop<V>> FromLoop<Option<V>> for Option<C> {
    type Kept = C::Kept;
    type Stop = Option<C::Stop>;

    fn ends(value: &Option<V>) -> bool {
        value.as_ref().is_none_or(C::ends)
    }

    #[inline]
    fn keep(value: Option<V>) -> ControlFlow<Self::Stop, C::Kept> {
        match value {
            Some(value) => C::keep(value).map_break(Some),
            None => ControlFlow::Break(None),
        }
    }

    fn build(kept: Vec<C::Kept>) -> Self {
        Some(C::build(kept))
    }

    fn stopped(stop: Self::Stop) -> Self {
        stop.map(C::stopped)
    }
}
