//! A leading `~` as the home directory, as Python's `os.path.expanduser` has it.

use crate::{Error, Result};
use std::path::{Component, Path, PathBuf};

/// The path with a leading `~` replaced: by `HOME`, else by what the system knows of the user (on Windows by
/// the profile).
///
/// # Errors
///
/// [`is_invalid`](Error::is_invalid) where no home directory is known, and for the homes of other users
/// (`~name`): nothing of such a name is ever meant to be created.
pub(crate) fn expand(path: &Path) -> Result<PathBuf> {
    let mut components = path.components();
    let first = match components.next() {
        Some(Component::Normal(first)) if first.as_encoded_bytes().starts_with(b"~") => first,
        _ => return Ok(path.to_owned()),
    };
    if first != "~" {
        let message =
            "the home directory of another user is not looked up: name it, or write `./~` for such a name";
        return Err(Error::invalid(message).with_path(path));
    }
    let home = dir().ok_or_else(|| {
        Error::invalid("there is no home directory for `~`: set HOME, or name it").with_path(path)
    })?;
    Ok(home.join(components.as_path()))
}

/// Where the user's programs keep what they can make again; `None` where no home directory is known.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    let (variable, in_home) =
        if cfg!(windows) { ("LOCALAPPDATA", "AppData/Local") } else { ("XDG_CACHE_HOME", ".cache") };
    let given = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| Some(dir()?.join(in_home)))
}

fn dir() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_leading_tilde_is_a_home() {
        for literal in ["a/~", "./~", "/~/a", "", "a~"] {
            assert_eq!(expand(Path::new(literal)).unwrap(), Path::new(literal));
        }
        for other in ["~somebody/cache", "~~", "~1"] {
            let error = expand(Path::new(other)).unwrap_err();
            assert!(error.is_invalid() && error.path() == Some(Path::new(other)), "{error}");
        }
        if let Some(home) = dir() {
            assert_eq!(expand(Path::new("~/a/b")).unwrap(), home.join("a/b"));
            assert_eq!(expand(Path::new("~")).unwrap(), home);
        }
    }
}
