//! Types and functions that generated functions use.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use serde::de::{DeserializeOwned, Deserializer};
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};

use super::trace::{Event, event};

/// A value whose drops and clones are seen.
#[derive(PartialEq, Debug, Serialize, Deserialize)]
pub struct D {
    pub name: String,
    pub id: i64,
}

pub fn d(name: &str, id: i64) -> D {
    D { name: name.to_owned(), id }
}

impl Drop for D {
    fn drop(&mut self) {
        event(Event::Drop(self.name.clone()));
    }
}

impl Clone for D {
    fn clone(&self) -> Self {
        event(Event::Clone(self.name.clone()));
        D { name: self.name.clone(), id: self.id }
    }
}

impl D {
    pub fn id(&self) -> i64 {
        self.id
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Point {
    pub x: i64,
    pub y: i64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Wrap(pub i64);

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Shape {
    Empty,
    Dot(i64),
    Square { side: i64 },
}

impl Shape {
    pub fn size(&self) -> i64 {
        match self {
            Shape::Empty => 7,
            Shape::Dot(size) => *size,
            Shape::Square { side } => side.wrapping_mul(100),
        }
    }
}

/// A result that cannot be compared, printed or copied by its type.
#[derive(Serialize, Deserialize)]
pub struct Bare(pub i64);

/// An error, and one that becomes it by `?`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    Low(i64),
    Said(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Low(pub i64);

impl Display for Low {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is low", self.0)
    }
}

impl std::error::Error for Low {}

impl From<Low> for Fault {
    fn from(low: Low) -> Self {
        Fault::Low(low.0)
    }
}

pub type Checked<T> = Result<T, Fault>;

/// Now and then an error.
pub fn check(x: i64) -> Result<i64, Low> {
    if x & 7 == 5 { Err(Low(x)) } else { Ok(x) }
}

pub fn check_text(x: i64) -> Result<i64, String> {
    check(x).map_err(|low| low.to_string())
}

pub fn some(x: i64) -> Option<i64> {
    (x & 7 != 6).then_some(x)
}

/// Mixes a value into another.
pub fn step(s: i64, x: i64) -> i64 {
    s.wrapping_mul(31).wrapping_add(x ^ 0x55)
}

pub fn len(text: impl AsRef<str>) -> i64 {
    text.as_ref().bytes().fold(0, |s, byte| step(s, i64::from(byte)))
}

/// A number of all that `Debug` shows.
pub fn digest<T: Debug + ?Sized>(value: &T) -> i64 {
    len(format!("{value:?}"))
}

pub fn bits(values: &[f64]) -> i64 {
    values.iter().fold(0, |s, value| step(s, value.to_bits() as i64))
}

pub fn twice(x: i64) -> i64 {
    x.wrapping_mul(2)
}

pub fn thrice(x: i64) -> i64 {
    x.wrapping_mul(3)
}

/// What a generic function may ask of its types.
pub trait Amount {
    const UNIT: i64;
    fn amount(&self) -> i64;
}

impl Amount for u8 {
    const UNIT: i64 = 1;
    fn amount(&self) -> i64 {
        i64::from(*self)
    }
}

impl Amount for i64 {
    const UNIT: i64 = 2;
    fn amount(&self) -> i64 {
        self.wrapping_add(1)
    }
}

impl Amount for str {
    const UNIT: i64 = 3;
    fn amount(&self) -> i64 {
        len(self)
    }
}

impl Amount for Point {
    const UNIT: i64 = 4;
    fn amount(&self) -> i64 {
        self.x.wrapping_sub(self.y)
    }
}

/// Where the user's own code fails, when odd. Its text says what becomes of it as a result.
#[derive(Clone, Copy, PartialEq)]
pub enum Fails {
    /// An error of `Serialize`.
    Serialize(i64),
    /// A panic of `Serialize`.
    SerializePanics(i64),
    Deserialize(i64),
    DeserializePanics(i64),
}

impl Fails {
    pub fn value(&self) -> i64 {
        match *self {
            Fails::Serialize(x)
            | Fails::SerializePanics(x)
            | Fails::Deserialize(x)
            | Fails::DeserializePanics(x) => x,
        }
    }
}

impl Debug for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match *self {
            Fails::Serialize(x) | Fails::SerializePanics(x) if x & 1 == 1 => "unkept",
            Fails::Deserialize(x) | Fails::DeserializePanics(x) if x & 1 == 1 => "unread",
            _ => "sound",
        };
        write!(f, "{word} {}", self.value())
    }
}

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, x) = match *self {
            Fails::Serialize(x) if x & 1 == 1 => return Err(S::Error::custom("odd")),
            Fails::SerializePanics(x) if x & 1 == 1 => panic!("odd"),
            Fails::Serialize(x) => (0_u8, x),
            Fails::SerializePanics(x) => (1, x),
            Fails::Deserialize(x) => (2, x),
            Fails::DeserializePanics(x) => (3, x),
        };
        (kind, x).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fails {
    fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
        Ok(match <(u8, i64)>::deserialize(deserializer)? {
            (0, x) => Fails::Serialize(x),
            (1, x) => Fails::SerializePanics(x),
            (2, x) if x & 1 == 1 => return Err(serde::de::Error::custom("odd")),
            (2, x) => Fails::Deserialize(x),
            (_, x) if x & 1 == 1 => panic!("odd"),
            (_, x) => Fails::DeserializePanics(x),
        })
    }
}

/// Whose `Clone` panics when odd.
#[derive(PartialEq, Debug, Serialize, Deserialize)]
pub struct ClonePanics(pub i64);

impl Clone for ClonePanics {
    fn clone(&self) -> Self {
        assert!(self.0 & 1 == 0, "odd");
        ClonePanics(self.0)
    }
}

/// Whose `Debug` panics when odd.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct DebugPanics(pub i64);

impl Debug for DebugPanics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(self.0 & 1 == 0, "odd");
        write!(f, "{}", self.0)
    }
}

/// A type whose parameter has no use but in types.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Tagged<T>(pub i64, pub std::marker::PhantomData<T>);

/// A type with a lifetime that paths may leave out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Name<'a>(pub &'a str);

/// What everything has that is kept.
pub trait Kept: Serialize + DeserializeOwned + Debug {}
impl<T: Serialize + DeserializeOwned + Debug> Kept for T {}

pub fn shared<T>(value: T) -> Arc<T> {
    Arc::new(value)
}

pub fn accept(_: &joblib::store::EntryMeta) -> bool {
    true
}

pub fn refuse(_: &joblib::store::EntryMeta) -> bool {
    false
}

pub fn validate_panics(_: &joblib::store::EntryMeta) -> bool {
    panic!("not valid")
}

/// `ask!(x ?)` is not `ask!(x?)`.
#[macro_export]
macro_rules! ask {
    ($e:ident ?) => {
        Ok::<i64, $crate::Low>($e + 1)
    };
    ($e:expr) => {
        Ok::<i64, $crate::Low>($e)
    };
}
