//! Element types that have a NumPy dtype: one row each.

use std::any::{TypeId, type_name};

/// A row holds a dtype's code, the type of its elements (with the name it is recognised by where its crate is
/// left out, and the feature that brings it in), the bytes of an element and of a number in it, whether these
/// are floats, NumPy's name, and NumPy's `descr` for little-endian data.
macro_rules! dtypes {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $code:literal, $ty:ty $(as $path:literal if $feature:literal)?,
        $size:literal / $unit:literal, $is_float:literal, $numpy:literal, $descr:literal;
    )+) => {
        /// The type of an array's elements, as NumPy names them.
        ///
        /// The discriminants are part of the key format and of the dump format: they never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum DType {
            $($(#[doc = $doc])+ $name = $code,)+
        }

        impl DType {
            /// All of them, in the order of their discriminants.
            pub const ALL: &'static [DType] = &[$(DType::$name),+];

            /// Bytes per element.
            #[must_use]
            pub const fn size(self) -> usize {
                match self { $(DType::$name => $size),+ }
            }

            /// Bytes per number: half an element's for complex types. Byte order applies to these units.
            #[must_use]
            pub const fn unit(self) -> usize {
                match self { $(DType::$name => $unit),+ }
            }

            /// Whether its numbers are floats.
            #[must_use]
            pub const fn is_float(self) -> bool {
                match self { $(DType::$name => $is_float),+ }
            }

            /// NumPy's `descr` for little-endian data, as written in `.npy` headers.
            #[must_use]
            pub const fn descr(self) -> &'static str {
                match self { $(DType::$name => $descr),+ }
            }

            /// NumPy's name, such as `float64`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(DType::$name => $numpy),+ }
            }
        }

        $($(#[cfg(feature = $feature)])? element!($ty, $name);)+

        /// Shows the visitor every element type that this build has.
        pub fn visit_elements(visitor: &mut impl ElementVisitor) {
            $($(#[cfg(feature = $feature)])? visitor.visit::<$ty>();)+
            #[cfg(target_pointer_width = "64")]
            visitor.visit::<isize>();
            #[cfg(target_pointer_width = "64")]
            visitor.visit::<usize>();
        }

        /// The dtype of `T`, or of `P` where `T` is `&P`: what a sequence's elements are called with.
        ///
        /// `usize` and `isize` are what serde makes of them: 64 bits on every machine. Folds to a constant in
        /// optimised builds.
        #[inline(always)]
        #[must_use]
        pub fn element_dtype<T: ?Sized>() -> Option<DType> {
            let id = typeid::of::<T>();
            $($(#[cfg(feature = $feature)])? if is::<$ty>(id) {
                return Some(DType::$name);
            })+
            if is::<usize>(id) {
                return Some(DType::U64);
            }
            if is::<isize>(id) {
                return Some(DType::I64);
            }
            named_dtype(type_name::<T>())
        }

        /// Recognises types whose crates are left out by their names, so that no key and no dump depends on
        /// features. It is never relied on for reading memory.
        #[inline(always)]
        pub(super) fn named_dtype(name: &str) -> Option<DType> {
            let _name = name.strip_prefix('&').unwrap_or(name);
            $($(#[cfg(not(feature = $feature))] if _name == $path {
                return Some(DType::$name);
            })?)+
            None
        }
    };
}

macro_rules! element {
    ($ty:ty, $dtype:ident) => {
        impl row::OfDtypes for $ty {}
        impl Element for $ty {
            const DTYPE: DType = DType::$dtype;
        }
        const _: () = assert!(size_of::<$ty>() == DType::$dtype.size());
    };
}

dtypes! {
    /// `bool`, one byte, 0 or 1.
    Bool = 1, bool, 1 / 1, false, "bool", "|b1";
    /// `i8`
    I8 = 2, i8, 1 / 1, false, "int8", "|i1";
    /// `u8`
    U8 = 3, u8, 1 / 1, false, "uint8", "|u1";
    /// `i16`
    I16 = 4, i16, 2 / 2, false, "int16", "<i2";
    /// `u16`
    U16 = 5, u16, 2 / 2, false, "uint16", "<u2";
    /// `i32`
    I32 = 6, i32, 4 / 4, false, "int32", "<i4";
    /// `u32`
    U32 = 7, u32, 4 / 4, false, "uint32", "<u4";
    /// `i64` (and `isize` where it has 64 bits)
    I64 = 8, i64, 8 / 8, false, "int64", "<i8";
    /// `u64` (and `usize` where it has 64 bits)
    U64 = 9, u64, 8 / 8, false, "uint64", "<u8";
    /// `i128`; NumPy has no such dtype: its files show 16-byte voids
    I128 = 10, i128, 16 / 16, false, "int128", "|V16";
    /// `u128`; as [`I128`](DType::I128)
    U128 = 11, u128, 16 / 16, false, "uint128", "|V16";
    /// `half::f16`
    F16 = 12, half::f16 as "half::binary16::f16" if "half", 2 / 2, true, "float16", "<f2";
    /// `f32`
    F32 = 13, f32, 4 / 4, true, "float32", "<f4";
    /// `f64`
    F64 = 14, f64, 8 / 8, true, "float64", "<f8";
    /// `Complex<f32>`, NumPy's `complex64`
    C64 = 15, num_complex::Complex<f32> as "num_complex::Complex<f32>" if "num-complex", 8 / 4, true, "complex64", "<c8";
    /// `Complex<f64>`, NumPy's `complex128`
    C128 = 16, num_complex::Complex<f64> as "num_complex::Complex<f64>" if "num-complex", 16 / 8, true, "complex128", "<c16";
    /// `half::bf16`, the upper half of an `f32`; to NumPy a dtype of `ml_dtypes`, whose files show 2-byte
    /// voids
    BF16 = 17, half::bf16 as "half::bfloat::bf16" if "half", 2 / 2, true, "bfloat16", "<V2";
}

#[cfg(target_pointer_width = "64")]
element!(isize, I64);
#[cfg(target_pointer_width = "64")]
element!(usize, U64);

impl DType {
    /// The dtype with this discriminant.
    #[must_use]
    pub fn from_code(code: u8) -> Option<DType> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The discriminant, from 1 on.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A plain number that arrays are made of: a type of the table of dtypes, and no other.
///
/// Unsafe code rests on what holds for the rows of that table: a type is a primitive number, or two that are
/// `repr(C)`, of exactly `DTYPE.size()` bytes, without padding. Every bit pattern is a value of the type,
/// except for `bool`, where readers check that each byte is 0 or 1.
pub trait Element: row::OfDtypes + Copy + Send + Sync + 'static {
    /// The dtype of arrays of this type.
    const DTYPE: DType;
}

mod row {
    /// A row of the table makes one; nobody else can.
    #[allow(unnameable_types, reason = "that is what it is for")]
    pub trait OfDtypes {}
}

/// What is done for every element type.
pub trait ElementVisitor {
    /// Called once for each.
    fn visit<T: Element + serde::de::DeserializeOwned>(&mut self);
}

#[inline(always)]
fn is<T: 'static>(id: TypeId) -> bool {
    id == TypeId::of::<T>() || id == TypeId::of::<&'static T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for &dtype in DType::ALL {
            assert_eq!(DType::from_code(dtype.code()), Some(dtype));
        }
        assert_eq!(DType::from_code(0), None);
        assert_eq!(DType::from_code(DType::ALL.len() as u8 + 1), None);
    }

    #[test]
    fn elements_by_value_and_by_reference() {
        assert_eq!(element_dtype::<f32>(), Some(DType::F32));
        #[cfg(feature = "num-complex")]
        assert_eq!(element_dtype::<&num_complex::Complex<f64>>(), Some(DType::C128));
        assert_eq!(element_dtype::<usize>(), Some(DType::U64));
        assert_eq!(element_dtype::<str>(), None);
        assert_eq!(element_dtype::<char>(), None);
    }
}
