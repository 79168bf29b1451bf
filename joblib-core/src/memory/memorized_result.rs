//! `MemorizedResult`: a small reference to a stored result.

use super::encoding::Encoding;
use super::function::{DESERIALIZE, Function, SERIALIZE};
use super::keep::{Every, Form, Keep};
use super::location::Location;
use super::place::Place;
use super::reference::Reference;
use crate::store::{EntryMeta, FunctionStore, Limits};
use crate::sync::Mutex;
use crate::{Codec, Error, Key, Result, user_code};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// A reference to the stored result of one call: what [`Entry::shelve`](super::Entry::shelve) gives.
///
/// It is small whatever the result's size, and travels as text ([`Display`](fmt::Display) and [`FromStr`]) or
/// through serde to any process that sees the same directory, or knows the [store](crate::store::register).
/// Where nothing is stored it holds the result itself.
pub struct MemorizedResult<R, C: Codec> {
    state: State<R>,
    codec: C,
    decode: Decode<R, C>,
}

enum State<R> {
    Stored {
        reference: Reference,
        store: Arc<dyn FunctionStore>,
        slot: Option<Arc<super::place::Slot>>,
        /// Held, so that it is opened only once for all references that exist at a time.
        _place: Arc<Place>,
    },
    /// The result, encoded, until it is cleared.
    Held(Mutex<Option<Arc<Vec<u8>>>>),
    /// A result that cannot be encoded, until it is taken or cleared.
    Unkept(Mutex<Option<R>>),
}

impl<R> State<R> {
    fn held(bytes: Option<Vec<u8>>) -> Self {
        State::Held(Mutex::new(bytes.map(Arc::new)))
    }
}

