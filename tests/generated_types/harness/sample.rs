//! What every type here can do: be made, compared bit by bit, copied in other words, and changed in one
//! place.

use std::fmt::Debug;

use crate::random::Random;

/// A type whose values can be tried.
pub trait Sample: Debug + Sized + 'static {
    fn make(random: &mut Random) -> Self;

    /// What serde is told to take for a field that is not there.
    fn plain() -> Self;

    /// An equal value that has come about in another way: maps filled in another order, vectors with room
    /// left.
    fn again(&self) -> Self;

    /// Whether they are equal to the bit, apart from what serde is told to leave out.
    fn same(&self, other: &Self) -> bool;

    /// Changes the place that the walk leads to.
    fn walk(&mut self, walk: &mut Walk) {
        walk.leaf(self, |leaf, random| *leaf = different(leaf, random));
    }
}

/// Another value, if there is one.
pub fn different<T: Sample>(value: &T, random: &mut Random) -> T {
    for _ in 0..100 {
        let other = T::make(random);
        if !other.same(value) {
            return other;
        }
    }
    value.again()
}

/// Leads to one place in a value.
pub struct Walk {
    random: Random,
    /// So many places are passed before.
    left: usize,
    passed: usize,
    found: bool,
    path: Vec<String>,
}

impl Walk {
    pub fn to(place: usize, seed: u64) -> Self {
        Walk { random: Random::new(seed), left: place, passed: 0, found: false, path: Vec::new() }
    }

    /// How many places `value` has; nothing is changed.
    pub fn count<T: Sample>(value: &mut T) -> usize {
        let mut walk = Walk::to(usize::MAX, 0);
        value.walk(&mut walk);
        walk.passed
    }

    /// A place: changed, if it is the one.
    pub fn leaf<T>(&mut self, leaf: &mut T, change: impl FnOnce(&mut T, &mut Random)) {
        if self.found {
            return;
        }
        self.found = self.passed == self.left;
        self.passed += 1;
        if self.found {
            change(leaf, &mut self.random);
        }
    }

    /// What is inside, under this name.
    pub fn within(&mut self, name: impl FnOnce() -> String, inside: impl FnOnce(&mut Walk)) {
        if self.found {
            return;
        }
        self.path.push(name());
        inside(self);
        if !self.found {
            self.path.pop();
        }
    }

    /// Some of these elements: all would take long.
    pub fn elements<'a, T: Sample>(&mut self, elements: impl ExactSizeIterator<Item = &'a mut T>) {
        let (length, limit) = (elements.len(), 9);
        for (i, element) in elements.enumerate() {
            if i < limit || i + 2 > length || i == length / 2 {
                self.within(|| i.to_string(), |walk| element.walk(walk));
            }
        }
    }

    /// Where the change was made.
    pub fn path(&self) -> String {
        self.path.join(".")
    }
}

/// Writes the implementation for a struct or enum, of `field name other told` for each field (`hidden` what
/// serde leaves out).
#[macro_export]
macro_rules! sample {
    (struct $type:ident { $($field:tt $a:ident $b:ident $told:ident),* }) => {
        impl $crate::Sample for $type {
            fn make(_random: &mut $crate::Random) -> Self {
                $type { $($field: $crate::Sample::make(_random)),* }
            }
            fn plain() -> Self {
                $type { $($field: $crate::Sample::plain()),* }
            }
            fn again(&self) -> Self {
                let $type { $($field: $a),* } = self;
                $type { $($field: $crate::Sample::again($a)),* }
            }
            fn same(&self, other: &Self) -> bool {
                let ($type { $($field: $a),* }, $type { $($field: $b),* }) = (self, other);
                true $(&& $crate::sample!(@same $told $a $b))*
            }
            fn walk(&mut self, _walk: &mut $crate::Walk) {
                let $type { $($field: $a),* } = self;
                $($crate::sample!(@walk $told _walk $field $a);)*
            }
        }
        $crate::sample!(@rest $type);
    };
    (enum $type:ident $which:ident { $($variant:ident { $($field:tt $a:ident $b:ident $told:ident),* }),* }) => {
        impl $crate::Sample for $type {
            fn make(random: &mut $crate::Random) -> Self {
                let variants: &[fn(&mut $crate::Random) -> Self] =
                    &[$(|_random| $type::$variant { $($field: $crate::Sample::make(_random)),* }),*];
                random.one(variants)(random)
            }
            fn plain() -> Self {
                let variants: &[fn() -> Self] = &[$(|| $type::$variant { $($field: $crate::Sample::plain()),* }),*];
                variants[0]()
            }
            fn again(&self) -> Self {
                match self {
                    $($type::$variant { $($field: $a),* } => $type::$variant { $($field: $crate::Sample::again($a)),* }),*
                }
            }
            fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    $(($type::$variant { $($field: $a),* }, $type::$variant { $($field: $b),* }) => {
                        true $(&& $crate::sample!(@same $told $a $b))*
                    })*
                    #[allow(unreachable_patterns)]
                    _ => false,
                }
            }
            fn walk(&mut self, walk: &mut $crate::Walk) {
                $crate::sample!(@which $which walk self);
                match self {
                    $($type::$variant { $($field: $a),* } => {
                        $($crate::sample!(@walk $told walk $field $a);)*
                    })*
                }
            }
        }
        $crate::sample!(@rest $type);
    };
    (@rest $type:ident) => {
        impl ::std::clone::Clone for $type {
            fn clone(&self) -> Self {
                $crate::Sample::again(self)
            }
        }
        impl ::std::default::Default for $type {
            fn default() -> Self {
                $crate::Sample::plain()
            }
        }
    };
    (@same told $a:ident $b:ident) => { $crate::Sample::same($a, $b) };
    (@same hidden $a:ident $b:ident) => { { let _ = ($a, $b); true } };
    (@walk told $walk:ident $field:tt $a:ident) => {
        $walk.within(|| ::std::stringify!($field).to_owned(), |walk| $crate::Sample::walk($a, walk))
    };
    (@walk hidden $walk:ident $field:tt $a:ident) => { let _ = $a; };
    (@which told $walk:ident $self:ident) => {
        $walk.leaf($self, |leaf, random| *leaf = $crate::different(leaf, random));
    };
    (@which hidden $walk:ident $self:ident) => {};
}
