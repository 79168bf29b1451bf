use joblib::cached;

#[derive(Clone)]
struct Opaque;

#[cached]
fn plain(x: u32) -> Opaque {
    let _ = x;
    Opaque
}

#[cached]
fn fallible(x: u32) -> Result<Opaque, String> {
    let _ = x;
    Ok(Opaque)
}

#[cached]
async fn later(x: u32) -> Opaque {
    let _ = x;
    Opaque
}

fn main() {
    plain(1);
    let _ = fallible(1);
    drop(later(1));
}
