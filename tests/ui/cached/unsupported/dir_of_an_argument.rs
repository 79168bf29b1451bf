use joblib::cached;

#[cached(dir = format!("cache/{}", user))]
fn f(user: u32) -> u32 {
    user
}

#[cached(dir = format!("cache/{x}"))]
fn in_text(x: u8) -> u8 {
    x
}

fn main() {
    f(1);
}
