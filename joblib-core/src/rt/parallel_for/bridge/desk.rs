//! Where the iterator lies while nobody pulls, and what is on offer while somebody does.
#![allow(unsafe_code)]

use crate::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

use super::end::End;

/// What `asked_at` is when nobody was told `None`.
pub(super) const NEVER: usize = usize::MAX;

/// Where the iterator lies.
pub(super) struct Desk<I: Iterator> {
    on_it: Mutex<OnDesk<I>>,
    /// Whether somebody has the iterator.
    out: AtomicBool,
    /// The first item that nobody has: on offer if it was pulled already.
    pub(super) front: AtomicUsize,
    /// The first item that was not pulled yet.
    pub(super) end: CachePadded<AtomicUsize>,
    /// How many items were finished.
    pub(super) finished: AtomicUsize,
    /// How many were finished when the iterator said `None`, or [`NEVER`].
    asked_at: AtomicUsize,
    /// How many participants there are.
    pub(super) present: AtomicUsize,
    /// How many of them wait.
    pub(super) waiting: AtomicUsize,
}

struct OnDesk<I: Iterator> {
    iter: Option<I>,
    /// Whether the iterator has ended or panicked.
    over: bool,
    /// The batch that is being pulled: where its first item was, and its index.
    offer: Option<(*const I::Item, usize)>,
}

/// What a participant may do next.
pub(super) enum Turn<I: Iterator> {
    Pull(I, usize),
    Run(I::Item, usize),
    Leave,
}

impl<I: Iterator> Desk<I> {
    pub(super) fn new(iter: I) -> Self {
        Desk {
            on_it: Mutex::new(OnDesk { iter: Some(iter), over: false, offer: None }),
            out: AtomicBool::new(false),
            front: AtomicUsize::new(0),
            end: CachePadded::new(AtomicUsize::new(0)),
            finished: AtomicUsize::new(0),
            asked_at: AtomicUsize::new(NEVER),
            present: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        }
    }

    pub(super) fn take_out(&self) -> Option<I> {
        self.on_it.lock().iter.take()
    }

    pub(super) fn put_back(&self, iter: Option<I>) {
        self.on_it.lock().iter = iter;
    }

    /// A turn, if there is one now.
    pub(super) fn turn(&self, end: &End, may_help: bool) -> Option<Turn<I>> {
        let is_past = |front| end.bound() <= front;
        let front = self.front.load(Ordering::Relaxed);
        // First without the lock.
        let has_nothing = if self.out.load(Ordering::Relaxed) {
            !may_help || self.end.load(Ordering::Relaxed) == front
        } else {
            self.asked_at.load(Ordering::Relaxed) == self.finished.load(Ordering::Relaxed)
        };
        if has_nothing && !is_past(front) {
            return None;
        }
        let mut on_it = self.on_it.lock();
        let front = self.front.load(Ordering::Relaxed);
        if on_it.over || is_past(front) {
            return Some(Turn::Leave);
        }
        if let Some((base, start)) = on_it.offer {
            if !may_help || self.end.load(Ordering::Acquire) == front {
                return None;
            }
            self.front.store(front + 1, Ordering::Release);
            // SAFETY: the item was pulled, and its memory stays there as long as the offer does, which the
            // lock is for. Nobody else gets it: `front` is past it now. Items are `Send`: `Bridge::new`.
            return Some(Turn::Run(unsafe { base.add(front - start).read() }, front));
        }
        if self.asked_at.load(Ordering::Relaxed) == self.finished.load(Ordering::Relaxed) {
            return None;
        }
        let iter = on_it.iter.take()?;
        self.out.store(true, Ordering::Relaxed);
        Some(Turn::Pull(iter, front))
    }

    /// The next item, if nobody else is there: all before it have been run.
    pub(super) fn lone_front(&self) -> Option<usize> {
        // In this order: whoever has taken an item before `front` was present by then.
        let front = self.front.load(Ordering::Acquire);
        (self.present.load(Ordering::Acquire) == 1).then_some(front)
    }

    /// Pulls the item `index`, if it is the next one and the iterator lies here. All items before it have
    /// been run: a `None` is the end.
    pub(super) fn pull_one(&self, index: usize) -> Option<I::Item> {
        let mut on_it = self.on_it.lock();
        if on_it.over || self.front.load(Ordering::Relaxed) != index {
            return None;
        }
        let on_it = &mut *on_it;
        let iter = on_it.iter.as_mut()?;
        // This holds if the iterator panics, too.
        on_it.over = true;
        self.asked_at.store(NEVER, Ordering::Relaxed);
        let item = iter.next();
        if item.is_some() {
            on_it.over = false;
            self.front.store(index + 1, Ordering::Release);
            self.end.store(index + 1, Ordering::Relaxed);
        }
        item
    }

    /// The batch that starts with the item `start` is on offer while it is pulled. `base` says where that
    /// item is, or was, and may move the batch there.
    pub(super) fn offer(&self, start: usize, base: impl FnOnce() -> *const I::Item) {
        let mut on_it = self.on_it.lock();
        on_it.offer = Some((base(), start));
    }

    /// The iterator comes back, whose next item is `end`. Returns the first item that nobody took meanwhile.
    pub(super) fn bring_back(&self, iter: I, end: usize, over: bool, asked_at: usize) -> usize {
        let mut on_it = self.on_it.lock();
        on_it.iter = Some(iter);
        on_it.over |= over;
        on_it.offer = None;
        self.end.store(end, Ordering::Relaxed);
        self.asked_at.store(asked_at, Ordering::Relaxed);
        self.out.store(false, Ordering::Relaxed);
        self.front.swap(end, Ordering::Release)
    }
}
