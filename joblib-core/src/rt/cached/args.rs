//! Arguments as text.

use crate::memory::debug_text;
use crate::user_code;
use std::fmt;

/// Arguments as text, for `record_args` and verbose lines: `a=1, b="x"`.
///
/// `Describe(&value).__text()` is the `Debug` form where there is one, by the order of method look-up.
pub mod describe {
    use super::{debug_text, fmt, user_code};

    /// The argument.
    #[derive(Debug)]
    pub struct Describe<'a, T: ?Sized>(pub &'a T);

    /// Types with a `Debug` form.
    pub trait ByDebug {
        /// The text, cut off where it is long; a stand-in where `Debug` panics.
        fn __text(&self) -> String;
    }

    impl<T: fmt::Debug + ?Sized> ByDebug for Describe<'_, T> {
        fn __text(&self) -> String {
            user_code::run("`Debug`", || debug_text(self.0)).unwrap_or_else(|_| "<Debug panicked>".into())
        }
    }

    /// All other types.
    pub trait ByType {
        /// The type's name.
        fn __text(&self) -> String;
    }

    impl<T: ?Sized> ByType for &Describe<'_, T> {
        fn __text(&self) -> String {
            format!("<{}>", std::any::type_name::<T>())
        }
    }

    /// Joins names and texts.
    #[must_use]
    pub fn join(args: &[(&str, String)]) -> String {
        args.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::describe::*;

    #[test]
    fn debug_where_there_is_one() {
        struct Opaque;
        struct Panics;
        impl std::fmt::Debug for Panics {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                panic!("no form")
            }
        }
        assert_eq!(Describe(&"x").__text(), "\"x\"");
        assert!((&Describe(&Opaque)).__text().ends_with("Opaque>"));
        assert_eq!(Describe(&Panics).__text(), "<Debug panicked>");
        assert_eq!(join(&[("a", "1".into()), ("b", "2".into())]), "a=1, b=2");
    }
}
