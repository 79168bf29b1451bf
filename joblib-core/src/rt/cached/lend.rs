//! What the expression of `key = ..` sees of a parameter: the parameter where that can be copied, else a reference.
//!
//! So the expression cannot move what the function is called with. `(&&Lend(&x)).lend()` picks by the order in which
//! methods are looked for.

/// A parameter, or a part of one.
#[derive(Debug)]
pub struct Lend<'a, T: ?Sized>(pub &'a T);

/// First choice: a copy.
pub trait ByCopy {
    /// The parameter's type.
    type Lent;

    /// The copy.
    fn lend(&self) -> Self::Lent;
}

impl<T: Copy> ByCopy for &Lend<'_, T> {
    type Lent = T;

    #[inline]
    fn lend(&self) -> T {
        *self.0
    }
}

/// Last choice: a reference.
pub trait ByReference<'a> {
    /// The parameter's type.
    type Lent: ?Sized;

    /// The reference.
    fn lend(&self) -> &'a Self::Lent;
}

impl<'a, T: ?Sized> ByReference<'a> for Lend<'a, T> {
    type Lent = T;

    #[inline]
    fn lend(&self) -> &'a T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_copied_is() {
        let (number, text) = (3u8, "x".to_owned());
        let copied: u8 = (&&Lend(&number)).lend();
        let lent: &String = (&Lend(&text)).lend();
        let slice: &str = (&Lend(&text[..])).lend();
        assert_eq!((copied, lent.as_str(), slice), (3, "x", "x"));
    }
}
