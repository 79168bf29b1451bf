use joblib::parallel_for;

#[parallel_for(njobs = 2, reduce(+ = sum))]
fn f(xs: &[u32]) {
    #[parallel_for(threads = 3, reduec(+ = sum))]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(schedule = "dinamic", backend = "gpu")]
    for x in xs {
        println!("{x}");
    }
}

fn main() {}
