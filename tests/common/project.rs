//! A workspace in a directory of its own, built by Cargo against this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) struct Project {
    directory: tempfile::TempDir,
}

/// What the program printed: a name and a value on each line.
pub(crate) type Printed = BTreeMap<String, String>;

impl Project {
    /// Nothing but the versions of this workspace's dependencies.
    ///
    /// All projects share the built dependencies. Cargo knows packages by their name and their path within
    /// the workspace, so the packages of every project need names of their own.
    pub(crate) fn empty() -> Self {
        let project = Self { directory: tempfile::tempdir().unwrap() };
        std::fs::copy(facade().join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project
    }

    /// Writes these files; `app` is the program, and `other`, a library, its dependency.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let project = Self::empty();
        let facade = facade();
        let manifest = |part: &str| {
            format!(
                "[package]\nname = \"{part}-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [dependencies]\njoblib = {{ path = {facade:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
            )
        };
        let dependency = format!("other = {{ path = \"../other\", package = \"other-{name}\" }}\n");
        project.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"app\", \"other\"]\ndefault-members = [\"app\"]\nresolver = \"3\"\n[profile.dev]\ndebug = 0\n",
        );
        project.write("app/Cargo.toml", &(manifest("app") + &dependency + "[features]\nfast = []\n"));
        project.write("other/Cargo.toml", &(manifest("other") + "[lib]\nname = \"other\"\n"));
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

    /// Cargo with these arguments, without a network.
    pub(crate) fn cargo(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fingerprint");
        Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(self.directory.path())
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", target)
            .env_remove("RUSTFLAGS")
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    /// Builds and runs the program, with these options of Cargo and these environment variables.
    #[track_caller]
    pub(crate) fn run(&self, options: &[&str], variables: &[(&str, &str)]) -> Printed {
        let output = self.cargo(&[&["run", "--quiet"], options].concat(), variables);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    }
}

fn facade() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names whose values differ.
pub(crate) fn changed(before: &Printed, after: &Printed) -> Vec<String> {
    assert!(before.keys().eq(after.keys()), "{before:?} {after:?}");
    before.iter().filter(|(name, value)| after[*name] != **value).map(|(name, _)| name.clone()).collect()
}
