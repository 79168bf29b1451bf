use joblib::cached;

#[cached(cache_err)]
fn none(x: u8) -> u8 {
    x
}

#[cached(cache_err)]
fn some(x: u8) -> Result<u8, String> {
    Ok(x)
}

fn main() {}
