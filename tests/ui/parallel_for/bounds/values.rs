use std::rc::Rc;

use joblib::parallel_for;

#[parallel_for]
fn collected(n: usize) -> Vec<Rc<usize>> {
    for i in 0..n {
        Rc::new(i)
    }
}

#[parallel_for]
fn error(xs: &[u32]) -> Result<(), Rc<str>> {
    for x in xs {
        let _ = x.checked_add(1).ok_or(Rc::<str>::from("overflow"))?;
    }
    Ok(())
}

#[parallel_for]
fn returned(xs: &[u32]) -> Rc<u32> {
    for x in xs {
        return Rc::new(*x);
    }
    Rc::new(0)
}

struct Histogram;

#[parallel_for]
fn reduced(xs: &[u32]) -> Histogram {
    let mut histogram = Histogram;
    #[parallel_for(reduce(+ = histogram))]
    for x in xs {
        println!("{x}");
    }
    histogram
}

#[parallel_for]
fn jobs(xs: &[u32]) {
    #[parallel_for(n_jobs = "all")]
    for x in xs {
        println!("{x}");
    }
}

fn main() {}
