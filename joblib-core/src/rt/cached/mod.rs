//! What `#[cached]` expands to.
//!
//! The macro emits data and one call; everything that decides anything is here and in `crate::memory`:
//!
//! ```text
//! static SITE: Site<Codec> = Site::new(Written { name: "f", module: module_path!(), .. }, false);
//! // A static look-up after the first call.
//! let function = SITE.in_own(None, || (Memory::new("cache"), Settings { fingerprint: Ok(0x5eed), .. }));
//! let mut key = KeyHasher::new();
//! (&&Argument(&a)).__add(&mut key, "a");
//! entry(function, KeyHasher::finish(&mut key), storable((&&&&Probe::<R>::NEW).__kind()), move || -> R { .. }, None)
//! ```

mod args;
mod argument;
mod change;
mod identity;
mod kind;
mod lend;
mod site;

pub use crate::memory::{Function, FunctionRef};
pub use args::describe;
pub use argument::{Add, AddGeneric, AddPlain, Argument, KeyArg, key};
pub use change::{Changing, Unchanging};
pub use identity::Written;
pub(crate) use identity::segments;
pub use kind::{
    EveryKind, HasErrors, InMemory, NoErrorKind, OkKind, Probe, SharedEveryKind, SharedOkKind,
    SharedWholeKind, WholeKind, hot, storable,
};
pub use lend::{ByCopy, ByReborrow, ByReference, Lend};
pub use site::{Settings, Site, async_entry, entry, memo, monomorphisation, type_of, typed};
