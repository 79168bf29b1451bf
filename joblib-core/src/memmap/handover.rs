//! How a deserializer makes a `MappedArray` mapped.
//!
//! A `MappedArray` inside a serde value does not know where it comes from; the deserializer knows, but meets
//! it as an unknown type. They agree on this:
//!
//! 1. `MappedArray::deserialize` calls `deserialize_newtype_struct(`[`NEWTYPE`]`, visitor)`.
//! 2. A deserializer that does not know the name answers as for any newtype: it calls
//!    `visitor.visit_newtype_struct(deserializer)`. The visitor then reads an `ndarray::ArcArray` from that
//!    deserializer, and the result is owned. So it works in every format.
//! 3. A deserializer that knows the name, is to map, and finds the next value to be an array at a known place
//!    of a mapped file, calls `offer(Some(place), || visitor.visit_newtype_struct(deserializer))`. The
//!    visitor takes the offer and returns without reading from the deserializer; the deserializer skips the
//!    value. If the place is misaligned or its dtype another one, or another array of the process writes to
//!    its bytes, the visitor leaves the offer where it is and reads an owned array; in a file mapped `"r+"`
//!    the latter is an error, as what is written would be lost.
//! 4. After the call [`offer`] says whether the place was taken, so that the deserializer knows whether the
//!    value has been read.
//! 5. Who is to map runs all of its reading in [`demand`]. serde itself reads some values into a buffer first
//!    (`flatten`, `untagged`, `tag`), of which no deserializer that could map hears; a `MappedArray` that is
//!    read within a demand and without an offer says so. Where it must be mapped that is an error, and the
//!    outcome of the demand, whatever serde makes of it: of `untagged` variants it takes another.
//!
//! An offer lasts for the one call, on the one thread, and only the first `MappedArray` sees it.
//!
//! In the other direction there is no protocol: a `MappedArray` serialises as the array it shows, is found by
//! [`as_array`](crate::array::as_array) like any array, and [`locate`](super::locate) tells of any memory,
//! whether of a `MappedArray`, a slice of one, or a plain view, in which mapped file it lies.

#[cfg(feature = "ndarray")]
mod mapped;

use super::ArrayPlace;
use crate::Error;
use std::cell::RefCell;

/// The name under which a `MappedArray` asks to be deserialised.
pub const NEWTYPE: &str = "$joblib::MappedArray";

/// What to do with an array that is to be mapped and cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmappable {
    /// An error, because what is written to it would be lost.
    Refuse,
    /// It is read, with a warning.
    Warn,
    /// It is read.
    Read,
}

enum Wish {
    /// An array is read instead; a warning was given where it matters.
    Read,
    Mapped(Unmappable),
    At(#[cfg_attr(not(feature = "ndarray"), expect(dead_code))] ArrayPlace),
    /// An array was not to be read, whatever serde made of that error: of `untagged` variants it takes
    /// another.
    #[cfg_attr(not(feature = "ndarray"), expect(dead_code))]
    Refused(Error),
}

thread_local! {
    static WISH: RefCell<Wish> = const { RefCell::new(Wish::Read) };
}

/// Puts the outer wish back, also on unwinding.
struct Restore(Wish);

impl Drop for Restore {
    fn drop(&mut self) {
        WISH.set(std::mem::replace(&mut self.0, Wish::Read));
    }
}

fn wish(wish: Wish) -> Restore {
    Restore(WISH.replace(wish))
}

/// Runs `read`, in which every `MappedArray` is to be mapped, or none.
///
/// # Errors
///
/// Those of `read`, and where an array cannot be mapped that must be.
pub fn demand<R>(demand: Option<Unmappable>, read: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    let _restore = wish(demand.map_or(Wish::Read, Wish::Mapped));
    let result = read();
    match WISH.replace(Wish::Read) {
        Wish::Refused(error) => Err(error),
        _ => result,
    }
}

/// A warning that an array is read instead of mapped was given elsewhere.
pub fn said() {
    WISH.with_borrow_mut(|wish| {
        if let Wish::Mapped(Unmappable::Warn) = wish {
            *wish = Wish::Mapped(Unmappable::Read);
        }
    });
}

/// Runs `read` while `place` is on offer to the first `MappedArray` deserialised in it; also says if it was
/// taken. Without a place, the array is read: the caller has said why, if it was to be mapped.
pub fn offer<R>(place: Option<ArrayPlace>, read: impl FnOnce() -> R) -> (R, bool) {
    let offered = place.is_some();
    let _restore = wish(place.map_or(Wish::Read, Wish::At));
    let result = read();
    (result, offered && WISH.with_borrow(|wish| !matches!(wish, Wish::At(_))))
}
