//! Memoization on disk: whole calls, and the store alone, beside key-value stores and file caches.

mod calls;
mod first;
mod large;
mod peers;
mod store;

fn main() {
    if first::child() {
        return;
    }
    calls::run();
    first::run();
    large::run();
    store::run();
}
