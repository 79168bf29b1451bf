//! What can be changed though it is borrowed.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicI8, AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};

use crate::{Random, Sample, Walk};

/// By a look inside and a way to the inside.
macro_rules! cells {
    ($($type:ident, $look:expr, $get_mut:expr;)*) => {$(
        impl<T: Sample> Sample for $type<T> {
            fn make(random: &mut Random) -> Self {
                $type::new(T::make(random))
            }
            fn plain() -> Self {
                $type::new(T::plain())
            }
            fn again(&self) -> Self {
                $type::new($look(self).again())
            }
            fn same(&self, other: &Self) -> bool {
                $look(self).same(&$look(other))
            }
            fn walk(&mut self, walk: &mut Walk) {
                $get_mut(self).walk(walk);
            }
        }
    )*};
}
cells! {
    RefCell, |cell| RefCell::borrow(cell), RefCell::get_mut;
    Mutex, |cell| Mutex::lock(cell).unwrap(), |cell| Mutex::get_mut(cell).unwrap();
    RwLock, |cell| RwLock::read(cell).unwrap(), |cell| RwLock::get_mut(cell).unwrap();
}

impl<T: Sample + Copy> Sample for Cell<T> {
    fn make(random: &mut Random) -> Self {
        Cell::new(T::make(random))
    }
    fn plain() -> Self {
        Cell::new(T::plain())
    }
    fn again(&self) -> Self {
        self.clone()
    }
    fn same(&self, other: &Self) -> bool {
        self.get().same(&other.get())
    }
    fn walk(&mut self, walk: &mut Walk) {
        self.get_mut().walk(walk);
    }
}

macro_rules! atomics {
    ($($type:ident $number:ty),*) => {$(
        impl Sample for $type {
            fn make(random: &mut Random) -> Self {
                $type::new(<$number>::make(random))
            }
            fn plain() -> Self {
                $type::default()
            }
            fn again(&self) -> Self {
                $type::new(self.load(Ordering::Relaxed))
            }
            fn same(&self, other: &Self) -> bool {
                self.load(Ordering::Relaxed) == other.load(Ordering::Relaxed)
            }
        }
    )*};
}
atomics!(AtomicU64 u64, AtomicI8 i8, AtomicBool bool);
