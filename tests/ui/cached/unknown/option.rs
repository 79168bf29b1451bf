use joblib::cached;

#[cached(ignor = ["debug"], direction = "cache", max_byte = "1G")]
fn f(x: u32, debug: bool) -> u32 {
    if debug { 0 } else { x }
}

fn main() {
    f(1, false);
}
