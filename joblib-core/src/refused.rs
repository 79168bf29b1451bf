//! What is wrong with the options of a builder, until it is finished.

use crate::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Options that cannot be used, by name.
#[derive(Clone, Debug, Default)]
pub struct Refused(BTreeMap<&'static str, Arc<Error>>);

impl Refused {
    /// What an option was given, unless that is an error, which is kept until the option is given something
    /// else.
    pub fn accept<T>(&mut self, option: &'static str, given: Result<T>) -> Option<T> {
        match given {
            Ok(value) => {
                self.0.remove(option);
                Some(value)
            }
            Err(error) => {
                self.0.insert(option, Arc::new(error));
                None
            }
        }
    }

    /// To be asked when the builder is finished.
    ///
    /// # Errors
    ///
    /// What is wrong with one of the options, which the error names.
    pub fn check(&self) -> Result<()> {
        match self.0.first_key_value() {
            Some((option, error)) => Err(error.of_option(option)),
            None => Ok(()),
        }
    }
}
