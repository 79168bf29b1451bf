use joblib::cached;

#[derive(serde::Serialize, serde::Deserialize)]
struct NotClone(u32);

#[cached(hot = "1M")]
fn f(x: u32) -> NotClone {
    NotClone(x)
}

fn main() {
    let _ = f(1).0;
}
