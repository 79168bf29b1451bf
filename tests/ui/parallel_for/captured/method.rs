use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[f64]) -> Vec<f64> {
    let mut all = Vec::new();
    #[parallel_for]
    for x in xs {
        all.push(x * 2.0);
    }
    all
}

fn main() {}
