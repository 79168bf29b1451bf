//! What nobody can name by a path is not tracked.

use joblib::tracked;

struct Grid;

#[tracked]
impl Grid {
    fn size(&self) -> u32 {
        1
    }
}

#[tracked(version = "1")]
fn optioned() -> u32 {
    1
}

#[tracked]
#[joblib::cached]
fn twice(x: u32) -> u32 {
    x
}

fn main() {
    println!("{}", Grid.size() + optioned() + twice(1));
}
