//! Functions that are called with a tuple of arguments, and the tuples that a cache can tell apart.

use super::argument_text::argument_text;
use crate::KeyHasher;
use serde::Serialize;

/// Functions of up to sixteen arguments, called with a tuple. Every such function implements it, and nothing
/// else does.
pub trait Callable<A>: sealed::Callable<A> {
    /// What the function returns.
    type Output;

    #[doc(hidden)]
    fn call_with(&self, args: A) -> Self::Output;
}

/// Tuples of up to sixteen serde values: the arguments of a function that can be cached. Every such tuple
/// implements it, and nothing else does.
pub trait Arguments: sealed::Arguments {
    #[doc(hidden)]
    fn hash_into(&self, hasher: &mut KeyHasher);

    /// The arguments as a call would write them, each as its `Serialize` presents it.
    #[doc(hidden)]
    fn text(&self) -> String;
}

#[allow(unnameable_types, reason = "so that nobody implements them")]
mod sealed {
    pub trait Callable<A> {}
    pub trait Arguments {}
}

macro_rules! tuples {
    ($($arg:ident)*) => {
        impl<F: Fn($($arg),*) -> R, R, $($arg),*> sealed::Callable<($($arg,)*)> for F {}

        impl<F: Fn($($arg),*) -> R, R, $($arg),*> Callable<($($arg,)*)> for F {
            type Output = R;

            #[allow(non_snake_case, reason = "named after the types")]
            fn call_with(&self, ($($arg,)*): ($($arg,)*)) -> R {
                self($($arg),*)
            }
        }

        impl<$($arg: Serialize),*> sealed::Arguments for ($($arg,)*) {}

        impl<$($arg: Serialize),*> Arguments for ($($arg,)*) {
            #[allow(non_snake_case, unused_variables, reason = "named after the types; no argument, no hasher")]
            fn hash_into(&self, hasher: &mut KeyHasher) {
                let ($($arg,)*) = self;
                $(hasher.arg($arg);)*
            }

            #[allow(non_snake_case, reason = "named after the types")]
            fn text(&self) -> String {
                let ($($arg,)*) = self;
                let texts: &[String] = &[$(argument_text($arg)),*];
                texts.join(", ")
            }
        }
    };
}
tuples!();
tuples!(A1);
tuples!(A1 A2);
tuples!(A1 A2 A3);
tuples!(A1 A2 A3 A4);
tuples!(A1 A2 A3 A4 A5);
tuples!(A1 A2 A3 A4 A5 A6);
tuples!(A1 A2 A3 A4 A5 A6 A7);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
tuples!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
