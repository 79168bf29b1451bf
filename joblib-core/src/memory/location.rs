//! Where results are stored, as text that leads there from any process.

use crate::home;
use crate::store::url;
use std::path::{Path, PathBuf};

/// What a place is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Location {
    /// Nothing is stored.
    Nowhere,
    Directory(PathBuf),
    /// Below a `~` whose directory is not known.
    Unknown(PathBuf),
    /// The URL of a registered store, or of a directory with options.
    Url(String),
    /// A store given by the user that has no URL.
    Unnamed,
}

impl Location {
    /// What the user means by a path, which may be a URL. A leading `~` is the home directory.
    pub(crate) fn parse(path: &Path) -> Self {
        if path.as_os_str().is_empty() {
            return Self::Nowhere;
        }
        if let Some(text) = path.to_str().filter(|text| url::is_url(text)) {
            return match url::parse_dir(text) {
                Some((dir, "")) => Self::of_dir(&dir),
                _ => Self::Url(text.to_owned()),
            };
        }
        Self::of_dir(path)
    }

    fn of_dir(path: &Path) -> Self {
        match home::expand(path) {
            Ok(path) => Self::Directory(std::path::absolute(&path).unwrap_or(path)),
            Err(_) => Self::Unknown(path.to_owned()),
        }
    }

    /// The text that [`parse`](Self::parse) reads in any process; `None` where there is none.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Nowhere => Some(String::new()),
            Self::Directory(path) => Some(url::of_dir(path)),
            Self::Unknown(path) => path.to_str().map(str::to_owned),
            Self::Url(url) => Some(url.clone()),
            Self::Unnamed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_leads_back() {
        let dir = std::env::temp_dir().join("a b?c#");
        let directory = Location::parse(&dir);
        assert_eq!(directory, Location::Directory(dir));
        let others = ["s3://bucket/a?b", "file:///tmp/x?mode=files", "", "~nobody-of-this-name/cache"];
        for location in others.map(|text| Location::parse(Path::new(text))).into_iter().chain([directory]) {
            let url = location.url().unwrap();
            assert_eq!(Location::parse(Path::new(&url)), location, "{url}");
        }
        assert_eq!(Location::parse(Path::new("file:///tmp/a%20b")), Location::Directory("/tmp/a b".into()));
        assert!(matches!(Location::parse(Path::new("./s3://x")), Location::Directory(_)));
        assert_eq!(
            Location::parse(Path::new("file://~nobody-of-this-name/x")),
            Location::parse(Path::new("~nobody-of-this-name/x"))
        );
        // A path that cannot be a directory is passed on as it is: opening it says why.
        for url in ["file://relative", "file://", "S3://bucket", "FILE:///tmp"] {
            assert_eq!(Location::parse(Path::new(url)), Location::Url(url.to_owned()));
        }
        assert_eq!(Location::Unnamed.url(), None);
    }
}
