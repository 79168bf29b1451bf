use joblib::parallel_for;

struct Custom;

#[parallel_for]
fn f(xs: &[u32]) -> Option<u32> {
    for x in xs {
        let _ = (*x > 3, Custom).1?;
    }
    None
}

fn main() {}
