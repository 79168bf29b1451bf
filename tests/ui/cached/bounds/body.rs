//! Mistakes inside the body are reported where they are.

use joblib::cached;

#[cached]
fn f(x: u32) -> u32 {
    let y: u64 = x;
    "text"
}

fn main() {
    f(1);
}

#[cached]
async fn later(x: u32) -> u32 {
    "text"
}
