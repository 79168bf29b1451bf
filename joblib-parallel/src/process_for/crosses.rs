//! How values travel to worker processes.

use serde::{Serialize, de::DeserializeOwned};

/// A value that can be had again in a worker process, as `Lent`, made of what was sent; `K` says how.
///
/// Several kinds would suit some types, which is why the kind is a parameter: where types are known, exactly
/// one does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel to a worker process",
    label = "what travels is `Serialize + DeserializeOwned + Send + 'static`, or a reference, slice, `&str` or array view of such",
    note = "references to references become plain ones by `.copied()`; pairs of these travel too"
)]
pub trait Crosses<K>: Serialize {
    /// What the other side keeps.
    type Kept: DeserializeOwned + 'static;
    /// What it lends of that: a value of the type `Self`, but for the lifetime.
    type Lent<'k>;
    /// What comes back of a value that was lent, if it was to be used again.
    type Returned;
    /// What comes back to the sender: the new value of what may be changed.
    type Changed: Serialize + DeserializeOwned + Send + 'static;

    /// Lends what was kept: once, unless it is put back.
    fn lend(kept: &mut Self::Kept) -> Self::Lent<'_>;

    /// Gives back what was lent.
    fn give_back(lent: Self::Lent<'_>) -> Self::Returned;

    /// Keeps again what came back.
    fn put_back(kept: &mut Self::Kept, returned: Self::Returned);

    /// What has become of it.
    fn changed(kept: Self::Kept) -> Self::Changed;

    /// Changes the sender's value likewise.
    fn write(self, changed: Self::Changed);
}
