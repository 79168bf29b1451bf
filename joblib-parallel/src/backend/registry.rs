//! Back-ends by name.

use super::choice::{Choice, PROCESSES};
use super::{Backend, BackendChoice, Sequential, Threads};
use crate::{Error, Result};
use joblib_core::fork::ForkMutex;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

struct Registry {
    backends: BTreeMap<String, Arc<dyn Backend>>,
    default: String,
}

static REGISTRY: LazyLock<ForkMutex<Registry>> = LazyLock::new(|| {
    let threads: Arc<dyn Backend> = Arc::new(Threads);
    let sequential: Arc<dyn Backend> = Arc::new(Sequential);
    let backends = [("threads", &threads), ("threading", &threads), ("sequential", &sequential)];
    let backends =
        backends.into_iter().map(|(name, backend)| (name.to_owned(), Arc::clone(backend))).collect();
    ForkMutex::new(Registry { backends, default: "threads".to_owned() })
});

/// Makes `backend` known under `name`, for [`Parallel::backend`](crate::Parallel::backend) and
/// [`parallel_config`](crate::parallel_config), in the whole process.
///
/// # Errors
///
/// If the name is taken.
pub fn register_backend(name: impl Into<String>, backend: impl Backend + 'static) -> Result<()> {
    let name = name.into();
    let mut registry = REGISTRY.lock();
    if name == PROCESSES || registry.backends.contains_key(&name) {
        return Err(Error::invalid(format!("a backend named \"{name}\" is registered already")));
    }
    registry.backends.insert(name, Arc::new(backend));
    Ok(())
}

/// Makes the back-end of this name the default, which is `"threads"` at first.
///
/// # Errors
///
/// If there is no such back-end.
pub fn set_default_backend(name: &str) -> Result<()> {
    find(Some(&name.into()))?;
    REGISTRY.lock().default = name.to_owned();
    Ok(())
}

/// Why [`PROCESSES`] is no back-end.
pub(crate) fn not_threads() -> Error {
    Error::invalid(
        "processes are not chosen by name: what a closure captures cannot go there, and only its type tells. \
         Write `Parallel::new().processes().map(..)`",
    )
}

/// The back-end that was chosen, or the default one, and its name.
pub(crate) fn find(choice: Option<&BackendChoice>) -> Result<(String, Arc<dyn Backend>)> {
    let named = match choice.map(|choice| &choice.0) {
        Some(Choice::Given(backend)) => return Ok((backend.name().to_owned(), Arc::clone(backend))),
        Some(Choice::Named(name)) => Some(name),
        None => None,
    };
    let registry = REGISTRY.lock();
    let name = named.unwrap_or(&registry.default);
    if let Some(backend) = registry.backends.get(name) {
        return Ok((name.to_owned(), Arc::clone(backend)));
    }
    if name == PROCESSES {
        return Err(not_threads());
    }
    let known: Vec<&str> = registry.backends.keys().map(String::as_str).collect();
    Err(Error::invalid(format!("no backend named \"{name}\"; there are: {}", known.join(", "))))
}
