//! What the expression of `key = ..` sees of a parameter: a copy where it can be copied, else a reference.
//!
//! So the expression cannot move what the function is called with. `(&&Lend(&x)).__lend()` picks by the order
//! of method look-up.

/// A parameter, or a part of one.
#[derive(Debug)]
pub struct Lend<'a, T: ?Sized>(pub &'a T);

/// First choice: a copy. The methods that macros choose by have names that no user's trait has.
pub trait ByCopy {
    /// The parameter's type.
    type Lent;

    /// The copy.
    fn __lend(&self) -> Self::Lent;
}

impl<T: Copy> ByCopy for &Lend<'_, T> {
    type Lent = T;

    #[inline]
    fn __lend(&self) -> T {
        *self.0
    }
}

/// Also a first choice, for references that cannot be copied: a shared reference to the same value.
pub trait ByReborrow<'a> {
    /// What the parameter refers to.
    type Lent: ?Sized;

    /// The reference.
    fn __lend(&self) -> &'a Self::Lent;
}

impl<'a, T: ?Sized> ByReborrow<'a> for &Lend<'a, &mut T> {
    type Lent = T;

    #[inline]
    fn __lend(&self) -> &'a T {
        self.0
    }
}

/// Last choice: a reference.
pub trait ByReference<'a> {
    /// The parameter's type.
    type Lent: ?Sized;

    /// The reference.
    fn __lend(&self) -> &'a Self::Lent;
}

impl<'a, T: ?Sized> ByReference<'a> for Lend<'a, T> {
    type Lent = T;

    #[inline]
    fn __lend(&self) -> &'a T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_copied_is() {
        let (number, text) = (3u8, "x".to_owned());
        let copied: u8 = (&&Lend(&number)).__lend();
        let lent: &String = Lend(&text).__lend();
        let slice: &str = Lend(&text[..]).__lend();
        let (mut target, shared): (u8, &u8);
        target = 4;
        let unique = &mut target;
        shared = (&&Lend(&unique)).__lend();
        assert_eq!((copied, lent.as_str(), slice, *shared), (3, "x", "x", 4));
    }
}
