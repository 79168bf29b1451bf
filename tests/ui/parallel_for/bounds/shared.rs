use std::cell::Cell;
use std::rc::Rc;

use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[u32]) -> u32 {
    let count = Cell::new(0);
    for x in xs {
        count.set(count.get() + x);
    }
    count.get()
}

#[parallel_for]
fn g(xs: &[u32], offset: Rc<u32>) {
    for x in xs {
        println!("{}", x + *offset);
    }
}

fn main() {}
