use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[u32], n: usize) {
    #[parallel_for(collapse = 2)]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(collapse = 2)]
    for i in 0..n {
        println!("row {i}");
        for j in 0..n {
            println!("{j}");
        }
    }
    #[parallel_for(collapse = 2)]
    for i in 0..n {
        for j in i..n {
            println!("{j}");
        }
    }
    #[parallel_for(collapse = 2)]
    'rows: for i in 0..n {
        for j in 0..n {
            if i + j == 5 {
                break;
            }
            if i + j == 6 {
                continue 'rows;
            }
        }
    }
}

fn main() {}
