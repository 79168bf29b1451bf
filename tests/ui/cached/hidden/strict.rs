use joblib::cached;
use serde::Serialize;

#[derive(Serialize)]
#[serde(untagged)]
enum Degrees {
    Celsius(f64),
    Fahrenheit(f64),
}

#[cached(dir = "cache", strict)]
fn warm(degrees: Degrees) -> bool {
    matches!(degrees, Degrees::Celsius(degrees) | Degrees::Fahrenheit(degrees) if degrees > 20.0)
}

#[cached(dir = "cache", strict = ["hidden"], ignore_fields = ["Degrees"])]
fn cold(degrees: Degrees) -> bool {
    !warm(degrees)
}

#[cached(dir = "cache", strict = "hiden")]
fn mistaken(degrees: u8) -> bool {
    degrees > 0
}

#[cached(dir = "cache", ignore_fields = [log])]
fn unquoted(degrees: u8) -> bool {
    degrees > 0
}

fn main() {}
