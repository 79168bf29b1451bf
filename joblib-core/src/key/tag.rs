//! The bytes that open every value in the canonical encoding (`docs/key-format.md`). They change only with
//! its version.

/// First byte of every stream: the version of the encoding.
pub(super) const FORMAT: u8 = 2;

/// Opens the salt, before the first value.
pub(super) const SALT: u8 = 0x80;

/// Closes a sequence, tuple, struct or variant. No value begins with it.
pub(super) const END: u8 = 0x00;

pub(super) const I8: u8 = 0x01;
pub(super) const I16: u8 = 0x02;
pub(super) const I32: u8 = 0x03;
pub(super) const I64: u8 = 0x04;
pub(super) const I128: u8 = 0x05;
pub(super) const U8: u8 = 0x06;
pub(super) const U16: u8 = 0x07;
pub(super) const U32: u8 = 0x08;
pub(super) const U64: u8 = 0x09;
pub(super) const U128: u8 = 0x0a;
pub(super) const F32: u8 = 0x0b;
pub(super) const F64: u8 = 0x0c;
pub(super) const FALSE: u8 = 0x0d;
pub(super) const TRUE: u8 = 0x0e;
pub(super) const CHAR: u8 = 0x0f;
pub(super) const STR: u8 = 0x10;
pub(super) const BYTES: u8 = 0x11;
pub(super) const NONE: u8 = 0x12;
pub(super) const SOME: u8 = 0x13;
pub(super) const UNIT: u8 = 0x14;
pub(super) const UNIT_STRUCT: u8 = 0x15;
pub(super) const UNIT_VARIANT: u8 = 0x16;
pub(super) const NEWTYPE_STRUCT: u8 = 0x17;
pub(super) const NEWTYPE_VARIANT: u8 = 0x18;
pub(super) const SEQ: u8 = 0x19;
pub(super) const TUPLE: u8 = 0x1a;
pub(super) const TUPLE_STRUCT: u8 = 0x1b;
pub(super) const TUPLE_VARIANT: u8 = 0x1c;
pub(super) const STRUCT: u8 = 0x1d;
pub(super) const STRUCT_VARIANT: u8 = 0x1e;
pub(super) const MAP: u8 = 0x1f;
pub(super) const HASH_SET: u8 = 0x20;
pub(super) const ARRAY: u8 = 0x21;
pub(super) const HASH_MAP: u8 = 0x22;
pub(super) const SPENT: u8 = 0x23;
pub(super) const ADDRESS: u8 = 0x24;
