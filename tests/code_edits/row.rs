//! The table of edits, as text.
//!
//! ```text
//! # kind of the rows that follow
//!
//! == name, and any of these words
//! --- a            what stands in a module of that name in this crate; or a path: what stands in that file
//! --- call in main the body of a cached function in this crate
//! pub const LIMIT: u64 = «before→after»;
//! ```
//!
//! | word | |
//! |---|---|
//! | `harmless` | nothing may run again |
//! | `wide:STEP` | the edit is made in a step in which other rows' functions may run again |
//! | `widens` | it names what cannot be followed, so that its function may run again for others' edits |
//! | `unseen` | what `fingerprint/README.md` says cannot be seen |
//!
//! `§` is the row's name, so that no row means another's items.

/// One edit of a workspace, and the cached function that it concerns.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) harmless: bool,
    /// It reaches what cannot be followed: edits of other rows may make its function run again.
    pub(crate) widens: bool,
    /// It is documented that nothing sees the edit.
    pub(crate) unseen: bool,
    /// The step in which it is made: one that may make other functions run again.
    pub(crate) wide: Option<&'static str>,
    pub(crate) pieces: Vec<Piece>,
}

/// What a row adds to the workspace.
pub(crate) struct Piece {
    pub(crate) place: Place,
    text: &'static str,
}

pub(crate) enum Place {
    /// A file, by its path.
    File(&'static str),
    /// The row's module in this crate.
    Module(&'static str),
    /// The root of this crate, before the modules.
    Root(&'static str),
    /// The body of a cached function in that module.
    Call(&'static str),
    /// Features to build with.
    Features,
    /// The locked version of a package.
    Lock,
    /// An expression of the program that calls cached functions of the row's own.
    Value(&'static str),
}

impl Row {
    /// The rows of a table.
    pub(crate) fn all(table: &'static str) -> Vec<Row> {
        let (mut kind, mut rows) = ("", Vec::<Row>::new());
        for block in blocks(table, &["# ", "== "]) {
            let (head, rest) = block.split_once('\n').unwrap_or((block, ""));
            if let Some(heading) = head.strip_prefix("# ") {
                kind = heading;
            } else if let Some(head) = head.strip_prefix("== ") {
                rows.push(Row::new(kind, head, rest));
            }
        }
        rows
    }

    fn new(kind: &'static str, head: &'static str, rest: &'static str) -> Self {
        let mut words = head.split(' ');
        let mut row = Row {
            name: words.next().unwrap_or_default(),
            kind,
            harmless: false,
            widens: false,
            unseen: false,
            wide: None,
            pieces: Vec::new(),
        };
        for word in words {
            match word.split_once(':') {
                None if word == "harmless" => row.harmless = true,
                None if word == "widens" => row.widens = true,
                None if word == "unseen" => row.unseen = true,
                Some(("wide", step)) => row.wide = Some(step),
                _ => panic!("{word} of {}", row.name),
            }
        }
        for block in blocks(rest, &["--- "]) {
            if let Some((place, text)) = block.strip_prefix("--- ").and_then(|block| block.split_once('\n')) {
                let place = match place.split_once(" in ") {
                    Some(("call", of)) => Place::Call(of),
                    Some(("value", of)) => Place::Value(of),
                    None if place == "features" => Place::Features,
                    None if place == "lock" => Place::Lock,
                    None if place.starts_with("root of ") => Place::Root(&place["root of ".len()..]),
                    _ if place.contains(['/', '.']) => Place::File(place),
                    _ => Place::Module(place),
                };
                row.pieces.push(Piece { place, text });
            }
        }
        row
    }

    /// A piece's text before or after the edit.
    pub(crate) fn text(&self, piece: &Piece, edited: bool) -> String {
        let mut text = String::new();
        let mut rest = piece.text;
        while let Some((before, (from, to, after))) = rest.split_once('«').and_then(|(before, rest)| {
            let (from, rest) = rest.split_once('→')?;
            let (to, after) = rest.split_once('»')?;
            Some((before, (from, to, after)))
        }) {
            text += before;
            text += if edited { to } else { from };
            rest = after;
        }
        text += rest;
        self.named(&text)
    }

    pub(crate) fn named(&self, text: &str) -> String {
        text.replace('§', self.name)
    }
}

/// The text from each line that begins so to the next.
fn blocks<'t>(text: &'t str, starts: &[&str]) -> Vec<&'t str> {
    let mut at = 0;
    let mut cuts = Vec::new();
    for line in text.split_inclusive('\n') {
        if starts.iter().any(|start| line.starts_with(start)) {
            cuts.push(at);
        }
        at += line.len();
    }
    cuts.push(at);
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}
