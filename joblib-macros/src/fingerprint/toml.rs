//! TOML, as far as Cargo's files use it. What is not understood gives no document at all, so that nobody goes
//! by half of it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// A table: a whole document, too.
pub(super) type Table = BTreeMap<String, Value>;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// A number, a date or a switch, as written.
    Word(String),
    List(Vec<Value>),
    Table(Table),
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn table(&self) -> Option<&Table> {
        match self {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> &[Value] {
        match self {
            Value::List(list) => list,
            _ => &[],
        }
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self, Value::Word(word) if word == "true")
    }
}

/// What stands under these keys, one inside the other.
pub(super) fn get<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Value> {
    let (last, outer) = path.split_last()?;
    let inner = outer.iter().try_fold(table, |table, key| table.get(*key)?.table())?;
    inner.get(*last)
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Option<Table> {
    let mut reader = Reader { chars: text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable() };
    let mut document = Table::new();
    let mut here: Vec<String> = Vec::new();
    loop {
        reader.skip_blank_lines();
        match reader.peek() {
            None => return Some(document),
            Some('[') => {
                reader.chars.next();
                let is_list = reader.take('[');
                here = reader.key()?;
                reader.expect(']')?;
                if is_list {
                    reader.expect(']')?;
                    let (name, outer) = here.split_last()?;
                    let list = table_at(&mut document, outer)?
                        .entry(name.clone())
                        .or_insert_with(|| Value::List(Vec::new()));
                    let Value::List(list) = list else { return None };
                    list.push(Value::Table(Table::new()));
                } else {
                    table_at(&mut document, &here)?;
                }
            }
            Some(_) => {
                let table = table_at(&mut document, &here)?;
                reader.assignment(table)?;
            }
        }
        reader.end_of_line()?;
    }
}

/// The table under this path, made where there is none; of a list of tables, the last.
fn table_at<'t>(table: &'t mut Table, path: &[String]) -> Option<&'t mut Table> {
    path.iter().try_fold(table, |table, key| {
        match table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => Some(inner),
            Value::List(list) => match list.last_mut()? {
                Value::Table(inner) => Some(inner),
                _ => None,
            },
            _ => None,
        }
    })
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        self.chars.next_if_eq(&wanted).is_some()
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.skip_spaces();
        self.take(wanted).then_some(())
    }

    fn skip_spaces(&mut self) {
        while self.chars.next_if(|char| matches!(char, ' ' | '\t')).is_some() {}
    }

    /// White space of any kind, and comments.
    fn skip_blank_lines(&mut self) {
        while self.chars.next_if(|char| char.is_whitespace()).is_some() || self.comment() {}
    }

    fn comment(&mut self) -> bool {
        let begins = self.take('#');
        while begins && self.chars.next_if(|&char| char != '\n').is_some() {}
        begins
    }

    fn end_of_line(&mut self) -> Option<()> {
        self.skip_spaces();
        self.comment();
        let _ = self.take('\r');
        (self.peek().is_none() || self.take('\n')).then_some(())
    }

    /// `key = value`
    fn assignment(&mut self, table: &mut Table) -> Option<()> {
        let path = self.key()?;
        self.expect('=')?;
        let value = self.value()?;
        let (name, outer) = path.split_last()?;
        table_at(table, outer)?.insert(name.clone(), value).is_none().then_some(())
    }

    /// `a."b c".d`
    fn key(&mut self) -> Option<Vec<String>> {
        let mut path = Vec::new();
        loop {
            self.skip_spaces();
            path.push(match self.peek()? {
                '"' | '\'' => self.string()?,
                _ => self.word(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))?,
            });
            self.skip_spaces();
            if !self.take('.') {
                return Some(path);
            }
        }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> Option<String> {
        let mut word = String::new();
        while let Some(char) = self.chars.next_if(|&char| belongs(char)) {
            word.push(char);
        }
        (!word.is_empty()).then_some(word)
    }

    fn value(&mut self) -> Option<Value> {
        self.skip_spaces();
        match self.peek()? {
            '"' | '\'' => self.string().map(Value::Text),
            '[' => {
                self.chars.next();
                let mut list = Vec::new();
                self.separated(']', |reader| {
                    list.push(reader.value()?);
                    Some(())
                })?;
                Some(Value::List(list))
            }
            '{' => {
                self.chars.next();
                let mut table = Table::new();
                self.separated('}', |reader| reader.assignment(&mut table))?;
                Some(Value::Table(table))
            }
            _ => self
                .word(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '+' | '.' | ':'))
                .map(Value::Word),
        }
    }

    /// Parts between commas, up to the closing sign.
    fn separated(&mut self, close: char, mut part: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        loop {
            self.skip_blank_lines();
            if self.take(close) {
                return Some(());
            }
            part(self)?;
            self.skip_blank_lines();
            if !self.take(',') {
                return self.take(close).then_some(());
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.chars.next()?;
        let mut quotes = 1usize;
        while quotes < 3 && self.take(quote) {
            quotes += 1;
        }
        match quotes {
            2 => return Some(String::new()),
            3 => {
                let _ = self.take('\r');
                let _ = self.take('\n');
            }
            _ => {}
        }
        let (mut text, mut closing) = (String::new(), 0usize);
        loop {
            let char = self.chars.next()?;
            closing = if char == quote { closing + 1 } else { 0 };
            match char {
                '\\' if quote == '"' => self.escape(&mut text)?,
                '\n' if quotes == 1 => return None,
                _ => text.push(char),
            }
            if closing == quotes {
                // Up to two quotes before the closing ones are text.
                while quotes == 3 && self.take(quote) {
                    text.push(quote);
                }
                text.truncate(text.len() - quotes);
                return Some(text);
            }
        }
    }

    fn escape(&mut self, into: &mut String) -> Option<()> {
        let digits = match self.chars.next()? {
            'n' => return push(into, '\n'),
            't' => return push(into, '\t'),
            'r' => return push(into, '\r'),
            'b' => return push(into, '\u{8}'),
            'f' => return push(into, '\u{c}'),
            'e' => return push(into, '\u{1b}'),
            same @ ('"' | '\\') => return push(into, same),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            // A line that goes on in the next one.
            blank if blank.is_whitespace() => {
                while self.chars.next_if(|char| char.is_whitespace()).is_some() {}
                return Some(());
            }
            _ => return None,
        };
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.chars.next()?.to_digit(16)?;
        }
        push(into, char::from_u32(code)?)
    }
}

