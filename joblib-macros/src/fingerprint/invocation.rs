//! What the compiler was told about the crate that it compiles: the macro runs inside it.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// The compiler's command line, as far as it matters here.
#[derive(Debug, Default)]
pub(super) struct Invocation {
    /// Names of other crates.
    pub(super) externs: HashSet<String>,
    /// What `--cfg` says; `None` where there is no command line, as under rust-analyzer.
    pub(super) cfg: Option<Cfg>,
}

/// The options that conditions ask about.
#[derive(Debug, Default)]
pub(super) struct Cfg {
    names: HashSet<String>,
    values: HashMap<String, HashSet<String>>,
    pub(super) is_test: bool,
    /// Whether the crate is compiled for the machine that compiles.
    pub(super) is_for_host: bool,
}

impl Cfg {
    /// Whether `--cfg name` was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether `--cfg 'name="value"'` was given.
    pub(super) fn has_value(&self, name: &str, value: &str) -> bool {
        self.values.get(name).is_some_and(|values| values.contains(value))
    }
}

/// That of the compiler around this macro.
pub(super) fn of_this_build() -> &'static Invocation {
    static READ: OnceLock<Invocation> = OnceLock::new();
    READ.get_or_init(|| {
        let words = std::env::args_os().skip(1).filter_map(|word| word.into_string().ok());
        // Cargo uses response files where a command line would be too long.
        let words = words.flat_map(|word| match word.strip_prefix('@').map(std::fs::read_to_string) {
            Some(Ok(text)) => text.lines().map(str::to_owned).collect(),
            _ => vec![word],
        });
        Invocation::parse(&words.collect::<Vec<_>>())
    })
}

impl Invocation {
    pub(super) fn parse(words: &[String]) -> Self {
        let mut found = Self::default();
        if !words.iter().any(|word| word.starts_with("--crate-name")) {
            return found;
        }
        let mut cfg = Cfg { is_for_host: true, ..Cfg::default() };
        for (at, word) in words.iter().enumerate() {
            let value = |name: &str| match word.strip_prefix(name) {
                Some("") => words.get(at + 1).map(String::as_str),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            if let Some(name) = value("--extern") {
                let name = name.split('=').next().unwrap_or(name);
                found.externs.insert(name.rsplit(':').next().unwrap_or(name).to_owned());
            }
            if let Some(option) = value("--cfg") {
                match option.split_once('=') {
                    Some((name, value)) => {
                        let value = value.trim().trim_matches('"').to_owned();
                        cfg.values.entry(name.trim().to_owned()).or_default().insert(value);
                    }
                    None => drop(cfg.names.insert(option.trim().to_owned())),
                }
            }
            cfg.is_for_host &= value("--target").is_none();
            cfg.is_test |= word == "--test";
        }
        found.cfg = Some(cfg);
        found
    }
}
