//! Values whose types are known by their ids alone, and functions of them.
//!
//! Unsafe, for a function is called with the value as an untyped pointer. [`ByType`] is made of a function
//! over exactly one type, or over what that type points to, and calls it with values of that type alone: two
//! types of one id are the same, up to lifetimes. What a function returns borrows for no longer than the
//! value is lent.

#![allow(unsafe_code)]

use std::any::TypeId;
use std::marker::PhantomData;

/// A value, with an id for its type.
#[derive(Clone, Copy)]
pub(crate) struct Untyped<'a> {
    id: TypeId,
    at: *const (),
    value: PhantomData<&'a ()>,
}

impl<'a> Untyped<'a> {
    #[inline(always)]
    pub(crate) fn of<T: ?Sized>(value: &'a T) -> Self {
        Self { id: typeid::of::<T>(), at: (&raw const *value).cast(), value: PhantomData }
    }
}

/// Names what functions return.
pub(crate) trait Returns {
    type Of<'a>;
}

/// A function of the values of one type.
pub(crate) struct ByType<R> {
    id: TypeId,
    /// How many thin pointers lead from a value to what the function takes.
    pointers: u8,
    /// A `for<'a> fn(&'a A) -> R::Of<'a>`.
    function: fn(),
    returns: PhantomData<fn() -> R>,
}

/// What is one thin pointer to an `A`.
///
/// # Safety
///
/// As it says.
pub(crate) unsafe trait PointerTo<A>: 'static {}

// SAFETY: thin for types with a size.
unsafe impl<A> PointerTo<A> for &'static A {}
// SAFETY: as above.
unsafe impl<A> PointerTo<A> for &'static mut A {}
// SAFETY: as above.
unsafe impl<A: 'static> PointerTo<A> for Box<A> {}

impl<R: Returns> ByType<R> {
    pub(crate) fn of<A: 'static>(function: for<'a> fn(&'a A) -> R::Of<'a>) -> Self {
        Self::leading(TypeId::of::<A>(), 0, function)
    }

    /// Of a pointer to what `function` takes: functions that many types share are compiled once.
    pub(crate) fn behind<P: PointerTo<A>, A>(function: for<'a> fn(&'a A) -> R::Of<'a>) -> Self {
        Self::leading(TypeId::of::<P>(), 1, function)
    }

    fn leading<A>(id: TypeId, pointers: u8, function: for<'a> fn(&'a A) -> R::Of<'a>) -> Self {
        // SAFETY: a pointer to a function may be kept as one to another, if it is not called.
        let function = unsafe { std::mem::transmute::<for<'a> fn(&'a A) -> R::Of<'a>, fn()>(function) };
        Self { id, pointers, function, returns: PhantomData }
    }

    /// This one, of the values of `T`, and those of references to them, as elements and fields are handed
    /// over.
    ///
    /// # Panics
    /// If it is of another type.
    pub(crate) fn and_of_references<T: 'static>(self) -> [Self; 4] {
        assert!(self.id == TypeId::of::<T>());
        let of = |id, references| Self { id, pointers: self.pointers + references, ..self };
        [
            of(TypeId::of::<T>(), 0),
            of(TypeId::of::<&'static T>(), 1),
            of(TypeId::of::<&'static &'static T>(), 2),
            of(TypeId::of::<&'static &'static &'static T>(), 3),
        ]
    }

    pub(crate) fn id(&self) -> TypeId {
        self.id
    }

    /// What the function returns for the value, if it is of the type.
    #[inline]
    pub(crate) fn call<'a>(&self, value: Untyped<'a>) -> Option<R::Of<'a>> {
        if value.id != self.id {
            return None;
        }
        // SAFETY: the value is of the type that the function was given for, up to lifetimes. That has a size,
        // so that the pointer is thin, and is, or leads by so many thin pointers to, what the function takes;
        // what is behind a pointer lives as long as that. A reference to a type with a size is passed as a
        // thin pointer is.
        unsafe {
            let at = (0..self.pointers).fold(value.at, |at, _| at.cast::<*const ()>().read());
            let function = std::mem::transmute::<fn(), unsafe fn(*const ()) -> R::Of<'a>>(self.function);
            Some(function(at))
        }
    }
}

#[cfg(feature = "parallel")]
pub(crate) use integers::{integer, integer_mut};

/// Integers, which loops look for among the values they are given.
#[cfg(feature = "parallel")]
mod integers {
    use std::any::TypeId;

    /// A built-in integer: a type without lifetimes, so that what has its id is one.
    pub(crate) trait Integer: Copy + 'static {}

    macro_rules! integers {
        ($($int:ty),*) => { $(impl Integer for $int {})* };
    }
    integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

    /// The integer, if `value` is an `I` or refers to one.
    #[inline]
    pub(crate) fn integer<I: Integer, T>(value: &T) -> Option<&I> {
        let at = std::ptr::from_ref(value);
        if typeid::of::<T>() == TypeId::of::<I>() {
            // SAFETY: the types are the same.
            return Some(unsafe { &*at.cast::<I>() });
        }
        if typeid::of::<T>() == TypeId::of::<&'static I>() {
            // SAFETY: the types are the same but for a lifetime, which is no shorter than that of `value`.
            return Some(unsafe { *at.cast::<&I>() });
        }
        None
    }

    /// As [`integer`], of an `I` itself, to be written to.
    #[inline]
    pub(crate) fn integer_mut<I: Integer, T>(value: &mut T) -> Option<&mut I> {
        // SAFETY: the types are the same.
        (typeid::of::<T>() == TypeId::of::<I>())
            .then(|| unsafe { &mut *std::ptr::from_mut(value).cast::<I>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Length {}

    impl Returns for Length {
        type Of<'a> = usize;
    }

    #[test]
    fn values_of_the_type_alone_are_handed_on() {
        let length = ByType::<Length>::of(String::len);
        let text = String::from("text");
        assert_eq!(length.call(Untyped::of(&text)), Some(4));
        assert_eq!(length.call(Untyped::of(&&text)), None);
        assert_eq!(length.call(Untyped::of("text")), None);
        assert_eq!(length.call(Untyped::of(&vec![1u8])), None);
    }

    #[test]
    fn pointers_and_references_are_followed() {
        let boxed = Box::new(String::from("text"));
        let ways =
            ByType::<Length>::behind::<Box<String>, String>(String::len).and_of_references::<Box<String>>();
        let found = |value: Untyped<'_>| ways.iter().filter_map(|way| way.call(value)).collect::<Vec<_>>();
        assert_eq!(found(Untyped::of(&boxed)), [4]);
        assert_eq!(found(Untyped::of(&&boxed)), [4]);
        assert_eq!(found(Untyped::of(&&&boxed)), [4]);
        assert_eq!(found(Untyped::of(&&&&boxed)), [4]);
        assert!(found(Untyped::of(&&&&&boxed)).is_empty());
        assert!(found(Untyped::of(&*boxed)).is_empty());
    }
}
