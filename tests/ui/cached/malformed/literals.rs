use joblib::cached;

#[cached(compress = "zlibb", hot = true, max_items = "3", expires_after = 7, verbose = true)]
fn alone(x: u8) -> u8 {
    x
}

#[cached(compress = ("zlib", 40))]
fn pair(x: u8) -> u8 {
    x
}

#[cached(compress = 10)]
fn level(x: u8) -> u8 {
    x
}

fn main() {}
