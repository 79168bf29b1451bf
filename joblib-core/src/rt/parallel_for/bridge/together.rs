//! Several participants: who pulls when, and what the others do meanwhile.
//!
//! The iterator lies on a [`Desk`]. Whoever takes it pulls a batch and puts it back. `next` may block until
//! an iteration has run, so nobody calls it while holding an item that no other could run: a batch that is
//! being pulled is on offer, and whoever has waited for the iterator for a while takes the batch's first item
//! instead. With nobody else there, each item is run before the next is pulled.
//!
//! `None` is the end if it came while all items pulled before had been run: then the plain loop would get it,
//! too. Otherwise a body may still feed the iterator, which is asked again when an iteration has finished.
#![allow(unsafe_code)]

use std::any::type_name;
use std::mem;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use super::alone::Alone;
use super::batch::{Batch, MAX_BATCH, Memory};
use super::desk::{Desk, NEVER, Turn};
use super::end::End;
use super::lazy::{Keeper, Lazy, Origin};
use super::part::Part;
use crate::pool::{Backoff, ChunkSizer, Participant};
use crate::rt::parallel_for::plan::Plan;

/// How many times a participant looks for the iterator before it looks at what is on offer: longer than
/// pulling takes as a rule.
const PATIENCE: u32 = 100;
/// How long a batch should keep its participant busy, in nanoseconds: slow bodies get items one by one, cheap
/// ones pay for their turn once in many.
const BATCH_TIME: f64 = 20_000.0;
/// The most items run in a row by a participant that is alone so far.
const MAX_LAZY: usize = 32;

/// The course of a participant where there may be others.
pub(super) struct Together<'f, I: Iterator> {
    desk: Arc<Desk<I>>,
    others: &'f mut dyn Participant,
    /// `chunk = ..`
    chunk: Option<usize>,
    /// Each item is a part.
    single: bool,
    sizer: ChunkSizer,
    keeper: Rc<Keeper<I>>,
    /// As long as others have not been called at all.
    solo: Option<Alone<I>>,
    /// Memory for the next batch.
    memory: Memory<I::Item>,
    /// What is left of a batch whose items are parts each.
    rest: Option<Batch<I::Item>>,
    /// How many items it runs at present, but for those of a lazy part.
    in_hand: usize,
    /// The last item was taken from another's batch, which may still be growing.
    helps: bool,
}

impl<'f, I: Iterator> Together<'f, I> {
    pub(super) fn join(desk: &Arc<Desk<I>>, plan: &Plan<'_>, others: &'f mut dyn Participant) -> Self {
        desk.present.fetch_add(1, Ordering::Relaxed);
        let iter = if others.is_shared() { None } else { desk.take_out() };
        let is_solo = iter.is_some();
        let keeper = Keeper::new(iter);
        let solo = is_solo.then(|| Alone::new(keeper.clone(), plan.has_blocks()));
        Together {
            desk: desk.clone(),
            others,
            chunk: plan.chunk_len(),
            single: plan.has_blocks(),
            sizer: ChunkSizer::new(BATCH_TIME, 1, 2, MAX_BATCH),
            keeper,
            solo,
            memory: Memory::default(),
            rest: None,
            in_hand: 0,
            helps: false,
        }
    }

    pub(super) fn part(&mut self) {
        self.finish();
        self.end_solo();
        self.desk.present.fetch_sub(1, Ordering::Release);
    }

    pub(super) fn next(&mut self, end: &End, position: &mut Range<usize>) -> Option<Part<I>> {
        if let Some(rest) = &mut self.rest {
            if let Some(item) = rest.next().filter(|_| position.end < end.bound()) {
                *position = position.end..position.end + 1;
                return Some(Part::One(Some(item)));
            }
            self.rest = None;
        }
        self.finish();
        self.others.call_others();
        if let Some(solo) = &mut self.solo {
            if !self.others.is_shared() {
                self.sizer.begin();
                return solo.next(end.bound(), self.sizer.size().min(MAX_LAZY), position).map(Part::Lazy);
            }
            self.end_solo();
        }
        if let Some(start) = self.desk.lone_front() {
            // Nobody could run what this participant pulls ahead.
            let part = self.run_lazily(start, end.bound(), position);
            if part.is_some() {
                return part.map(Part::Lazy);
            }
        }
        loop {
            match self.wait_for_turn(end) {
                Turn::Run(item, index) => {
                    self.helps = true;
                    self.in_hand = 1;
                    *position = index..index + 1;
                    return Some(Part::One(Some(item)));
                }
                Turn::Pull(iter, start) => {
                    self.helps = false;
                    let part = self.pull(iter, start, end, position);
                    if part.is_some() {
                        return part;
                    }
                }
                Turn::Leave => {
                    self.wake_all();
                    return None;
                }
            }
        }
    }

