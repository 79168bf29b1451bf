use joblib::cached;

#[cached(
    dir,
    ignore = debug,
    version = 2,
    code = "reachabel",
    expires_after = "7 fortnights",
    max_bytes = "lots",
    mmap_mode = "rw",
    cache_err = 3,
    depends("a"),
    hot =,
)]
fn f(x: u32, debug: bool) -> u32 {
    if debug { 0 } else { x }
}

fn main() {
    f(1, false);
}
