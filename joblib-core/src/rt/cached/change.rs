//! Arguments through which a function can change something: a stored result would not make the change.
//!
//! `(&&Argument(&x)).__add(..)` is an error where the type of `x` shows this. Types that wrap others are
//! looked into one after the other; a struct's fields are seen only as they are hashed, where this is an
//! error of the key.

use super::argument::Argument;
use crate::KeyHasher;
use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, RwLock, atomic};

/// Never implemented: the bound that reports the error at the argument.
#[diagnostic::on_unimplemented(
    message = "a cached function cannot take `{Self}`: a stored answer would not make the change",
    label = "something can be changed through this argument",
    note = "take it by value or by `&` and return what is new; or say by `ignore = [\"..\"]` that the change does not matter, or by `key = ..` what stands for the arguments"
)]
pub trait Unchanging {}

/// A first choice: arguments through which something can be changed.
pub trait Changing<At> {
    /// The argument's type.
    type Held: ?Sized;

    /// An error.
    fn __add(&self, _hasher: &mut KeyHasher, _name: &str)
    where
        Self::Held: Unchanging,
    {
    }
}

impl<T: Changeable<At> + ?Sized, At> Changing<At> for &Argument<'_, T> {
    type Held = T;
}

/// A type that shows that something can be changed through it. `At` says which part shows it, so that types
/// with several parameters can have several reasons.
pub trait Changeable<At> {}

/// The type itself.
#[derive(Debug)]
pub struct Itself;

/// The type's parameter of this number.
#[derive(Debug)]
pub struct In<const PARAMETER: usize, At>(At);

macro_rules! itself {
    ($($type:ty $(where $T:ident)?),*) => {
        $(impl$(<$T: ?Sized>)? Changeable<Itself> for $type {})*
    };
}
itself!(&mut T where T, *mut T where T, UnsafeCell<T> where T);
itself!(Cell<T> where T, RefCell<T> where T, Mutex<T> where T, RwLock<T> where T);
itself!(atomic::AtomicBool, atomic::AtomicU8, atomic::AtomicU16, atomic::AtomicU32, atomic::AtomicUsize);
itself!(atomic::AtomicI8, atomic::AtomicI16, atomic::AtomicI32, atomic::AtomicIsize);
#[cfg(target_has_atomic = "64")]
itself!(atomic::AtomicU64, atomic::AtomicI64);
impl<T> Changeable<Itself> for OnceCell<T> {}
impl<T> Changeable<Itself> for OnceLock<T> {}

macro_rules! inside {
    ($($type:ty),*; $($unsized:ty),*) => {
        $(impl<T: Changeable<At>, At> Changeable<In<0, At>> for $type {})*
        $(impl<T: Changeable<At> + ?Sized, At> Changeable<In<0, At>> for $unsized {})*
    };
}
inside!(Option<T>, Vec<T>, VecDeque<T>, Pin<T>, [T]; &T, Box<T>, Rc<T>, Arc<T>);
impl<T: Changeable<At>, At, const N: usize> Changeable<In<0, At>> for [T; N] {}
impl<K, T: Changeable<At>, S, At> Changeable<In<1, At>> for HashMap<K, T, S> {}
impl<K, T: Changeable<At>, At> Changeable<In<1, At>> for BTreeMap<K, T> {}
impl<T: Changeable<At>, E, At> Changeable<In<0, At>> for Result<T, E> {}
impl<T, E: Changeable<At>, At> Changeable<In<1, At>> for Result<T, E> {}

macro_rules! tuples {
    ($($number:literal: ($($before:ident)*) $T:ident ($($after:ident)*);)*) => {
        $(impl<$($before,)* $T: Changeable<At>, $($after,)* At> Changeable<In<$number, At>>
            for ($($before,)* $T, $($after,)*) {})*
    };
}
tuples! {
    0: () A (); 0: () A (B); 0: () A (B C); 0: () A (B C D); 0: () A (B C D E); 0: () A (B C D E F);
    1: (A) B (); 1: (A) B (C); 1: (A) B (C D); 1: (A) B (C D E); 1: (A) B (C D E F);
    2: (A B) C (); 2: (A B) C (D); 2: (A B) C (D E); 2: (A B) C (D E F);
    3: (A B C) D (); 3: (A B C) D (E); 3: (A B C) D (E F);
    4: (A B C D) E (); 4: (A B C D) E (F);
    5: (A B C D E) F ();
}
