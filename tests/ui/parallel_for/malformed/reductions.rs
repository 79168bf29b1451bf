use joblib::parallel_for;

struct Total {
    sum: u32,
}

#[parallel_for]
fn f(xs: &[u32], total: &mut Total) {
    total.sum += 1;
    #[parallel_for(reduce(+ = total.sum))]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce(mxa = high))]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce(high))]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce(with(Vec::new()) = all))]
    for x in xs {
        println!("{x}");
    }
    #[parallel_for(reduce(/ = quotient))]
    for x in xs {
        println!("{x}");
    }
}

fn main() {}
