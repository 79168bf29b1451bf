//! Names: the nearest valid one to a misspelt one.

/// `did you mean ..?` for the entry of `valid` nearest to `word`, else the list of all of them.
pub(crate) fn suggestion(word: &str, valid: &[&str]) -> String {
    match nearest(word, valid) {
        Some(name) => format!("did you mean `{name}`?"),
        None if valid.is_empty() => "nothing is valid here".to_owned(),
        None => format!("valid here: `{}`", valid.join("`, `")),
    }
}

/// The entry of `valid` nearest to `word`, if it is near enough to be a misspelling.
pub(crate) fn nearest<'a>(word: &str, valid: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    valid
        .iter()
        .map(|name| (distance(&word, name), *name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let substitution = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitution.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &[&str] = &["n_jobs", "schedule", "chunk", "if", "ignore"];

    #[test]
    fn slips_find_their_name() {
        assert_eq!(nearest("njobs", VALID), Some("n_jobs"));
        assert_eq!(nearest("shcedule", VALID), Some("schedule"));
        assert_eq!(nearest("ignroe", VALID), Some("ignore"));
        assert_eq!(nearest("Chunk", VALID), Some("chunk"));
    }

    #[test]
    fn strangers_list_what_is_valid() {
        assert_eq!(nearest("threads", VALID), None);
        assert!(suggestion("threads", VALID).contains("`n_jobs`, `schedule`"));
    }
}