fn push(into: &mut String, char: char) -> Option<()> {
    into.push(char);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str, path: &[&str]) -> Option<String> {
        get(&parse(document)?, path)?.text().map(str::to_owned)
    }

    #[test]
    fn what_manifests_hold_is_read() {
        let document = "# first\n[package]\nname = \"a\" # why\nversion.workspace = true\nedition='2024'\r\n\
             [dependencies]\nb = { path = \"../b\", features = [\"x\", # one\n \"y\",\n], optional = true }\n\
             'c-d'.path = \"c\"\n[target.'cfg(unix)'.dependencies.e]\npackage = \"\"\"\nf\\\n   g\"\"\"\n\
             [[bin]]\nname = \"one\"\n[[bin]]\nname = \"t\\u0077o\"\n[bin.more]\nwhen = 2024-01-01T00:00:00Z\n";
        let table = parse(document).expect("a document");
        assert_eq!(text(document, &["package", "name"]).as_deref(), Some("a"));
        assert!(get(&table, &["package", "version", "workspace"]).is_some_and(Value::is_true));
        assert_eq!(text(document, &["dependencies", "b", "path"]).as_deref(), Some("../b"));
        assert_eq!(get(&table, &["dependencies", "b", "features"]).map(|list| list.list().len()), Some(2));
        assert_eq!(text(document, &["dependencies", "c-d", "path"]).as_deref(), Some("c"));
        let package = ["target", "cfg(unix)", "dependencies", "e", "package"];
        assert_eq!(text(document, &package).as_deref(), Some("fg"));
        let bins = table["bin"].list();
        assert_eq!(get(bins[1].table().expect("a table"), &["name"]), Some(&Value::Text("two".into())));
        assert_eq!(text("a = \"\"\"x\"\"y\"\"\"\"\"", &["a"]).as_deref(), Some("x\"\"y\"\""));
    }

    #[test]
    fn what_is_no_toml_gives_nothing() {
        for text in
            ["a", "a = ", "[a", "a = [1", "a = \"b", "a = 1 b = 2", "a = 1\na = 2", "a = 1\n[a]\n", "{}"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
