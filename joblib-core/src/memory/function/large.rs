//! Large results of an `async fn`: read and written elsewhere than on an executor's thread.

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
    /// Looks up what has been found to be large.
    pub(super) async fn read_elsewhere<R, K: Keep<R>>(
        &self,
        part: Option<Arc<dyn Computation>>,
        key: Key,
        keep: K,
    ) -> Found<R> {
        let function = self.clone();
        let look_up = move || match function.look_up::<R, K>(key, K::default(), usize::MAX) {
            Found::Answer(answer) => K::default().pack(answer).map_or(Found::Unreadable, Found::Answer),
            Found::Unreadable => Found::Unreadable,
            Found::Nothing | Found::TooLarge => Found::Nothing,
        };
        match blocking::run::<Found<Packed>>(part, look_up).await {
            Found::Answer(packed) => keep.unpack(packed).map_or(Found::Unreadable, Found::Answer),
            Found::Unreadable => Found::Unreadable,
            Found::Nothing | Found::TooLarge => Found::Nothing,
        }
    }

    /// Stores what was found to be large.
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
            let answer = keep.unpack(packed)?;
            let (answer, kept) = function.keep::<R, K>(key, answer, keep, &meta, doubtful, usize::MAX);
            Some((keep.pack(answer).ok()?, kept))
        };
        let stored = blocking::run::<Option<(Packed, Kept)>>(part, store).await;
        let answer = stored.and_then(|(packed, kept)| Some((keep.unpack(packed)?, kept)));
        answer.expect("what is kept goes to other threads and back")
    }
}
