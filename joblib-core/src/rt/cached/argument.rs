//! Adding an argument to the key. Where its type shows that none of the user's code runs for it, the guard
//! against such code is left out.

use crate::KeyHasher;
use serde::Serialize;
use std::rc::Rc;
use std::sync::Arc;

/// What an argument of a cached function must be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this argument does not implement `Serialize`",
    note = "derive `serde::Serialize` for it; leave it out with `ignore = [\"..\"]` if it does not change the answer, or say what stands for the arguments with `key = ..`"
)]
pub trait KeyArg: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> KeyArg for T {}

/// An argument: `(&&Argument(&x)).__add(..)` picks by the order of method look-up.
#[derive(Debug)]
pub struct Argument<'a, T: ?Sized>(pub &'a T);

/// First choice: types of the standard library alone. The other first choice, arguments through which
/// something can be changed, is in `change.rs`.
pub trait AddPlain {
    /// Adds the argument to the key.
    fn __add(&self, hasher: &mut KeyHasher, name: &str);
}

impl<T: Plain + ?Sized> AddPlain for &Argument<'_, T> {
    #[inline]
    fn __add(&self, hasher: &mut KeyHasher, name: &str) {
        hasher.plain_arg(name, self.0);
    }
}

/// Last choice: all others.
pub trait Add {
    /// The argument's type.
    type Type: ?Sized;

    /// Adds the argument to the key.
    fn __add(&self, hasher: &mut KeyHasher, name: &str)
    where
        Self::Type: KeyArg;
}

impl<T: ?Sized> Add for Argument<'_, T> {
    type Type = T;

    #[inline]
    fn __add(&self, hasher: &mut KeyHasher, name: &str)
    where
        T: KeyArg,
    {
        hasher.named_arg(name, self.0);
    }
}

/// Last choice for types with type parameters: the compiler then suggests a `Serialize` bound on these.
pub trait AddGeneric {
    /// The argument's type.
    type Type: ?Sized;

    /// Adds the argument to the key.
    fn __add(&self, hasher: &mut KeyHasher, name: &str)
    where
        Self::Type: Serialize;
}

impl<T: ?Sized> AddGeneric for Argument<'_, T> {
    type Type = T;

    #[inline]
    fn __add(&self, hasher: &mut KeyHasher, name: &str)
    where
        T: Serialize,
    {
        hasher.named_arg(name, self.0);
    }
}

/// Adds what, by the user's word, stands for all arguments.
#[inline]
pub fn key<T: KeyArg + ?Sized>(hasher: &mut KeyHasher, value: &T) {
    hasher.named_value("key", value);
}

/// A type that is hashed by serde's and our own code alone, and through which nothing can be changed.
pub trait Plain: Serialize {}

macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Plain for $type {})*
    };
}
plain!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char, (), str, String);

macro_rules! of_plain {
    ($($type:ty),*; $($unsized:ty),*) => {
        $(impl<T: Plain> Plain for $type {})*
        $(impl<T: Plain + ?Sized> Plain for $unsized {})*
    };
}
of_plain!(Option<T>, Vec<T>, [T]; &T, Box<T>, Rc<T>, Arc<T>);

macro_rules! tuples {
    ($($T:ident)*) => {
        impl<$($T: Plain),*> Plain for ($($T,)*) {}
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
