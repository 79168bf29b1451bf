use joblib::cached;

#[cached(dir = format!("cache/{}", user))]
fn f(user: u32) -> u32 {
    user
}

fn main() {
    f(1);
}
