//! What holds one value, or perhaps one: pointers, options, results, tuples and arrays.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use either::Either;

use crate::{Random, Sample, Walk};

macro_rules! pointers {
    ($($type:ident),*) => {$(
        impl<T: Sample> Sample for $type<T> {
            fn make(random: &mut Random) -> Self {
                $type::new(T::make(random))
            }
            fn plain() -> Self {
                $type::new(T::plain())
            }
            fn again(&self) -> Self {
                $type::new((**self).again())
            }
            fn same(&self, other: &Self) -> bool {
                (**self).same(other)
            }
            fn walk(&mut self, walk: &mut Walk) {
                // Others may share it.
                let mut inner = (**self).again();
                inner.walk(walk);
                *self = $type::new(inner);
            }
        }
    )*};
}
pointers!(Box, Rc, Arc);

impl<T: Sample> Sample for Option<T> {
    fn make(random: &mut Random) -> Self {
        random.percent(70).then(|| T::make(random))
    }
    fn plain() -> Self {
        None
    }
    fn again(&self) -> Self {
        self.as_ref().map(T::again)
    }
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(one), Some(other)) => one.same(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
    fn walk(&mut self, walk: &mut Walk) {
        walk.leaf(self, |this, random| *this = if this.is_some() { None } else { Some(T::make(random)) });
        if let Some(inner) = self {
            walk.within(|| "Some".to_owned(), |walk| inner.walk(walk));
        }
    }
}

/// Of two variants.
macro_rules! alternatives {
    ($type:ident $one:ident $other:ident) => {
        impl<T: Sample, U: Sample> Sample for $type<T, U> {
            fn make(random: &mut Random) -> Self {
                if random.percent(50) { $type::$one(T::make(random)) } else { $type::$other(U::make(random)) }
            }
            fn plain() -> Self {
                $type::$one(T::plain())
            }
            fn again(&self) -> Self {
                match self {
                    $type::$one(inner) => $type::$one(inner.again()),
                    $type::$other(inner) => $type::$other(inner.again()),
                }
            }
            fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    ($type::$one(one), $type::$one(other)) => one.same(other),
                    ($type::$other(one), $type::$other(other)) => one.same(other),
                    _ => false,
                }
            }
            fn walk(&mut self, walk: &mut Walk) {
                walk.leaf(self, |this, random| {
                    *this = match this {
                        $type::$one(_) => $type::$other(U::make(random)),
                        $type::$other(_) => $type::$one(T::make(random)),
                    }
                });
                match self {
                    $type::$one(inner) => {
                        walk.within(|| stringify!($one).to_owned(), |walk| inner.walk(walk))
                    }
                    $type::$other(inner) => {
                        walk.within(|| stringify!($other).to_owned(), |walk| inner.walk(walk))
                    }
                }
            }
        }
    };
}
alternatives!(Result Ok Err);
alternatives!(Either Left Right);

macro_rules! tuples {
    ($($(($type:ident $field:tt))+;)*) => {$(
        impl<$($type: Sample),+> Sample for ($($type,)+) {
            fn make(random: &mut Random) -> Self {
                ($($type::make(random),)+)
            }
            fn plain() -> Self {
                ($($type::plain(),)+)
            }
            fn again(&self) -> Self {
                ($(self.$field.again(),)+)
            }
            fn same(&self, other: &Self) -> bool {
                true $(&& self.$field.same(&other.$field))+
            }
            fn walk(&mut self, walk: &mut Walk) {
                $(walk.within(|| stringify!($field).to_owned(), |walk| self.$field.walk(walk));)+
            }
        }
    )*};
}
tuples! {
    (A 0);
    (A 0) (B 1);
    (A 0) (B 1) (C 2);
    (A 0) (B 1) (C 2) (D 3);
    (A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7);
    (A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8);
    (A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9);
}

impl<T: Sample, const N: usize> Sample for [T; N] {
    fn make(random: &mut Random) -> Self {
        std::array::from_fn(|_| T::make(random))
    }
    fn plain() -> Self {
        std::array::from_fn(|_| T::plain())
    }
    fn again(&self) -> Self {
        std::array::from_fn(|i| self[i].again())
    }
    fn same(&self, other: &Self) -> bool {
        self.iter().zip(other).all(|(one, other)| one.same(other))
    }
    fn walk(&mut self, walk: &mut Walk) {
        walk.elements(self.iter_mut());
    }
}

macro_rules! without_places {
    ($([$($generics:tt)*] $type:ty: $value:expr;)*) => {$(
        impl$($generics)* Sample for $type {
            fn make(_: &mut Random) -> Self {
                $value
            }
            fn plain() -> Self {
                $value
            }
            fn again(&self) -> Self {
                $value
            }
            fn same(&self, _: &Self) -> bool {
                true
            }
            fn walk(&mut self, _: &mut Walk) {}
        }
    )*};
}
without_places! {
    [] (): ();
    [<T: 'static>] PhantomData<T>: PhantomData;
}
