//! What options take for sizes and spans of time: numbers or text.

use crate::units;
use crate::{Error, Result};
use std::time::Duration;

/// A number of bytes: as a number, or as text such as `"64M"`, `"1.5 GiB"` or `"512"` (powers of 1024; a
/// fraction of a byte is dropped).
///
/// Options take `impl Into<Size>`. Text that is no size is an error where the options are used, which names
/// the option.
///
/// ```
/// use joblib::Size;
///
/// assert_eq!(Size::from("1.5M").bytes()?, 3 << 19);
/// assert_eq!(Size::from(512).bytes()?, 512);
/// assert!(Size::from("lots").bytes().unwrap_err().is_invalid());
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size(Quantity<u64>);

/// A span of time: as a [`Duration`], or as text such as `"7d"`, `"1.5h"`, `"30s"` or `"250ms"` (also `"30m"`
/// for minutes and `"2w"`; a fraction of a nanosecond is dropped).
///
/// Options take `impl Into<TimeSpan>`. Text that is none is an error where the options are used, which names
/// the option.
///
/// ```
/// use joblib::TimeSpan;
/// use std::time::Duration;
///
/// assert_eq!(TimeSpan::from("1.5h").duration()?, Duration::from_secs(5400));
/// assert!(TimeSpan::from("soon").duration().unwrap_err().is_invalid());
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSpan(Quantity<Duration>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Quantity<T> {
    Exact(T),
    Text(String),
}

impl Size {
    /// The number of bytes.
    ///
    /// # Errors
    ///
    /// Text that is no non-negative number with an optional unit of `K`, `M`, `G`, `T`, alone or before `B`
    /// or `iB`; a size of more than 64 bits.
    pub fn bytes(&self) -> Result<u64> {
        match &self.0 {
            Quantity::Exact(bytes) => Ok(*bytes),
            Quantity::Text(text) => units::bytes(text)
                .ok_or_else(|| Error::invalid(format!("`{text}` is not a size such as \"64M\" or \"10G\""))),
        }
    }
}

impl TimeSpan {
    /// The time.
    ///
    /// # Errors
    ///
    /// Text that is no non-negative number with a unit of `ms`, `s`, `m`, `h`, `d` or `w`; more seconds than
    /// 64 bits hold.
    pub fn duration(&self) -> Result<Duration> {
        match &self.0 {
            Quantity::Exact(duration) => Ok(*duration),
            Quantity::Text(text) => units::duration(text).ok_or_else(|| {
                Error::invalid(format!("`{text}` is not a span of time such as \"7d\", \"12h\" or \"30s\""))
            }),
        }
    }
}

/// The only number: a literal is of 64 bits then, so that `10 << 30` is what it says.
impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self(Quantity::Exact(bytes))
    }
}

impl From<Duration> for TimeSpan {
    fn from(duration: Duration) -> Self {
        Self(Quantity::Exact(duration))
    }
}

macro_rules! from_text {
    ($($type:ident),*) => {$(
        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                text.to_owned().into()
            }
        }

        impl From<String> for $type {
            fn from(text: String) -> Self {
                Self(Quantity::Text(text))
            }
        }
    )*};
}
from_text!(Size, TimeSpan);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_cannot_be_read_is_named() {
        let error = Size::from("1ibB").bytes().unwrap_err();
        assert!(error.is_invalid() && error.to_string().contains("`1ibB` is not a size"));
        let error = TimeSpan::from("1y").duration().unwrap_err();
        assert!(error.is_invalid() && error.to_string().contains("`1y` is not a span of time"));
    }
}
