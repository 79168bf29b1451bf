//! Memoization on disk: whole calls, and the store alone, beside key-value stores and file caches.

mod calls;
mod store;

fn main() {
    calls::run();
    store::run();
}
