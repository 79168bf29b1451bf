//! What is written and read is what serde's derives write and read.

use crate::hash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

mod derived {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Record<A, B> {
        pub(super) number: A,
        pub(super) text: Option<B>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename = "Named")]
    pub(super) struct Partial {
        pub(super) kept: u8,
        #[serde(skip)]
        pub(super) left: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Choice<T> {
        Nothing,
        Something(T),
        Else,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Never {}
}

mod by_macro {
    #[derive(Debug, PartialEq)]
    pub(super) struct Record<A, B> {
        pub(super) number: A,
        pub(super) text: Option<B>,
    }

    crate::impl_serde_struct!(Record<A, B> { number, text });

    #[derive(Debug, PartialEq)]
    pub(super) struct Partial {
        pub(super) kept: u8,
        pub(super) left: u8,
    }

    crate::impl_serde_struct!([] [] Partial as ("Named") { kept } skip { left });

    #[derive(Debug, PartialEq)]
    pub(super) enum Choice<T> {
        Nothing,
        Something(T),
        Else,
    }

    crate::impl_serde_enum!(Choice<T> { Nothing, Something(value), Else });

    #[derive(Debug, PartialEq)]
    pub(super) enum Never {}

    crate::impl_serde_enum!(Never {});
}

/// The same is written of both, and read of each text: the same value or the same error.
fn agree<D, M>(values: &[(D, M)], texts: &[&str])
where
    D: Serialize + DeserializeOwned + Debug,
    M: Serialize + DeserializeOwned + Debug,
{
    for (derived, by_macro) in values {
        let written = serde_json::to_string(derived).unwrap();
        assert_eq!(serde_json::to_string(by_macro).unwrap(), written);
        assert_eq!(hash(by_macro).unwrap(), hash(derived).unwrap());
        assert_eq!(read::<M>(&written), format!("{by_macro:?}"));
    }
    for text in texts {
        assert_eq!(read::<M>(text), read::<D>(text), "{text}");
    }
}

fn read<T: DeserializeOwned + Debug>(text: &str) -> String {
    serde_json::from_str::<T>(text).map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
}

#[test]
fn structs_are_as_derived() {
    agree(
        &["a", ""].map(|text| {
            let text = Some(text.to_owned()).filter(|text| !text.is_empty());
            (derived::Record { number: 7, text: text.clone() }, by_macro::Record { number: 7, text })
        }),
        &[
            r#"{"text": "a", "more": [1, {}], "number": 7}"#,
            r#"{"number": 7}"#,
            r#"{"text": "a"}"#,
            r#"{"number": 7, "number": 8}"#,
            r#"{"number": "seven"}"#,
            r#"[7, "a"]"#,
            "[7]",
            "[]",
            "[7, null, 8]",
            "7",
        ],
    );
}

#[test]
fn what_is_skipped_is_the_default() {
    let value = by_macro::Partial { kept: 1, left: 2 };
    assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"kept":1}"#);
    let derived = derived::Partial { kept: 1, left: 0 };
    agree(&[(derived, by_macro::Partial { left: 0, ..value })], &[r#"{"kept": 1, "left": 2}"#, "{}", "[1]"]);
}

#[test]
fn enums_are_as_derived() {
    agree(
        &[
            (derived::Choice::Nothing, by_macro::Choice::Nothing),
            (derived::Choice::Something(1u8), by_macro::Choice::Something(1u8)),
            (derived::Choice::Else, by_macro::Choice::Else),
        ],
        &[
            r#""Something""#,
            r#"{"Something": "x"}"#,
            r#"{"Else": null}"#,
            r#"{"Else": 1}"#,
            r#""Other""#,
            "1",
            "{}",
        ],
    );
    agree::<derived::Never, by_macro::Never>(&[], &[r#""Any""#, "1"]);
}

/// Formats write numbers or bytes for names.
#[test]
fn names_may_be_numbers_or_bytes() {
    use serde::de::IntoDeserializer;
    use serde::de::value::{EnumAccessDeserializer, Error, MapDeserializer, U32Deserializer};
    fn choice<T: DeserializeOwned + Debug>(number: u32) -> String {
        let access: U32Deserializer<Error> = number.into_deserializer();
        text(T::deserialize(EnumAccessDeserializer::new(access)))
    }
    fn record<'de, T: Deserialize<'de> + Debug, N: IntoDeserializer<'de, Error>>(name: N) -> String {
        text(T::deserialize(MapDeserializer::new([(name, 7u8)].into_iter())))
    }
    fn text<T: Debug>(read: Result<T, Error>) -> String {
        read.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
    }
    for number in 0..4 {
        assert_eq!(choice::<by_macro::Choice<()>>(number), choice::<derived::Choice<()>>(number));
        assert_eq!(record::<by_macro::Partial, _>(number), record::<derived::Partial, _>(number));
    }
    for name in [&b"kept"[..], b"left", b"\xff"] {
        assert_eq!(record::<by_macro::Partial, _>(name), record::<derived::Partial, _>(name));
    }
}
