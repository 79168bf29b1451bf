//! A dump read as a type in which one number is of another type: the same number, or an error.

use ciborium::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::files::dumped;
use super::{Case, Outcome, Question, failed, short, told};
use crate::Sample;

pub fn other_number<T, U>(case: &Case<'_>) -> Outcome
where
    T: Sample + Serialize + DeserializeOwned,
    U: Sample + Serialize + DeserializeOwned,
{
    let value: T = case.make();
    let Some(dumped) = dumped(case, &value) else { return Ok(()) };
    match joblib::load::<U>(&dumped.path) {
        Ok(found) if !tell_the_same(&value, &found) => {
            let detail = format!("{}: {} for {}", dumped.way, short(&found), short(&value));
            failed("another number", Question::None, detail)
        }
        Err(error) if error.is_corrupt() => {
            let detail = format!("{}: {} of {}", dumped.way, told(&error), short(&value));
            failed("another type is damage", Question::None, detail)
        }
        _ => Ok(()),
    }
}

/// Whether all numbers are the same, of whichever types.
fn tell_the_same<T: Serialize, U: Serialize>(one: &T, other: &U) -> bool {
    match (Value::serialized(one), Value::serialized(other)) {
        (Ok(one), Ok(other)) => alike(&one, &other),
        // Of what serde cannot tell nothing was asked.
        _ => true,
    }
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => one == other || one.is_nan() && other.is_nan(),
        (Value::Float(float), Value::Integer(integer)) | (Value::Integer(integer), Value::Float(float)) => {
            let integer = i128::from(*integer);
            integer as f64 == *float && *float as i128 == integer
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            let entries = |((key, value), (other_key, other)): (&(Value, Value), &(Value, Value))| {
                alike(key, other_key) && alike(value, other)
            };
            one.len() == other.len() && one.iter().zip(other).all(entries)
        }
        // Integers beyond 64 bits are bytes with a tag.
        (Value::Tag(..), Value::Float(_)) | (Value::Float(_), Value::Tag(..)) => true,
        (one, other) => one == other,
    }
}
