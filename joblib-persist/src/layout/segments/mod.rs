//! A value in a stream: segments of its main stream, and each large array right behind the segment that
//! refers to it. Written to and read from anything, front to back, several values one after the other.
//!
//! A value begins with 16 bytes: the magic `93 4A 4F 42 53 45 47 0A` (`\x93JOBSEG\n`), the format version
//! (2), flags (2, zero) and four zeros. Segments follow, each with its kind (1), the length of its contents
//! (8) and its contents:
//!
//! | kind | contents | then |
//! |---|---|---|
//! | 1 | a part of the main stream, cut between two values | its XXH3-64 (8) |
//! | 2 | all bytes of an array | their digest (16) |
//! | 3 | a part of an array, compressed: bytes before compression (8), length of the block table (4), block table, blocks | nothing: each block has its checksum |
//! | 0 | nothing: the value is complete | nothing |
//!
//! All integers are little-endian. Parts of an array follow each other without anything in between.

mod reader;
mod writer;

pub(crate) use reader::visit;
pub(crate) use writer::write;

pub(crate) const MAGIC: [u8; 8] = *b"\x93JOBSEG\n";
const HEADER: usize = 16;

const END: u8 = 0;
const MAIN: u8 = 1;
const ARRAY: u8 = 2;
const BLOCKS: u8 = 3;
