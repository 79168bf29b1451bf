//! Reading an array from a dump into memory that is there.

use crate::layout::input::Opened;
use crate::load::Loader;
use crate::stream::{Decoder, refill, walk};
use crate::visit::Visit;
use joblib_core::Result;
use joblib_core::array::Element;
use ndarray::{ArrayRef, Dimension};
use std::path::Path;

/// Reads the array that was dumped to `path` into `target`, which has its dtype and shape.
///
/// ```
/// use ndarray::Array2;
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("frame.jl");
/// joblib::dump(&Array2::<f32>::ones((480, 640)), &path)?;
/// let mut frame = Array2::<f32>::zeros((480, 640));
/// joblib::load_into(&path, &mut frame)?;
/// assert_eq!(frame[[479, 639]], 1.0);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # Errors
///
/// As [`Loader::read_into`].
pub fn load_into<T: Element, D: Dimension>(
    path: impl AsRef<Path>,
    target: &mut ArrayRef<T, D>,
) -> Result<()> {
    Loader::new().read_into(path, "", target)
}

impl Loader {
    /// Reads the array of this name (the value itself, if empty) into `target`, which has its dtype and
    /// shape.
    ///
    /// No memory is allocated where `target` lies in memory as the array in the file does. If reading fails,
    /// `target` may be partly overwritten.
    ///
    /// # Errors
    ///
    /// As [`read_part`](Self::read_part), and if dtype or shape differ.
    pub fn read_into<T: Element, D: Dimension>(
        &self,
        path: impl AsRef<Path>,
        name: &str,
        target: &mut ArrayRef<T, D>,
    ) -> Result<()> {
        self.refused.check()?;
        let read = |opened: &Opened| self.visit_opened(opened, Into { name, target: &mut *target });
        Opened::read(path.as_ref(), read)
    }
}

/// Reads the array of this name into another.
struct Into<'t, T, D: Dimension> {
    name: &'t str,
    target: &'t mut ArrayRef<T, D>,
}

impl<T: Element, D: Dimension> Visit for Into<'_, T, D> {
    type Output = ();
    const WHOLE: bool = false;

    fn visit(self, decoder: &mut Decoder<'_, '_>) -> Result<()> {
        walk::seek(decoder, self.name)?;
        refill::read_into(decoder, self.target)
    }
}
