use joblib::parallel_for;

struct Model {
    loss: f64,
}

#[parallel_for]
fn f(xs: &[f64], out: &mut [f64], model: &mut Model, count: &mut usize) -> f64 {
    let (mut sum, mut best, mut last, mut bits) = (0.0, f64::MIN, 0.0, 0_u32);
    for (i, x) in xs.iter().enumerate() {
        let mut local = *x;
        local += 1.0;
        sum += local;
        best = best.max(local);
        last = local;
        bits <<= 1;
        out[i] = local;
        model.loss -= local;
        *count += 1;
        std::mem::swap(&mut last, &mut local);
    }
    sum + best + last + f64::from(bits)
}

fn main() {}
