use joblib::cached;

#[cached(key = x, ignore = ["y"])]
fn f(x: u32, y: u32) -> u32 {
    x + y
}

fn main() {
    f(1, 2);
}
