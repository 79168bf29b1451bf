use joblib::{parallel, parallel_for};

#[parallel_for]
struct Loops;

#[parallel_for]
fn none(xs: &[u32]) -> usize {
    xs.len()
}

#[parallel_for]
fn marked(mut n: u32) {
    #[parallel_for]
    while n > 0 {
        n -= 1;
    }
}

fn main() {
    parallel! { while true {} }
}
