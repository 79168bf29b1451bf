//! Types without a place inside, which know whether they are equal.

/// Implements `Sample` by `Clone` and `PartialEq`.
macro_rules! leaf {
    ($($type:ty: $plain:expr, |$random:ident| $make:expr;)*) => {$(
        impl crate::Sample for $type {
            fn make($random: &mut crate::Random) -> Self {
                $make
            }
            fn plain() -> Self {
                $plain
            }
            fn again(&self) -> Self {
                self.clone()
            }
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )*};
}

pub(super) use leaf;
