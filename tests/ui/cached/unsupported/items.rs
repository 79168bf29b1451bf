use joblib::cached;

#[cached]
struct NotAFunction;

trait Trait {
    #[cached]
    fn without_body(&self) -> u32;
}

struct Unmarked;

#[cached(dir = "cache")]
impl Unmarked {
    fn f(&self) -> u32 {
        1
    }
}

fn main() {
    let _ = NotAFunction;
    Unmarked.f();
}
