use joblib::cached;

#[cached(dir = "a", version = "1", dir = "b", version = "2")]
fn f(x: u32) -> u32 {
    x
}

#[cached(ignore = ["x", "x"])]
fn g(x: u32) -> u32 {
    x
}

fn main() {
    f(g(1));
}
