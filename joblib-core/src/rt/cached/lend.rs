//! What the expression of `key = ..` sees of a parameter: the parameter where that can be copied, else a
//! reference.
//!
//! So the expression cannot move what the function is called with. `(&&Lend(&x)).__lend()` picks by the order
//! in which methods are looked for.

/// A parameter, or a part of one.
#[derive(Debug)]
pub struct Lend<'a, T: ?Sized>(pub &'a T);

/// First choice: a copy. The methods that macros choose by have names that no trait of the user's has.
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

/// First choice, too, for references that cannot be copied: a shared one to the same.
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