/// How the result is read: by its whole type, or by its `Ok` part.
type Decode<R, C> = fn(&C, &Encoding<'_>) -> Result<R>;

fn decode<R, K: Keep<R>, C: Codec>(codec: &C, encoding: &Encoding<'_>) -> Result<R> {
    user_code::run(DESERIALIZE, || encoding.decode::<R, K::Form, C>(codec))?
}

impl<R, C: Codec> MemorizedResult<R, C> {
    /// A reference to an entry of this store of the function.
    pub(crate) fn stored<K: Keep<R>>(
        function: &Function<C>,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        _keep: K,
    ) -> Self {
        let reference = Reference {
            place: function.place.location().url(),
            function: function.slot.id.clone(),
            key,
            mmap_mode: function.policy.mmap_mode,
        };
        let (slot, place) = (Arc::clone(&function.slot), Arc::clone(&function.place));
        let state = State::Stored { reference, store: Arc::clone(store), slot: Some(slot), _place: place };
        Self { state, codec: function.codec.clone(), decode: decode::<R, K, C> }
    }

    /// A reference to a result just given, or the result itself if it is not stored.
    pub(crate) fn of<K: Keep<R>>(function: &Function<C>, key: Option<Key>, result: R, keep: K) -> Self {
        match (function.store(), key.filter(|&key| function.holds(key))) {
            (Some(store), Some(key)) => Self::stored(function, store, key, keep),
            _ => Self::held(function, result, keep),
        }
    }

    fn held<K: Keep<R>>(function: &Function<C>, result: R, keep: K) -> Self {
        let codec = function.codec.clone();
        let encoded =
            user_code::run(SERIALIZE, || keep.keeps(&result).then(|| K::Form::encode_whole(&codec, &result)));
        let state = match encoded {
            Ok(Some(Ok(bytes))) if !function.slot.is_doubtful() => State::held(Some(bytes)),
            _ => State::Unkept(Mutex::new(Some(result))),
        };
        Self { state, codec, decode: decode::<R, K, C> }
    }

    /// The result, loaded now.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if the entry has been removed or cleared since; a damaged entry,
    /// or one whose `Deserialize` fails or panics. A result that is held because it is not stored, such as an
    /// `Err`, can be taken once.
    pub fn get(&self) -> Result<R> {
        match &self.state {
            State::Stored { reference, store, .. } => {
                let mut result = None;
                store.get(reference.key, &mut |record| {
                    Encoding::show(record, reference.mmap_mode, |encoding| {
                        result = Some((self.decode)(&self.codec, &encoding)?);
                        Ok(())
                    })
                })?;
                result.ok_or_else(|| Error::not_found(format!("the result has been removed: {reference}")))
            }
            State::Held(bytes) => {
                // Decoding runs the user's code.
                let bytes = bytes.lock().clone();
                let bytes = bytes.ok_or_else(|| Error::not_found("the result has been cleared"))?;
                (self.decode)(&self.codec, &Encoding::Bytes(&bytes))
            }
            State::Unkept(result) => result.lock().take().ok_or_else(|| {
                Error::not_found("the result, which is not kept, was taken or cleared before")
            }),
        }
    }

    /// Whether [`get`](Self::get) would find the result.
    #[must_use]
    pub fn is_present(&self) -> bool {
        match &self.state {
            State::Stored { reference, store, .. } => store.contains(reference.key),
            State::Held(bytes) => bytes.lock().is_some(),
            State::Unkept(result) => result.lock().is_some(),
        }
    }

    /// Removes the entry, or drops the result that is held; tells whether there was one.
    ///
    /// # Errors
    ///
    /// Where the entry could not be removed.
    pub fn clear(&self) -> Result<bool> {
        match &self.state {
            State::Stored { reference, store, slot, .. } => {
                if let Some(slot) = slot {
                    slot.forget(reference.key);
                }
                store.remove(reference.key)
            }
            State::Held(bytes) => Ok(bytes.lock().take().is_some()),
            State::Unkept(result) => {
                // Dropped without the lock: its `Drop` is the user's code.
                let result = result.lock().take();
                let was_there = result.is_some();
                drop(user_code::Held::new(result));
                Ok(was_there)
            }
        }
    }

    /// When the result was computed, and how long that took.
    #[must_use]
    pub fn metadata(&self) -> Option<EntryMeta> {
        let State::Stored { reference, store, .. } = &self.state else { return None };
        store.metadata(reference.key)
    }

    /// The key of the call's arguments; none for a result that is held.
    #[must_use]
    #[doc(alias = "args_id")]
    pub fn key(&self) -> Option<Key> {
        let State::Stored { reference, .. } = &self.state else { return None };
        Some(reference.key)
    }
}

impl<R: Serialize + DeserializeOwned, C: Codec + Default> MemorizedResult<R, C> {
    fn open(reference: Reference) -> Result<Self> {
        let Some(url) = &reference.place else {
            return Err(Error::unsupported("a result of a store without a URL cannot be referred to"));
        };
        let place = Place::at(Location::parse(Path::new(url)), None);
        let store = place
            .store()?
            .ok_or_else(|| Error::unsupported("nothing is stored there"))?
            .open(&reference.function, &Limits::NONE)?;
        let state = State::Stored { reference, store, slot: None, _place: place };
        Ok(Self { state, codec: C::default(), decode: decode::<R, Every, C> })
    }
}

const HELD: &str = "joblib-value:";
/// The text of a held result that has been cleared.
const CLEARED: &str = "-";

/// A reference for [`FromStr`]: its place, function and key, or the result itself in hexadecimal.
impl<R, C: Codec> fmt::Display for MemorizedResult<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Stored { reference, .. } => reference.fmt(f),
            State::Held(bytes) => {
                f.write_str(HELD)?;
                match bytes.lock().clone() {
                    Some(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
                    None => f.write_str(CLEARED),
                }
            }
            State::Unkept(_) => f.write_str("joblib-error:"),
        }
    }
}

impl<R: Serialize + DeserializeOwned, C: Codec + Default> FromStr for MemorizedResult<R, C> {
    type Err = Error;

    /// # Errors
    ///
    /// Text that no [`MemorizedResult`] gave; a directory that cannot be used.
    fn from_str(text: &str) -> Result<Self> {
        let Some(hex) = text.strip_prefix(HELD) else { return Self::open(text.parse()?) };
        let bad = || Error::invalid("a held result is written in pairs of hexadecimal digits");
        let byte = |pair| {
            let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
            u8::from_str_radix(digits, 16).ok()
        };
        let bytes = match hex {
            CLEARED => None,
            _ => Some(hex.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>().ok_or_else(bad)?),
        };
        Ok(Self { state: State::held(bytes), codec: C::default(), decode: decode::<R, Every, C> })
    }
}

impl<R, C: Codec> Serialize for MemorizedResult<R, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.state {
            State::Unkept(_) => {
                Err(serde::ser::Error::custom("an error that is not kept cannot be referred to"))
            }
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de, R: Serialize + DeserializeOwned, C: Codec + Default> Deserialize<'de> for MemorizedResult<R, C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<R, C: Codec> fmt::Debug for MemorizedResult<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Stored { reference, .. } => write!(f, "MemorizedResult({reference})"),
            State::Held(bytes) => match bytes.lock().clone() {
                Some(bytes) => write!(f, "MemorizedResult(held, {} bytes)", bytes.len()),
                None => f.write_str("MemorizedResult(held, cleared)"),
            },
            State::Unkept(_) => f.write_str("MemorizedResult(held, an error)"),
        }
    }
}
