//! A crate in a directory of its own, built by Cargo against this workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct Project {
    name: String,
    directory: tempfile::TempDir,
}

/// What the program printed: a name and a value on each line.
pub(crate) type Printed = BTreeMap<String, String>;

impl Project {
    /// Writes these files; `app` is the program, and `other`, a library, its dependency.
    ///
    /// All projects share the built dependencies. Cargo knows packages by their name and their path within
    /// the workspace, so every project needs a name of its own.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let project = Self { name: name.to_owned(), directory };
        let facade = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = |part: &str| {
            format!(
                "[package]\nname = \"{part}-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [dependencies]\njoblib = {{ path = {facade:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
            )
        };
        let dependency = format!("other = {{ path = \"../other\", package = \"other-{name}\" }}\n");
        project.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"app\", \"other\"]\nresolver = \"3\"\n[profile.dev]\ndebug = 0\n",
        );
        project.write("app/Cargo.toml", &(manifest("app") + &dependency + "[features]\nfast = []\n"));
        project.write("other/Cargo.toml", &(manifest("other") + "[lib]\nname = \"other\"\n"));
        std::fs::copy(facade.join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Replaces text that must be there.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{from} is not in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// Builds and runs the program, with these options of Cargo and these environment variables.
    #[track_caller]
    pub(crate) fn run(&self, options: &[&str], variables: &[(&str, &str)]) -> Printed {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fingerprint");
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline", "--package", &format!("app-{}", self.name)])
            .args(options)
            .current_dir(self.directory.path())
            .env("CARGO_TARGET_DIR", target)
            .envs(variables.iter().copied())
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    }
}

/// The names whose values differ.
pub(crate) fn changed(before: &Printed, after: &Printed) -> Vec<String> {
    assert!(before.keys().eq(after.keys()), "{before:?} {after:?}");
    before.iter().filter(|(name, value)| after[*name] != **value).map(|(name, _)| name.clone()).collect()
}
