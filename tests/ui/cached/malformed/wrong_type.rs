use joblib::cached;

fn always(_: u32) -> bool {
    true
}

#[cached(memory = "cache")]
fn f(x: u32) -> u32 {
    x
}

#[cached(max_items = "many", validate = always)]
fn g(x: u32) -> u32 {
    x
}

fn main() {
    f(g(1));
}
