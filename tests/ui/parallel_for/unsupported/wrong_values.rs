//! Values of a wrong type are marked where they stand.

use joblib::{parallel, parallel_for};

#[parallel_for]
fn returned(xs: &[u32]) -> u32 {
    for x in xs {
        if *x > 3 {
            return "three";
        }
    }
    0
}

#[parallel_for]
fn tried(xs: &[Result<u32, String>]) -> Result<u32, std::num::ParseIntError> {
    let mut sum = 0;
    #[parallel_for(reduce(+ = sum))]
    for x in xs {
        sum += x.clone()?;
    }
    Ok(sum)
}

fn main() {
    let _: Vec<u32> = parallel! {
        for i in 0..10_u64 { i }
    };
    for _ in 0..1 {
        parallel! {
            for i in 0..10 {
                i + 1;
                if i == 3 { 5 }
            }
        }
    }
}

#[parallel_for]
fn refutable(xs: &[Option<u32>]) {
    for Some(x) in xs {
        let _ = x;
    }
}
