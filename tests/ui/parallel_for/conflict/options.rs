use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[u32]) {
    let mut sum = 0;
    #[parallel_for(schedule = "auto", chunk = 16)]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce(+ = sum), init(sum = 0))]
    for x in xs {
        sum += x;
    }
}

fn main() {}
