//! Types of crates that programs often have.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use rust_decimal::Decimal;
use semver::Version;
use serde_json::{Map, Number, Value};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use uuid::Uuid;

use super::leaf::leaf;
use crate::{Random, Sample};

leaf! {
    Uuid: Uuid::nil(), |random| Uuid::from_u128(u128::make(random));
    NaiveDate: NaiveDate::MIN, |random| {
        NaiveDate::from_num_days_from_ce_opt(random.below(4_000_000) as i32 - 2_000_000).unwrap()
    };
    NaiveTime: NaiveTime::MIN, |random| {
        NaiveTime::from_num_seconds_from_midnight_opt(random.below(86_400) as u32, random.below(1_000_000_000) as u32).unwrap()
    };
    NaiveDateTime: NaiveDate::MIN.into(), |random| NaiveDate::make(random).and_time(NaiveTime::make(random));
    DateTime<Utc>: DateTime::UNIX_EPOCH, |random| NaiveDateTime::make(random).and_utc();
    TimeDelta: TimeDelta::zero(), |random| TimeDelta::nanoseconds(i64::make(random));
    Weekday: Weekday::Mon, |random| random.one(&[Weekday::Mon, Weekday::Thu, Weekday::Sun]);
    Date: Date::MIN, |random| Date::from_julian_day(random.below(4_000_000) as i32).unwrap();
    Time: Time::MIDNIGHT, |random| {
        Time::from_hms_nano(random.below(24) as u8, random.below(60) as u8, 7, random.below(1_000_000_000) as u32).unwrap()
    };
    UtcOffset: UtcOffset::UTC, |random| UtcOffset::from_whole_seconds(random.below(86_000) as i32 - 43_000).unwrap();
    PrimitiveDateTime: PrimitiveDateTime::MIN, |random| Date::make(random).with_time(Time::make(random));
    OffsetDateTime: OffsetDateTime::UNIX_EPOCH, |random| {
        let date = Date::from_julian_day(2_400_000 + random.below(100_000) as i32).unwrap();
        date.with_time(Time::make(random)).assume_offset(UtcOffset::make(random))
    };
    time::Duration: time::Duration::ZERO, |random| time::Duration::nanoseconds(i64::make(random));
    Decimal: Decimal::ZERO, |random| Decimal::from_i128_with_scale(i128::from(i64::make(random)), random.below(29) as u32);
    Version: Version::new(0, 0, 0), |random| {
        let text = random.one(&["1.2.3", "0.0.0", "1.0.0-alpha.1", "1.0.0+build.5", "18446744073709551615.0.1-x+y"]);
        Version::parse(text).unwrap()
    };
    Number: 0.into(), |random| match random.below(4) {
        0 => i64::make(random).into(),
        1 => u64::make(random).into(),
        _ => Number::from_f64(f64::make(random)).unwrap_or(1.into()),
    };
    Value: Value::Null, |random| json(random, 3);
    Map<String, Value>: Map::new(), |random| members(random, 2);
}

fn json(random: &mut Random, depth: usize) -> Value {
    let kinds = if depth == 0 { 4 } else { 6 };
    match random.below(kinds) {
        0 => Value::Null,
        1 => bool::make(random).into(),
        2 => Number::make(random).into(),
        3 => String::make(random).into(),
        4 => (0..random.length::<Value>()).map(|_| json(random, depth - 1)).collect(),
        _ => members(random, depth - 1).into(),
    }
}

fn members(random: &mut Random, depth: usize) -> Map<String, Value> {
    (0..random.below(12)).map(|_| (String::make(random), json(random, depth))).collect()
}
