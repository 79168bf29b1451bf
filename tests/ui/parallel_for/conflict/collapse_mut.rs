use joblib::parallel_for;

#[parallel_for]
fn f(xs: &mut [u32], n: usize) {
    #[parallel_for(collapse = 2)]
    for x in xs.iter_mut() {
        for j in 0..n {
            println!("{x} {j}");
        }
    }
}

fn main() {}
