use joblib::cached;

#[cached(ignore = ["deubg", "y"])]
fn f(x: u32, debug: bool) -> u32 {
    if debug { 0 } else { x }
}

struct S;

#[cached(ignore = ["slef"])]
impl S {
    #[cached]
    fn g(&self, x: u32) -> u32 {
        x
    }
}

fn main() {
    f(1, false);
    S.g(1);
}
