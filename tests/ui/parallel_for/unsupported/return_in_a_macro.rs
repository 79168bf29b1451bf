use joblib::parallel_for;

macro_rules! give_up {
    () => {
        return
    };
}

#[parallel_for]
fn f(xs: &[u32]) {
    for x in xs {
        if *x > 3 {
            give_up!();
        }
    }
}

fn main() {}
