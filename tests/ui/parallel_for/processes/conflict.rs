use joblib::parallel_for;

#[parallel_for]
fn share_is_for_processes(grid: &[f64], xs: &[usize]) {
    #[parallel_for(share(grid))]
    for x in xs {
        let _ = grid[*x];
    }
}

#[parallel_for(backend = "processes")]
fn one_way_each(grid: &[f64], xs: &[usize]) -> f64 {
    let mut sum = 0.0;
    #[parallel_for(share(grid, grid, sum), reduce(+ = sum), schedule = "static")]
    for x in xs {
        sum += grid[*x];
    }
    sum
}

#[parallel_for]
fn names_only(model: &(f64, f64), xs: &[f64]) {
    #[parallel_for(backend = "processes", share(model.0))]
    for x in xs {
        let _ = x;
    }
}

#[parallel_for]
fn writes(total: &mut f64, xs: &[f64]) {
    #[parallel_for(backend = "processes", share(total))]
    for x in xs {
        *total += x;
    }
}

fn main() {}
