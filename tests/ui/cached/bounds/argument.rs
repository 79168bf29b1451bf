use joblib::cached;

struct Opaque;

#[cached]
fn by_value(x: u32, opaque: Opaque) -> u32 {
    let _ = opaque;
    x
}

#[cached]
fn by_reference(opaque: &Opaque, x: u32) -> u32 {
    let _ = opaque;
    x
}

#[cached]
fn generic<T>(value: T) -> u32 {
    let _ = value;
    1
}

impl Opaque {
    #[cached]
    pub fn method(&self) -> u32 {
        1
    }
}

fn main() {
    by_value(1, Opaque);
    by_reference(&Opaque, 1);
    generic(1);
    Opaque.method();
}
