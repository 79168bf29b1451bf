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

#[cached]
fn nested(x: u8) -> Vec<impl Sized> {
    vec![x]
}

#[cached]
fn inside(_x: u8) -> Option<&'static str> {
    None
}

#[cached]
fn as_an_error(x: u8) -> Result<u8, &'static str> {
    Ok(x)
}

fn main() {
    borrowed("x");
    opaque(1);
    never(1);
}
