use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[u32]) {
    let mut sum = 0;
    #[parallel_for(n_jobs = 2, n_jobs = 3)]
    #[parallel_for(reduce(+ = sum, * = sum), init(a = 1, a = 2))]
    for x in xs {
        sum += x + a;
    }
}

fn main() {}
