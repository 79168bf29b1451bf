//! Stores by their URLs.

use super::{LocalStore, Store, url};
use crate::fork::ForkMutex;
use crate::{Error, Result, user_code};
use std::collections::BTreeMap;
use std::sync::Arc;

type Open = Arc<dyn Fn(&str) -> Result<Arc<dyn Store>> + Send + Sync>;

static REGISTERED: ForkMutex<BTreeMap<String, Open>> = ForkMutex::new(BTreeMap::new());

/// Makes a kind of store known in the whole process: wherever a directory is asked for, a URL `scheme://..`
/// then means the store that `open` gives for it.
///
/// Worker processes are started before `main` and know what they register themselves: have them do it by the
/// `initializer` of the run, which comes before the first task. A memory that is passed to a task is opened
/// when it is first used, a reference to a result as it is read.
///
/// ```
/// use joblib::store::{self, LocalStore, Store};
/// use std::sync::Arc;
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path().display();
/// store::register("scratch", |url| {
///     let dir = url.trim_start_matches("scratch://");
///     Ok(Arc::new(LocalStore::open(dir)?) as Arc<dyn Store>)
/// })?;
/// let store = store::open(&format!("scratch://{dir}"))?;
/// assert!(store.functions()?.is_empty());
/// assert!(store::open("other://").unwrap_err().to_string().contains("scratch"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A scheme that is registered already or built in (`file`), and one that is none: lower-case letters,
/// digits, `+`, `-` and `.`, a letter first.
#[doc(alias = "register_store_backend")]
pub fn register(
    scheme: &str,
    open: impl Fn(&str) -> Result<Arc<dyn Store>> + Send + Sync + 'static,
) -> Result<()> {
    if !url::is_scheme(scheme) {
        return Err(Error::invalid(format!("`{scheme}` is no scheme of a URL")));
    }
    let mut registered = REGISTERED.lock();
    if scheme == url::FILE || registered.contains_key(scheme) {
        return Err(Error::invalid(format!("a store for `{scheme}://` is registered already")));
    }
    registered.insert(scheme.to_owned(), Arc::new(open));
    Ok(())
}

/// The store at a URL: of a [registered](register) scheme, or `file://` and a directory.
///
/// # Errors
///
/// [`is_invalid`](Error::is_invalid) for text that is no URL, [`is_unsupported`](Error::is_unsupported) for a
/// scheme that is not registered in this process: the message lists those that are. The error of the store
/// that is opened.
pub fn open(url: &str) -> Result<Arc<dyn Store>> {
    let scheme = url::scheme(url).ok_or_else(|| {
        Error::invalid(format!("`{url}` is no URL of a store: `scheme://..`, in lower-case letters"))
    })?;
    if scheme == url::FILE {
        return Ok(Arc::new(LocalStore::open_url(url)?));
    }
    let registered = REGISTERED.lock();
    let Some(open) = registered.get(scheme).map(Arc::clone) else {
        let known: Vec<_> = registered.keys().map(String::as_str).chain([url::FILE]).collect();
        let known = known.join("://, ");
        return Err(Error::unsupported(format!(
            "no store is registered for `{url}` in this process, which knows {known}://"
        )));
    };
    // Not under the lock: it is the user's code.
    drop(registered);
    user_code::run("what opens a store", || open(url))?
}
