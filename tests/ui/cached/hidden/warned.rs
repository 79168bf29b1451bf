#![deny(deprecated)]

use joblib::cached;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Config {
    rate: f64,
    #[serde(skip)]
    log: String,
    inner: Vec<Inner>,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    #[serde(skip_serializing_if = "is_zero", default)]
    level: u8,
}

fn is_zero(level: &u8) -> bool {
    *level == 0
}

#[derive(Serialize, Deserialize)]
struct Model {
    weights: Vec<f64>,
    #[serde(skip_deserializing)]
    trained: bool,
}

#[cached(dir = "cache")]
fn train(config: &Config, steps: u64) -> Model {
    Model { weights: vec![config.rate; config.inner.len()], trained: steps > 0 }
}

impl Model {
    #[cached(dir = "cache")]
    fn score(&self, ok: Result<u8, String>) -> Result<f64, String> {
        ok?;
        Ok(self.weights.iter().sum())
    }

    #[cached(dir = "cache", ignore_fields = ["Model.trained"])]
    fn again(&self) -> Model {
        Model { weights: self.weights.clone(), trained: true }
    }
}

#[cached(dir = "cache", ignore_fields = ["Config"])]
fn quiet(config: &Config, #[allow(unused)] inner: u8) -> f64 {
    config.rate
}

fn main() {}
