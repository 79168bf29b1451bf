//! Memorized functions as serde values: place, identity and options, from one process of a program to
//! another.
//!
//! Unsafe, for a function's value is made of its type: that captures nothing, and whoever sealed it had a
//! value.
#![allow(unsafe_code)]

use super::handle::Memory;
use super::memorized_func::{Code, MemorizedFunc, Origin};
use super::policy::Policy;
use crate::rt::fingerprint::of_executable;
use crate::{Codec, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{TypeId, type_name};
use std::hash::Hash;
use std::ptr::NonNull;
use std::sync::OnceLock;
use xxhash_rust::xxh3::Xxh3;

/// What travels. The code does not: both processes run the same program.
struct Parts<C: Codec> {
    /// Made from the executable and the type, so that no other text is taken for one of its functions.
    seal: u128,
    callee: String,
    memory: Memory<C>,
    path: Vec<String>,
    code: Code,
    policy: Policy<C>,
}

crate::impl_serde_struct! {
    [C: Codec] [C: Codec + Default] Parts<C> as ("MemorizedFunc") { seal, callee, memory, path, code, policy } skip {}
}

impl<F: Copy + 'static, K, C: Codec> Serialize for MemorizedFunc<F, K, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failed = serde::ser::Error::custom::<&str>;
        let Origin::Identity { memory, path, code, .. } = &self.origin else {
            return Err(failed("the function is known to every process by itself"));
        };
        self.policy.refused.check().map_err(serde::ser::Error::custom)?;
        let parts = Parts {
            seal: seal::<F>().map_err(serde::ser::Error::custom)?,
            callee: type_name::<F>().to_owned(),
            memory: memory.clone(),
            path: path.clone(),
            code: *code,
            policy: self.policy.clone(),
        };
        parts.serialize(serializer)
    }
}

impl<'de, F: Copy + 'static, K: Default, C: Codec + Default> Deserialize<'de> for MemorizedFunc<F, K, C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let failed = serde::de::Error::custom::<String>;
        let Parts { seal: found, callee, memory, path, mut code, policy } = Parts::deserialize(deserializer)?;
        if found != seal::<F>().map_err(serde::de::Error::custom)? {
            return Err(failed(format!(
                "`{callee}`, perhaps of another build, is not the `{}` of this one",
                type_name::<F>()
            )));
        }
        code.type_id.0 = code.type_id.0.map(|_| TypeId::of::<F>());
        const { assert!(size_of::<F>() == 0, "a cached function captures nothing") };
        // SAFETY: reading no bytes from an aligned address. The type is `Copy`, and who made the seal, in a
        // process of the same executable, had a value of this very type, of which this is a copy.
        let function = unsafe { NonNull::<F>::dangling().read() };
        let origin = Origin::Identity { memory, path, code, found: OnceLock::new() };
        Ok(Self { callee: function, keep: K::default(), origin, policy })
    }
}

/// What only `serialize`, which is given a value of the type, and `deserialize` make: a type has one number
/// in all processes of an executable, and several closures may have one name.
fn seal<F: 'static>() -> Result<u128> {
    let mut hasher = Xxh3::with_seed(0x6a6f_626c_6962);
    hasher.update(&of_executable()?.to_le_bytes());
    TypeId::of::<F>().hash(&mut hasher);
    Ok(hasher.digest128())
}
