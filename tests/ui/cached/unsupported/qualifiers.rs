use joblib::cached;

#[cached]
const fn constant(x: u32) -> u32 {
    x
}

#[cached]
unsafe fn dangerous(x: u32) -> u32 {
    x
}

#[cached]
extern "C" fn foreign(x: u32) -> u32 {
    x
}

fn main() {
    constant(1);
    unsafe { dangerous(1) };
    foreign(1);
}
