//! Memoization on disk: the store alone, beside key-value stores and file caches.

mod store;

fn main() {
    store::run();
}
