use joblib::cached;

#[cached]
fn borrowed(x: &str) -> &str {
    x
}

#[cached]
fn opaque(x: u32) -> impl Iterator<Item = u32> {
    0..x
}

#[cached]
fn never(x: u32) -> ! {
    panic!("{x}")
}

fn main() {
    borrowed("x");
    opaque(1);
    never(1);
}
