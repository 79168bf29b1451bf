//! What `#[serde(with = ..)]` and its like name in the programs.

use crate::Sample;

/// A root that is not, is left out.
pub fn can_be_told<T: Sample + serde::Serialize + serde::de::DeserializeOwned>() {}

/// For `default`.
pub fn plain<T: Sample>() -> T {
    T::plain()
}

/// For `skip_serializing_if`.
pub fn is_plain<T: Sample>(value: &T) -> bool {
    value.same(&T::plain())
}

/// A float as its bits.
pub mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

/// A large integer as its digits.
pub mod digits {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A map as a sequence of its entries.
pub mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Vec::<(K, V)>::deserialize(deserializer).map(|entries| entries.into_iter().collect())
    }
}

/// A sequence whose length is not told beforehand.
pub mod uncounted {
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(row: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        row.iter().try_for_each(|element| sequence.serialize_element(element))?;
        sequence.end()
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        Vec::deserialize(deserializer)
    }
}

/// A sequence that is one element longer than was told; not a long one, of which a part is written before
/// that shows.
pub mod counted_wrongly {
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(row: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        let missing = usize::from((1..100).contains(&row.len()));
        let mut sequence = serializer.serialize_seq(Some(row.len() - missing))?;
        row.iter().try_for_each(|element| sequence.serialize_element(element))?;
        sequence.end()
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        Vec::deserialize(deserializer)
    }
}
