use joblib::parallel_for;

fn count() -> usize {
    3
}

#[parallel_for]
fn f(xs: &[u32], words: &str, n: usize) -> Option<()> {
    #[parallel_for(collapse = 2)]
    for x in xs {
        for j in 0..count() {
            println!("{x} {j}");
        }
    }
    #[parallel_for(collapse = 2)]
    for x in xs {
        for j in 0..words.find('x')? {
            println!("{x} {j}");
        }
    }
    #[parallel_for(collapse = 3)]
    for x in xs {
        for y in vec![1, 2] {
            for z in { count(); xs.iter() } {
                println!("{x} {y} {z}");
            }
        }
    }
    let (mut sum, mut end) = (0, n);
    #[parallel_for(collapse = 2, reduce(+ = sum, max = end))]
    for x in 0..end {
        for j in 0..xs[..end].len() {
            sum += x + j;
            end = end.max(j);
        }
    }
    Some(assert!(sum > end))
}

fn main() {}
