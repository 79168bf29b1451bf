use joblib::cached;
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex};

type Alias<'a> = &'a mut Vec<u8>;

macro_rules! of_type {
    ($ty:ty) => {
        #[cached]
        fn by_macro(x: $ty) -> u8 {
            *x
        }
    };
}
of_type!(&mut u8);

#[cached]
fn option(x: Option<&mut Vec<u8>>) -> usize {
    x.map_or(0, |x| x.len())
}

#[cached]
fn pattern((x, y): (&mut u8, u8)) -> u8 {
    *x + y
}

#[cached]
fn alias(x: Alias<'_>) -> usize {
    x.len()
}

#[cached]
fn cell(x: &Cell<u8>, y: &RefCell<u8>) -> u8 {
    x.get() + *y.borrow()
}

#[cached]
fn shared(x: Arc<Mutex<u8>>, y: &AtomicU8) -> bool {
    x.is_poisoned() && y.load(std::sync::atomic::Ordering::Relaxed) == 0
}

#[cached]
fn several(x: (&mut u8, &Cell<u8>)) -> u8 {
    *x.0
}

#[derive(serde::Serialize)]
struct Counter(u8);

impl Counter {
    #[cached]
    pub fn pinned(self: Pin<&mut Self>) -> u8 {
        self.0
    }
}

#[cached(ignore = ["x"])]
fn declared(x: &mut u8) -> u8 {
    *x
}

fn main() {}
