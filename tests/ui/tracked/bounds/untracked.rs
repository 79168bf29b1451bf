//! `depends` takes tracked items only.

struct Settings;

#[joblib::cached(depends = [Settings])]
fn simulate(seed: u64) -> u64 {
    let _ = Settings;
    seed
}

fn main() {
    simulate(1);
}
