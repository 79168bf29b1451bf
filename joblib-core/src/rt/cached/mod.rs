//! What `#[cached]` expands to.
//!
//! The macro emits data and one call; everything that decides anything is here and in `crate::memory`:
//!
//! ```text
//! static SITE: Site<Codec> = Site::new("f", 0, || Ok(0x5eed), |policy| policy.hot(64 << 20));
//! let function = SITE.function(memory, &|| ());        // a static look-up after the first call
//! let mut key = KeyHasher::new();
//! arg(&mut key, "a", &a);
//! entry(function, key.finish(), storable((&&&&Probe::<R>::NEW).kind()), move || -> R { .. }, None)
//! ```

mod args;
mod identity;
mod kind;
mod site;

pub use crate::memory::{Answers, Cloned, Every, Function, FunctionRef, Keep, OkOnly, Sharing, Whole};
pub use crate::{KeyHasher, MmapMode};
pub use args::{KeyArg, arg, describe, key};
pub(crate) use identity::segments;
pub use kind::{
    EveryKind, InMemory, OkKind, Probe, SharedEveryKind, SharedOkKind, SharedWholeKind, Storable, WholeKind,
    hot, storable,
};
pub use site::{Site, async_entry, entry, memo};
