//! The options of `#[cached(..)]`: what was written, each checked for itself.

use super::units;
use crate::attr::{Attr, Given, GivenValue, string_literal};
use crate::ctxt::Ctxt;
use crate::fingerprint::Code;
use crate::names::suggestion;
use crate::root::Root;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitInt, LitStr, Path};

/// Every option, in the order of the documentation.
const NAMES: &[&str] = &[
    "dir",
    "memory",
    "ignore",
    "key",
    "code",
    "version",
    "salt",
    "depends",
    "mmap_mode",
    "compress",
    "expires_after",
    "validate",
    "max_bytes",
    "max_items",
    "max_age",
    "hot",
    "verbose",
    "cache_err",
    "record_args",
    "crate",
];

/// What one `#[cached(..)]` says.
pub(super) struct Options {
    pub(super) dir: Attr<Expr>,
    pub(super) memory: Attr<Expr>,
    pub(super) ignore: Attr<Vec<(Span, String)>>,
    pub(super) key: Attr<Expr>,
    pub(super) version: Attr<String>,
    pub(super) salt: Attr<Expr>,
    pub(super) depends: Attr<Vec<Path>>,
    pub(super) code: Attr<Code>,
    /// Setters of the policy, by the name of their option.
    pub(super) policy: Vec<(&'static str, Attr<Setting>)>,
    pub(super) cache_err: Attr<bool>,
    pub(super) root: Attr<Root>,
}

/// The value of an option that becomes a setter of the policy.
#[derive(Clone)]
pub(super) enum Setting {
    /// As written.
    Value(Box<Expr>),
    /// A size.
    Bytes(u64),
    /// A span of time.
    Duration(std::time::Duration),
    /// A mapping mode, by the name of its variant.
    Mode(&'static str),
    /// What to compress by.
    Compression(Box<Expr>),
}

impl Setting {
    /// The argument of the setter.
    pub(super) fn tokens(&self, private: &TokenStream) -> TokenStream {
        match self {
            Setting::Value(expr) => quote!(#expr),
            Setting::Bytes(bytes) => quote!(#bytes),
            Setting::Compression(expr) => quote!(#private::compression(#expr)),
            Setting::Duration(duration) => {
                let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
                quote!(::core::time::Duration::new(#seconds, #nanos))
            }
            Setting::Mode(variant) => {
                let variant = proc_macro2::Ident::new(variant, Span::call_site());
                quote!(#private::MmapMode::#variant)
            }
        }
    }
}

const POLICY: &[&str] = &[
    "mmap_mode",
    "compress",
    "expires_after",
    "validate",
    "max_bytes",
    "max_items",
    "max_age",
    "hot",
    "verbose",
    "record_args",
];

impl Options {
    pub(super) fn parse(cx: &Ctxt, arguments: TokenStream) -> Self {
        let mut options = Self {
            dir: Attr::none("dir"),
            memory: Attr::none("memory"),
            ignore: Attr::none("ignore"),
            key: Attr::none("key"),
            version: Attr::none("version"),
            salt: Attr::none("salt"),
            depends: Attr::none("depends"),
            code: Attr::none("code"),
            policy: POLICY.iter().map(|name| (*name, Attr::none(name))).collect(),
            cache_err: Attr::none("cache_err"),
            root: Attr::none("crate"),
        };
        for given in Given::parse_all(cx, arguments, NAMES) {
            options.take(cx, given);
        }
        if let (Some(_), Some(span)) = (options.dir.get(), options.memory.span()) {
            cx.error_at(span, "`dir` and `memory` both say where results are kept: keep one of the two");
        }
        options
    }

    fn take(&mut self, cx: &Ctxt, given: Given) {
        let span = given.span();
        let name = given.name.to_string();
        match name.as_str() {
            "dir" => set(cx, span, &mut self.dir, given.into_expr(cx, "dir = \"cache\"")),
            "memory" => set(cx, span, &mut self.memory, given.into_expr(cx, "memory = MEMORY")),
            "ignore" => set(cx, span, &mut self.ignore, names(cx, given)),
            "key" => set(cx, span, &mut self.key, given.into_expr(cx, "key = (a, b.len())")),
            "version" => {
                let version = given.into_str(cx, "version = \"2\"").map(|(_, text)| text);
                set(cx, span, &mut self.version, version);
            }
            "salt" => set(cx, span, &mut self.salt, given.into_expr(cx, "salt = CONFIG")),
            "depends" => set(cx, span, &mut self.depends, paths(cx, given)),
            "code" => set(cx, span, &mut self.code, code(cx, given)),
            "cache_err" => set(cx, span, &mut self.cache_err, given.into_flag(cx)),
            "crate" => set(cx, span, &mut self.root, Root::from_option(cx, given)),
            _ => {
                let setting = setting(cx, &name, given);
                if let Some((_, attr)) = self.policy.iter_mut().find(|(policy, _)| *policy == name) {
                    set(cx, span, attr, setting);
                }
            }
        }
    }
}

fn set<T>(cx: &Ctxt, span: Span, attr: &mut Attr<T>, value: Option<T>) {
    if let Some(value) = value {
        attr.set(cx, span, value);
    }
}

fn setting(cx: &Ctxt, name: &str, given: Given) -> Option<Setting> {
    match name {
        "mmap_mode" => {
            let (span, text) = given.into_str(cx, "mmap_mode = \"r\"")?;
            match text.as_str() {
                "r" => Some(Setting::Mode("Read")),
                "r+" | "w+" => Some(Setting::Mode("ReadWrite")),
                "c" => Some(Setting::Mode("CopyOnWrite")),
                _ => {
                    cx.error_at(
                        span,
                        format_args!("`{text}` is none of the modes \"r\", \"r+\", \"w+\", \"c\""),
                    );
                    None
                }
            }
        }
        "expires_after" | "max_age" => {
            let read = |text: &str| units::duration(text).map(Setting::Duration);
            text_or_value(cx, name, "7d", given, read, "a span of time such as \"7d\", \"12h\" or \"30s\"")
        }
        "max_bytes" | "hot" => {
            let read = |text: &str| units::bytes(text).map(Setting::Bytes);
            text_or_value(cx, name, "64M", given, read, "a size such as \"64M\" or \"10G\"")
        }
        "record_args" => {
            let on = given.into_flag(cx)?;
            Some(Setting::Value(Box::new(syn::parse_quote!(#on))))
        }
        "validate" => given.into_expr(cx, "validate = is_valid").map(Box::new).map(Setting::Value),
        "compress" => {
            let expr = given.into_expr(cx, "compress = \"zlib\"")?;
            check_compression(cx, &expr);
            Some(Setting::Compression(Box::new(expr)))
        }
        _ => {
            let example = if name == "max_items" { 1000 } else { 1 };
            let expr = given.into_expr(cx, &format!("{name} = {example}"))?;
            if let Expr::Lit(ExprLit { lit, .. }) = &expr
                && !matches!(lit, Lit::Int(_))
            {
                cx.error(lit, format_args!("`{name}` takes a whole number: write `{name} = {example}`"));
            }
            Some(Setting::Value(Box::new(expr)))
        }
    }
}

/// What is literal is checked here, all else at run time.
fn check_compression(cx: &Ctxt, expr: &Expr) {
    const NAMES: &[&str] = &["none", "zlib", "gzip", "bz2", "xz", "lzma", "lz4", "zstd", "pco"];
    let check_name = |text: &LitStr| {
        if !NAMES.contains(&text.value().as_str()) {
            let suggestion = suggestion(&text.value(), NAMES);
            cx.error(
                text,
                format_args!(
                    "`{}` is no compression: {suggestion}; one of your own is `Method::Registered(\"..\")`",
                    text.value()
                ),
            );
        }
    };
    let check_level = |level: &LitInt, last: u8| {
        if !level.base10_parse::<u8>().is_ok_and(|level| level <= last) {
            cx.error(level, format_args!("`{level}` is no level of compression: they go from 0 to {last}"));
        }
    };
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => check_name(name),
        Expr::Lit(ExprLit { lit: Lit::Int(level), .. }) => check_level(level, 9),
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => {}
        Expr::Lit(literal) => {
            cx.error(
                literal,
                "`compress` takes a switch, a level, a name, or both: write `compress = (\"zlib\", 3)`",
            );
        }
        Expr::Tuple(pair) => {
            for part in &pair.elems {
                match part {
                    Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => check_name(name),
                    // Zstandard's last.
                    Expr::Lit(ExprLit { lit: Lit::Int(level), .. }) => check_level(level, 22),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Text is read here, anything else at run time.
fn text_or_value(
    cx: &Ctxt,
    name: &str,
    example: &str,
    given: Given,
    read: impl Fn(&str) -> Option<Setting>,
    wanted: &str,
) -> Option<Setting> {
    let expr = given.into_expr(cx, &format!("{name} = \"{example}\""))?;
    let Some((span, text)) = string_literal(&expr) else {
        // A number of bytes may stand alone; a number of days, or of what?, may not.
        let is_number = matches!(&expr, Expr::Lit(ExprLit { lit: Lit::Int(_), .. }));
        if matches!(expr, Expr::Lit(_)) && !(is_number && matches!(name, "hot" | "max_bytes")) {
            cx.error(&expr, format_args!("`{name}` takes {wanted}"));
        }
        return Some(Setting::Value(Box::new(expr)));
    };
    let setting = read(&text);
    if setting.is_none() {
        cx.error_at(span, format_args!("`{text}` is not {wanted}"));
    }
    setting
}

/// `["a", "b"]`, or one name alone.
fn names(cx: &Ctxt, given: Given) -> Option<Vec<(Span, String)>> {
    let expr = given.into_expr(cx, "ignore = [\"debug\"]")?;
    let items: Vec<Expr> = match expr {
        Expr::Array(array) => array.elems.into_iter().collect(),
        other => vec![other],
    };
    let mut names = Vec::new();
    for item in &items {
        match (string_literal(item), item) {
            (Some((span, name)), _) => {
                names.push((span, name.strip_prefix("r#").unwrap_or(&name).to_owned()));
            }
            (None, Expr::Path(path)) if path.path.get_ident().is_some() => {
                cx.error(
                    item,
                    format_args!("names are written in quotes: `ignore = [\"{}\"]`", quote!(#path)),
                );
            }
            (None, _) => cx.error(item, "`ignore` takes names of parameters: write `ignore = [\"debug\"]`"),
        }
    }
    Some(names)
}

/// `[a::B, c]`, or one path alone.
fn paths(cx: &Ctxt, given: Given) -> Option<Vec<Path>> {
    if let GivenValue::List(list) = &given.value {
        cx.error(list, "`depends` takes a list: write `depends = [path::to::item]`");
        return None;
    }
    let expr = given.into_expr(cx, "depends = [path::to::item]")?;
    let items: Vec<Expr> = match expr {
        Expr::Array(array) => array.elems.into_iter().collect(),
        other => vec![other],
    };
    let mut paths = Vec::new();
    for item in items {
        match item {
            Expr::Path(path) if path.qself.is_none() => paths.push(path.path),
            other => cx.error_at(other.span(), "`depends` takes paths of `#[tracked]` items"),
        }
    }
    Some(paths)
}

fn code(cx: &Ctxt, given: Given) -> Option<Code> {
    const MODES: &[&str] = &["reachable", "body", "binary", "none"];
    let (span, text) = given.into_str(cx, "code = \"reachable\"")?;
    match text.as_str() {
        "reachable" => Some(Code::Reachable),
        "body" => Some(Code::Body),
        "binary" => Some(Code::Binary),
        "none" => Some(Code::None),
        _ => {
            cx.error_at(span, format_args!("unknown mode `{text}`: {}", suggestion(&text, MODES)));
            None
        }
    }
}
