use std::rc::Rc;

use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[Rc<u32>]) {
    for x in xs {
        println!("{x}");
    }
}

#[parallel_for]
fn g(xs: Vec<Rc<u32>>) {
    for x in xs {
        println!("{x}");
    }
}

#[parallel_for]
fn h(xs: impl Iterator<Item = u32>) {
    for x in xs {
        println!("{x}");
    }
}

#[parallel_for]
fn i(x: u32) {
    for x in x {
        println!("{x}");
    }
}

#[parallel_for]
fn made_in_next(xs: &[u32]) {
    for x in xs.iter().map(|x| Rc::new(*x)) {
        drop(x);
    }
}

fn main() {}
