//! The peers' stores, each used as its documentation has it, with the sync of every write switched off.

use cached::{ConcurrentCachedExt, stores::RedbCache};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use std::path::{Path, PathBuf};

const TABLE: TableDefinition<u128, &[u8]> = TableDefinition::new("entries");

/// A key-value store in one file.
pub struct Redb(Database);

impl Redb {
    pub fn open(dir: &Path, name: &str) -> Self {
        Self(Database::create(dir.join(format!("{name}.redb"))).expect("redb"))
    }

    pub fn put(&self, entries: impl Iterator<Item = u128>, value: &[u8]) {
        let mut write = self.0.begin_write().expect("write");
        write.set_durability(Durability::None).expect("durability");
        {
            let mut table = write.open_table(TABLE).expect("table");
            entries.for_each(|key| drop(table.insert(key, value).expect("insert")));
        }
        write.commit().expect("commit");
    }

    pub fn get(&self, key: u128) -> Option<u8> {
        let table = self.0.begin_read().expect("read").open_table(TABLE).expect("table");
        table.get(key).expect("get").map(|value| value.value()[31])
    }
}

/// The disk store behind `#[concurrent_cached(disk = true)]`.
pub struct Cached(RedbCache<u64, Vec<u8>>);

impl Cached {
    pub fn open(dir: &Path, name: &str) -> Self {
        Self(RedbCache::builder(name).disk_dir(dir.join("cached")).durable(false).build().expect("cached"))
    }

    pub fn put(&self, key: u64, value: &[u8]) {
        self.0.set(key, value.to_vec()).expect("set");
    }

    pub fn get(&self, key: u64) -> Option<u8> {
        self.0.get(&key).expect("get").map(|value| value[31])
    }
}

/// A file for each value, named by its content.
pub struct Cacache(PathBuf);

impl Cacache {
    pub fn open(dir: &Path, name: &str) -> Self {
        Self(dir.join(format!("{name}.cacache")))
    }

    pub fn put(&self, key: u64, value: &[u8]) {
        let algorithm = cacache::Algorithm::Xxh3;
        cacache::write_sync_with_algo(algorithm, &self.0, key.to_string(), value).expect("write");
    }

    pub fn get(&self, key: u64) -> u8 {
        cacache::read_sync(&self.0, key.to_string()).expect("read")[31]
    }
}
