use joblib::cached;

#[cached]
#[cached(version = "1")]
fn twice(x: u8) -> u8 {
    x
}

fn main() {}
