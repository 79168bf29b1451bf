use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[u32]) {
    #[parallel_for(n_jobs, chunk =, 5, schedule = fast, collapse = "2")]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce, init, collect = 3)]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce(), init(), crate = "not a path")]
    for x in xs {
        println!("{x}");
    }
}

fn main() {}