    /// Pulls a batch from `start` on; `position` becomes the iterations that are left of it, if any.
    fn pull(&mut self, mut iter: I, start: usize, end: &End, position: &mut Range<usize>) -> Option<Part<I>> {
        let desk = &*self.desk;
        let len = self.chunk.unwrap_or(self.sizer.size());
        let finished = desk.finished.load(Ordering::Acquire);
        let mut batch = Batch::new(&self.memory, len.min(MAX_BATCH));
        if len > 1 {
            desk.offer(start, || batch.base());
        }
        let (mut back, mut ended) = (start, false);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            while back - start < len && back < end.bound() {
                let Some(item) = iter.next() else {
                    ended = true;
                    break;
                };
                if batch.is_full() {
                    desk.offer(start, || batch.grow());
                }
                batch.push(item);
                back += 1;
                if len > 1 {
                    // Without a fence, which would cost more than most items do: nobody sleeps sooner than
                    // long after it was counted, and whoever sleeps looks again after a while.
                    desk.end.store(back, Ordering::Release);
                    if desk.waiting.load(Ordering::Relaxed) > 0 {
                        self.others.wake_one();
                    }
                }
            }
        }));
        let nothing_ran = back == start && finished == start;
        let over = outcome.is_err() || (ended && (nothing_ran || ends_at_none::<I>()));
        let asked_at = if ended && back == start && !over { finished } else { NEVER };
        let front = desk.bring_back(iter, back, over, asked_at);
        // SAFETY: so many others took, from the front; the offer is withdrawn.
        unsafe { batch.were_taken(front - start) };
        self.wake_waiting();
        if let Err(payload) = outcome {
            // What was pulled before still runs, as it would have.
            end.panic(back, payload);
            self.wake_all();
        }
        if batch.len() == 0 {
            return None;
        }
        self.in_hand = batch.len();
        self.sizer.begin();
        *position = front..back;
        if !self.single {
            return Some(Part::Batch(batch));
        }
        position.end = position.start + 1;
        let first = batch.next();
        self.rest = Some(batch);
        Some(Part::One(first))
    }
}

impl<I: Iterator> Together<'_, I> {
    pub(super) fn missing(&self) -> usize {
        self.keeper.missing()
    }

    pub(super) fn wake_all(&self) {
        fence(Ordering::SeqCst);
        while self.desk.waiting.load(Ordering::Relaxed) > 0 && self.others.wake_one() {}
    }

    /// Has one of those that wait look for its turn.
    fn wake_waiting(&self) {
        fence(Ordering::SeqCst);
        if self.desk.waiting.load(Ordering::Relaxed) > 0 {
            self.others.wake_one();
        }
    }

    /// What was in hand is done. Nobody needs to be told: if the iterator is to be asked again, this
    /// participant will ask.
    fn finish(&mut self) {
        let given = self.solo.as_mut().map_or_else(|| self.keeper.take_given(), Alone::finish);
        let done = given + mem::take(&mut self.in_hand);
        self.sizer.end(done);
        self.desk.finished.fetch_add(done, Ordering::Release);
    }

    /// The iterator goes to the desk.
    fn end_solo(&mut self) {
        if let Some((Some(iter), next, ended)) = self.solo.take().map(|solo| solo.give_up()) {
            self.desk.bring_back(iter, next, ended, NEVER);
            self.wake_waiting();
        }
    }

    fn wait_for_turn(&mut self, end: &End) -> Turn<I> {
        let mut backoff = Backoff::new();
        for _ in 0..PATIENCE {
            if let Some(turn) = self.desk.turn(end, self.helps) {
                return turn;
            }
            backoff.snooze();
        }
        let mut turn = None;
        self.desk.waiting.fetch_add(1, Ordering::SeqCst);
        self.others.wait_until(&mut || {
            turn = self.desk.turn(end, true);
            turn.is_some()
        });
        self.desk.waiting.fetch_sub(1, Ordering::SeqCst);
        turn.unwrap_or(Turn::Leave)
    }

    /// The only participant so far runs each item before it pulls the next.
    fn run_lazily(&mut self, start: usize, bound: usize, position: &mut Range<usize>) -> Option<Lazy<I>> {
        if start >= bound {
            return None;
        }
        let longest = if self.single { 1 } else { self.sizer.size().min(MAX_LAZY) };
        // Where a panic in `next` belongs.
        *position = start..start;
        let part = Lazy::begin(Origin::Desk(self.desk.clone(), start), longest, &self.keeper)?;
        position.end += longest;
        self.sizer.begin();
        Some(part)
    }
}

/// Whether one of std's iterators that may go on after `None` is in this one: asked again, it would give
/// items that the plain loop never sees.
fn ends_at_none<I>() -> bool {
    let name = type_name::<I>();
    ["iter::adapters::map_while::MapWhile<", "iter::adapters::scan::Scan<"]
        .iter()
        .any(|adapter| name.contains(adapter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_after_none_is_known_by_its_type() {
        fn check<I: Iterator>(_iter: I) -> bool {
            ends_at_none::<I>()
        }
        assert!(check((0..9).map_while(Some)) && check((0..9).scan(0, |_, i| Some(i)).map(|i| i + 1)));
        assert!(!check((0..9).filter(|i| i % 2 == 0)) && !check(std::iter::from_fn(|| Some(1))));
    }
}
