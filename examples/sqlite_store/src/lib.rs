//! A store behind the cache that is no directory: one SQLite database for the results of all functions.
//!
//! `joblib::store::register("sqlite", open)` makes `Memory::new("sqlite:///tmp/results.db")` and
//! `#[cached(dir = "sqlite:///tmp/results.db")]` keep their results in it.

use joblib::store::{EntryInfo, EntryMeta, FunctionId, FunctionStore, Limits, Record, Store};
use joblib::{Error, Key, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SCHEME: &str = "sqlite://";

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS function (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL,         -- its parts, each behind its length
        fingerprint BLOB NOT NULL,
        UNIQUE (path, fingerprint)
    );
    CREATE TABLE IF NOT EXISTS entry (
        function INTEGER NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        duration INTEGER NOT NULL,
        time INTEGER NOT NULL,
        used INTEGER NOT NULL,
        args TEXT,
        PRIMARY KEY (function, key)
    );";

/// What [`joblib::store::register`] is given for `sqlite`.
///
/// # Errors
///
/// As [`SqliteStore::open`].
pub fn open(url: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::open(url.strip_prefix(SCHEME).unwrap_or(url))?))
}

/// Results in a database, which any number of processes may use.
#[derive(Debug)]
pub struct SqliteStore {
    path: String,
    database: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens or makes the database in this file.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn open(path: &str) -> Result<Self> {
        let opened = Connection::open(path).and_then(|database| {
            database.busy_timeout(Duration::from_secs(30))?;
            database.execute_batch(TABLES)?;
            Ok(database)
        });
        let database = opened.map_err(|error| failed(error).with_path(Path::new(path)))?;
        Ok(Self { path: path.to_owned(), database: Arc::new(Mutex::new(database)) })
    }
}

impl Store for SqliteStore {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        let path: String = function.path.iter().map(|part| format!("{}:{part}", part.len())).collect();
        let fingerprint = function.fingerprint.to_be_bytes();
        let database = lock(&self.database);
        let id = database
            .execute(
                "INSERT OR IGNORE INTO function (path, fingerprint) VALUES (?1, ?2)",
                params![path, fingerprint],
            )
            .and_then(|_| {
                let select = "SELECT id FROM function WHERE path = ?1 AND fingerprint = ?2";
                database.query_row(select, params![path, fingerprint], |row| row.get(0))
            })
            .map_err(failed)?;
        Ok(Arc::new(SqliteEntries { database: Arc::clone(&self.database), id, limits: *limits }))
    }

    fn functions(&self) -> Result<Vec<FunctionId>> {
        let select = "SELECT path, fingerprint FROM function WHERE id IN (SELECT function FROM entry)";
        all(&self.database, select, params![], |row| {
            let path = parts(&row.get::<_, String>(0)?).unwrap_or_default();
            Ok(FunctionId::new(path, u128::from_be_bytes(row.get(1)?)))
        })
    }

    fn url(&self) -> Option<String> {
        Some(format!("{SCHEME}{}", self.path))
    }
}

/// One function's rows.
#[derive(Debug)]
struct SqliteEntries {
    database: Arc<Mutex<Connection>>,
    id: i64,
    limits: Limits,
}

impl SqliteEntries {
    fn execute(&self, sql: &str, key: Key, more: &[Value]) -> Result<usize> {
        let mut values = vec![Value::from(self.id), Value::from(key.to_bytes().to_vec())];
        values.extend_from_slice(more);
        lock(&self.database).execute(sql, rusqlite::params_from_iter(values)).map_err(failed)
    }
}

impl FunctionStore for SqliteEntries {
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        let select = "SELECT value FROM entry WHERE function = ?1 AND key = ?2";
        let key_bytes = key.to_bytes();
        let found = lock(&self.database).query_row(select, params![self.id, key_bytes], |row| row.get(0));
        let Some(value): Option<Vec<u8>> = found.optional().map_err(failed)? else { return Ok(false) };
        visit(Record::Bytes(&value))?;
        self.execute("UPDATE entry SET used = ?3 WHERE function = ?1 AND key = ?2", key, &[now()])?;
        Ok(true)
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        let args = meta.args.clone().map_or(Value::Null, Value::from);
        let row = [value.to_vec().into(), nanos(meta.duration), since_epoch(meta.time), now(), args];
        self.execute("INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", key, &row)?;
        if !self.limits.is_none() {
            self.reduce_size(&self.limits)?;
        }
        Ok(())
    }

    fn remove(&self, key: Key) -> Result<bool> {
        Ok(self.execute("DELETE FROM entry WHERE function = ?1 AND key = ?2", key, &[])? > 0)
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        let select = "SELECT key, length(value), used, duration, time, args FROM entry WHERE function = ?1";
        all(&self.database, select, params![self.id], |row| {
            let time = |at| row.get(at).map(|nanos: i64| Duration::from_nanos(nanos.unsigned_abs()));
            let mut meta = EntryMeta::new(time(3)?);
            (meta.time, meta.args) = (UNIX_EPOCH + time(4)?, row.get(5)?);
            let size = row.get::<_, i64>(1)?.unsigned_abs();
            Ok(EntryInfo::new(Key::from_bytes(row.get(0)?), size, UNIX_EPOCH + time(2)?, meta))
        })
    }
}

fn all<T>(
    database: &Mutex<Connection>,
    select: &str,
    with: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let database = lock(database);
    let mut statement = database.prepare_cached(select).map_err(failed)?;
    statement.query_map(with, read).and_then(Iterator::collect).map_err(failed)
}

fn lock(database: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    database.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(error: rusqlite::Error) -> Error {
    Error::stream("the database of results failed", std::io::Error::other(error))
}

/// The parts of a path that are written each behind its length.
fn parts(mut text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    while let Some((len, rest)) = text.split_once(':') {
        let (part, after) = rest.split_at_checked(len.parse().ok()?)?;
        parts.push(part.to_owned());
        text = after;
    }
    Some(parts)
}

fn now() -> Value {
    since_epoch(SystemTime::now())
}

fn since_epoch(time: SystemTime) -> Value {
    nanos(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn nanos(duration: Duration) -> Value {
    Value::from(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}
