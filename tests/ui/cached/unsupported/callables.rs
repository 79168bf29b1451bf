use joblib::cached;

#[cached]
fn opaque(by: impl Fn(f64) -> f64) -> f64 {
    by(1.0)
}

#[cached]
fn generic<F>(by: F) -> f64
where
    F: Fn(f64) -> f64,
{
    by(1.0)
}

#[cached]
fn pointer(by: fn(f64) -> f64) -> f64 {
    by(1.0)
}

#[cached(ignore = ["by"])]
fn ignored(by: impl Fn(f64) -> f64) -> f64 {
    by(1.0)
}

fn main() {}
