//! Large results of an `async fn`: read and written off the executor's threads.

use super::Found;
use super::put::Kept;
use crate::computation::Computation;
use crate::memory::blocking;
use crate::memory::function_ref::FunctionRef;
use crate::memory::keep::{Keep, Packed};
use crate::store::EntryMeta;
use crate::{Codec, Key};
use std::sync::Arc;

impl<C: Codec> FunctionRef<C> {
    /// Looks up a result that has turned out to be large.
    pub(super) async fn read_elsewhere<R, K: Keep<R>>(
        &self,
        part: Option<Arc<dyn Computation>>,
        key: Key,
        keep: K,
    ) -> Found<R> {
        let function = self.clone();
        let look_up = move || match function.look_up::<R, K>(key, K::default(), usize::MAX) {
            Found::Result(result) => K::default().pack(result).map_or(Found::Unreadable, Found::Result),
            Found::Unreadable => Found::Unreadable,
            Found::Nothing | Found::TooLarge => Found::Nothing,
        };
        match blocking::run::<Found<Packed>>(part, look_up).await {
            Found::Result(packed) => keep.unpack(packed).map_or(Found::Unreadable, Found::Result),
            Found::Unreadable => Found::Unreadable,
            Found::Nothing | Found::TooLarge => Found::Nothing,
        }
    }

    /// Stores a result that has turned out to be large.
    pub(super) async fn keep_elsewhere<R, K: Keep<R>>(
        &self,
        part: Option<Arc<dyn Computation>>,
        key: Key,
        keep: K,
        packed: Packed,
        meta: EntryMeta,
        doubtful: bool,
    ) -> (R, Kept) {
        let function = self.clone();
        let store = move || {
            let keep = K::default();
            let result = keep.unpack(packed)?;
            let (result, kept) = function.keep::<R, K>(key, result, keep, &meta, doubtful, usize::MAX);
            Some((keep.pack(result).ok()?, kept))
        };
        let stored = blocking::run::<Option<(Packed, Kept)>>(part, store).await;
        let result = stored.and_then(|(packed, kept)| Some((keep.unpack(packed)?, kept)));
        result.expect("what is kept goes to other threads and back")
    }
}
