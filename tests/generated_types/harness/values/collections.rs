//! Many elements: in a row, as sets and as maps.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;

use arrayvec::ArrayVec;
use indexmap::{IndexMap, IndexSet};
use smallvec::SmallVec;

use crate::{Random, Sample, Walk};

/// By `iter`, and by being collected. `$most`: of how many elements.
macro_rules! rows {
    ($($type:ty, [$($generics:tt)*], $element:ty, $most:expr, |$row:ident| $changed:expr;)*) => {$(
        impl<$($generics)*> Sample for $type {
            fn make(random: &mut Random) -> Self {
                let length = random.length::<$element>().min($most);
                (0..length).map(|_| <$element>::make(random)).collect()
            }
            fn plain() -> Self {
                std::iter::empty().collect()
            }
            fn again(&self) -> Self {
                self.iter().map(Sample::again).collect()
            }
            fn same(&self, other: &Self) -> bool {
                self.len() == other.len() && self.iter().zip(other.iter()).all(|(one, other)| one.same(other))
            }
            fn walk(&mut self, walk: &mut Walk) {
                walk.leaf(self, |this, random| {
                    let mut $row: Vec<$element> = this.iter().map(Sample::again).collect();
                    if $row.len() < $most { $row.push(<$element>::make(random)) } else { $row.truncate($row.len() / 2) }
                    *this = $row.into_iter().collect();
                });
                let $row = self;
                $changed(walk);
            }
        }
    )*};
}
rows! {
    Vec<T>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| walk.elements(row.iter_mut());
    VecDeque<T>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| walk.elements(row.iter_mut());
    LinkedList<T>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| walk.elements(row.iter_mut());
    Box<[T]>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| walk.elements(row.iter_mut());
    SmallVec<[T; 4]>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| walk.elements(row.iter_mut());
    ArrayVec<T, N>, [T: Sample, const N: usize], T, N, |row| |walk: &mut Walk| walk.elements(row.iter_mut());
    Arc<[T]>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| {
        let mut elements: Vec<T> = row.iter().map(T::again).collect();
        walk.elements(elements.iter_mut());
        *row = elements.into();
    };
    Rc<[T]>, [T: Sample], T, usize::MAX, |row| |walk: &mut Walk| {
        let mut elements: Vec<T> = row.iter().map(T::again).collect();
        walk.elements(elements.iter_mut());
        *row = elements.into();
    };
}

/// One more entry, or one less.
macro_rules! grown {
    ($this:ident, $random:ident, $entry:ty) => {{
        let mut entries: Vec<$entry> = $this.drain_all();
        let before = entries.len();
        for _ in 0..20 {
            entries.push(<$entry>::make($random));
            let grown = Self::from_all(entries);
            if grown.len() > before {
                return *$this = grown;
            }
            entries = grown.all();
        }
        entries.pop();
        *$this = Self::from_all(entries);
    }};
}

/// Entries taken out and put in.
trait Entries: Sized {
    type Entry;
    fn from_all(entries: Vec<Self::Entry>) -> Self;
    fn all(&self) -> Vec<Self::Entry>;
    fn drain_all(&mut self) -> Vec<Self::Entry> {
        self.all()
    }
}

/// `$order`: whether it counts.
macro_rules! sets {
    ($($type:ty, [$($bound:tt)*], |$one:ident, $other:ident| $same:expr, $backwards:expr;)*) => {$(
        impl<T: Sample + $($bound)*> Entries for $type {
            type Entry = T;
            fn from_all(entries: Vec<T>) -> Self {
                entries.into_iter().collect()
            }
            fn all(&self) -> Vec<T> {
                self.iter().map(T::again).collect()
            }
        }
        impl<T: Sample + $($bound)*> Sample for $type {
            fn make(random: &mut Random) -> Self {
                let length = random.length::<T>();
                (0..length).map(|_| T::make(random)).collect()
            }
            fn plain() -> Self {
                <$type>::default()
            }
            fn again(&self) -> Self {
                let mut all = self.all();
                if $backwards {
                    all.reverse();
                }
                Self::from_all(all)
            }
            fn same(&self, $other: &Self) -> bool {
                let $one = self;
                $one.len() == $other.len() && $same
            }
            fn walk(&mut self, walk: &mut Walk) {
                walk.leaf(self, |this, random| grown!(this, random, T));
            }
        }
    )*};
}
sets! {
    BTreeSet<T>, [Ord], |one, other| one.iter().zip(other).all(|(one, other)| one.same(other)), true;
    HashSet<T>, [Hash + Eq], |one, other| one.iter().all(|key| other.contains(key)), true;
    hashbrown::HashSet<T>, [Hash + Eq], |one, other| one.iter().all(|key| other.contains(key)), true;
    IndexSet<T>, [Hash + Eq], |one, other| one.iter().zip(other).all(|(one, other)| one.same(other)), false;
    BinaryHeap<T>, [Ord + Clone], |one, other| one.clone().into_sorted_vec() == other.clone().into_sorted_vec(), false;
}

macro_rules! maps {
    ($($type:ty, [$($bound:tt)*], |$one:ident, $other:ident| $same:expr, $backwards:expr;)*) => {$(
        impl<K: Sample + $($bound)*, V: Sample> Entries for $type {
            type Entry = (K, V);
            fn from_all(entries: Vec<(K, V)>) -> Self {
                entries.into_iter().collect()
            }
            fn all(&self) -> Vec<(K, V)> {
                self.iter().map(|(key, value)| (key.again(), value.again())).collect()
            }
        }
        impl<K: Sample + $($bound)*, V: Sample> Sample for $type {
            fn make(random: &mut Random) -> Self {
                let length = random.length::<(K, V)>();
                (0..length).map(|_| (K::make(random), V::make(random))).collect()
            }
            fn plain() -> Self {
                <$type>::default()
            }
            fn again(&self) -> Self {
                let mut all = self.all();
                if $backwards {
                    all.reverse();
                }
                Self::from_all(all)
            }
            fn same(&self, $other: &Self) -> bool {
                let $one = self;
                $one.len() == $other.len() && $same
            }
            fn walk(&mut self, walk: &mut Walk) {
                walk.leaf(self, |this, random| grown!(this, random, (K, V)));
                walk.elements(self.values_mut().collect::<Vec<_>>().into_iter());
            }
        }
    )*};
}
maps! {
    BTreeMap<K, V>, [Ord], |one, other| one.iter().zip(other).all(|(one, other)| one.0.same(other.0) && one.1.same(other.1)), true;
    HashMap<K, V>, [Hash + Eq], |one, other| one.iter().all(|(key, value)| other.get(key).is_some_and(|other| value.same(other))), true;
    hashbrown::HashMap<K, V>, [Hash + Eq], |one, other| one.iter().all(|(key, value)| other.get(key).is_some_and(|other| value.same(other))), true;
    IndexMap<K, V>, [Hash + Eq], |one, other| one.iter().zip(other).all(|(one, other)| one.0.same(other.0) && one.1.same(other.1)), false;
}
