//! Element types that have a NumPy dtype.

/// The type of an array's elements, as NumPy names them.
///
/// The discriminants are part of the key format and of the dump format: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum DType {
    /// `bool`, one byte, 0 or 1.
    Bool = 1,
    /// `i8`
    I8 = 2,
    /// `u8`
    U8 = 3,
    /// `i16`
    I16 = 4,
    /// `u16`
    U16 = 5,
    /// `i32`
    I32 = 6,
    /// `u32`
    U32 = 7,
    /// `i64` (and `isize` where it has 64 bits)
    I64 = 8,
    /// `u64` (and `usize` where it has 64 bits)
    U64 = 9,
    /// `i128`; NumPy has no such dtype: its files show 16-byte voids
    I128 = 10,
    /// `u128`; as [`I128`](DType::I128)
    U128 = 11,
    /// `half::f16`
    F16 = 12,
    /// `f32`
    F32 = 13,
    /// `f64`
    F64 = 14,
    /// `Complex<f32>`, NumPy's `complex64`
    C64 = 15,
    /// `Complex<f64>`, NumPy's `complex128`
    C128 = 16,
}

impl DType {
    /// All of them, in the order of their discriminants.
    pub const ALL: &'static [DType] = {
        use DType::*;
        &[Bool, I8, U8, I16, U16, I32, U32, I64, U64, I128, U128, F16, F32, F64, C64, C128]
    };

    /// The dtype with this discriminant.
    #[must_use]
    pub fn from_code(code: u8) -> Option<DType> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The discriminant: 1 to 16.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Bytes per element.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 | DType::F16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::I128 | DType::U128 | DType::C128 => 16,
        }
    }

    /// Bytes per number: half an element's for complex types. Byte order is a matter of these units.
    #[must_use]
    pub const fn unit(self) -> usize {
        match self {
            DType::C64 => 4,
            DType::C128 => 8,
            other => other.size(),
        }
    }

    /// NumPy's `descr` for little-endian data, as written in `.npy` headers.
    #[must_use]
    pub const fn descr(self) -> &'static str {
        match self {
            DType::Bool => "|b1",
            DType::I8 => "|i1",
            DType::U8 => "|u1",
            DType::I16 => "<i2",
            DType::U16 => "<u2",
            DType::I32 => "<i4",
            DType::U32 => "<u4",
            DType::I64 => "<i8",
            DType::U64 => "<u8",
            DType::I128 | DType::U128 => "|V16",
            DType::F16 => "<f2",
            DType::F32 => "<f4",
            DType::F64 => "<f8",
            DType::C64 => "<c8",
            DType::C128 => "<c16",
        }
    }

    /// NumPy's name, such as `float64`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "int8",
            DType::U8 => "uint8",
            DType::I16 => "int16",
            DType::U16 => "uint16",
            DType::I32 => "int32",
            DType::U32 => "uint32",
            DType::I64 => "int64",
            DType::U64 => "uint64",
            DType::I128 => "int128",
            DType::U128 => "uint128",
            DType::F16 => "float16",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::C64 => "complex64",
            DType::C128 => "complex128",
        }
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A plain number that arrays are made of.
///
/// # Safety
///
/// The type has exactly `DTYPE.size()` bytes, no padding, and no drop glue. Every bit pattern is a value of
/// the type, except for `bool`, where readers check that each byte is 0 or 1.
#[allow(unsafe_code)]
pub unsafe trait Element: Copy + Send + Sync + 'static {
    /// The dtype of arrays of this type.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($ty:ty => $dtype:ident),* $(,)?) => {$(
        // SAFETY: a primitive number (or two, `repr(C)`) of the size the dtype states.
        #[allow(unsafe_code)]
        unsafe impl Element for $ty {
            const DTYPE: DType = DType::$dtype;
        }
        const _: () = assert!(size_of::<$ty>() == DType::$dtype.size());
    )*};
}

elements! {
    bool => Bool, i8 => I8, u8 => U8, i16 => I16, u16 => U16, i32 => I32, u32 => U32, i64 => I64, u64 => U64,
    i128 => I128, u128 => U128, f32 => F32, f64 => F64,
}

#[cfg(feature = "half")]
elements! { half::f16 => F16 }

#[cfg(feature = "num-complex")]
elements! { num_complex::Complex<f32> => C64, num_complex::Complex<f64> => C128 }

#[cfg(target_pointer_width = "64")]
elements! { isize => I64, usize => U64 }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for &dtype in DType::ALL {
            assert_eq!(DType::from_code(dtype.code()), Some(dtype));
        }
        assert_eq!(DType::from_code(0), None);
        assert_eq!(DType::from_code(17), None);
    }
}
