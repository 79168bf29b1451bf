//! Writing: blocks are compressed a batch at a time, on all cores, and handed on in order.

use super::BLOCK;
use super::table::{Block, BlockTable, Form, checksum};
use crate::compress::compressor::{Compressor, Speed};
use crate::compress::filter::Filter;
use crate::compress::{Compression, Method, Shuffle, registry};
use crate::file::digest_of;
use crate::parallel;
use crate::payload::Payload;
use joblib_core::array::DType;
use joblib_core::pool::Site;
use joblib_core::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// Compresses `payload` block by block on all cores, hands the encoded bytes to `write` in order. Gives the
/// digest of the payload, too.
///
/// # Errors
///
/// A method or level that is not available, and the first error of `write`.
pub(crate) fn encode_blocks(
    dtype: DType,
    payload: &Payload<'_>,
    compression: &Compression,
    write: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<(BlockTable, u128)> {
    let mut encoder = Encoder::new(dtype, compression, write)?;
    payload.for_each_chunk(|chunk| encoder.push(chunk))?;
    encoder.finish()
}

static SITE: Site = Site::new();

/// The rearrangement is chosen anew every so many batches: trying them takes as long as half a block.
const RECONSIDER: usize = 8;

struct Encoder<'w> {
    coder: BlockCoder,
    shuffle: Shuffle,
    write: &'w mut dyn FnMut(&[u8]) -> Result<()>,
    /// What did not fill a batch yet.
    pending: Vec<u8>,
    slots: Vec<Slot>,
    batch_len: usize,
    batches: usize,
    filter: Option<Filter>,
    table: BlockTable,
    /// Of the blocks before compression.
    sums: Vec<u64>,
}

/// How every block of the array is compressed.
struct BlockCoder {
    /// Nothing where none is asked for, or even the default method is not built in: blocks are stored.
    codec: Option<&'static dyn Compressor>,
    level: u8,
    speed: Speed,
    dtype: DType,
    /// Room for rearranged blocks that no thread uses at the moment.
    spare: Mutex<Vec<Vec<u8>>>,
}

/// One compressed block of a batch; the buffer is kept from batch to batch.
#[derive(Default)]
struct Slot {
    packed: Vec<u8>,
    packed_len: usize,
}

impl<'w> Encoder<'w> {
    fn new(
        dtype: DType,
        compression: &Compression,
        write: &'w mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<Self> {
        let (coder, method) = BlockCoder::choose(dtype, compression)?;
        let by_bytes = coder.codec.is_some_and(|codec| !codec.reads_numbers());
        let shuffle = if by_bytes { compression.shuffling() } else { Shuffle::Off };
        // Slow methods take memory of their own, and little time is lost at the end of a short batch beside
        // theirs.
        let is_slow = coder.speed == Speed::Slow;
        let batch_len =
            BLOCK * if is_slow { joblib_core::pool::num_threads() } else { parallel::width(BLOCK) };
        let (pending, slots, table) = (Vec::new(), Vec::new(), BlockTable::new(method, BLOCK));
        Ok(Self {
            coder,
            shuffle,
            write,
            pending,
            slots,
            batch_len,
            batches: 0,
            filter: None,
            table,
            sums: Vec::new(),
        })
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.pending.is_empty() && bytes.len() >= self.batch_len {
                let (batch, rest) = bytes.split_at(self.batch_len);
                self.emit(batch)?;
                bytes = rest;
                continue;
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(self.batch_len - self.pending.len()));
            self.pending.extend_from_slice(taken);
            bytes = rest;
            if self.pending.len() == self.batch_len {
                self.emit_pending()?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(BlockTable, u128)> {
        self.emit_pending()?;
        Ok((self.table, digest_of(self.sums)))
    }

    fn emit_pending(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        self.emit(&pending)?;
        pending.clear();
        self.pending = pending;
        Ok(())
    }

    fn emit(&mut self, batch: &[u8]) -> Result<()> {
        let count = batch.len().div_ceil(BLOCK);
        if self.batches.is_multiple_of(RECONSIDER) && self.shuffle != Shuffle::Off {
            self.filter = self.coder.best_filter(batch, self.shuffle == Shuffle::On)?;
        }
        self.batches += 1;
        let filter = self.filter;
        self.slots.resize_with(count.max(self.slots.len()), Slot::default);
        let first = self.table.blocks.len();
        let coder = &self.coder;
        let items = batch.chunks(BLOCK).zip(&mut self.slots).enumerate().collect();
        let blocks = parallel::map(&SITE, items, |(offset, (raw, slot)): (usize, (&[u8], &mut Slot))| {
            Ok::<_, Error>((coder.encode(raw, filter, first + offset, slot)?, xxh3_64(raw)))
        });
        for ((block, raw), slot) in blocks.into_iter().zip(batch.chunks(BLOCK)).zip(&self.slots) {
            let (block, sum) = block?;
            let stored = if block.form == Form::Stored { raw } else { &slot.packed[..slot.packed_len] };
            (self.write)(stored)?;
            self.table.push(block, raw.len());
            self.sums.push(sum);
        }
        Ok(())
    }
}

impl BlockCoder {
    fn choose(dtype: DType, compression: &Compression) -> Result<(Self, Method)> {
        let coder = |codec: Option<&'static dyn Compressor>, method, level| {
            let speed = codec.map_or(Speed::Fast, |codec| codec.speed(level));
            (Self { codec, level, speed, dtype, spare: Mutex::default() }, method)
        };
        if compression.is_none() {
            return Ok(coder(None, Method::None, 0));
        }
        let asked = registry::codec(compression.method())?;
        let level = compression.checked_level()?;
        if asked.takes(dtype) {
            return Ok(coder(Some(asked), compression.method(), level));
        }
        let fallback = compression.fallback();
        let codec = registry::codec(fallback.method()).ok();
        Ok(coder(codec, fallback.method(), fallback.checked_level()?))
    }

    /// Encodes one block into `slot`; what does not shrink is stored from `raw` itself.
    fn encode(&self, raw: &[u8], filter: Option<Filter>, index: usize, slot: &mut Slot) -> Result<Block> {
        let (packed_len, filter) = self.compress(raw, filter, slot)?;
        let form = match packed_len {
            Some(len) if len < raw.len() => {
                slot.packed_len = len;
                filter.map_or(Form::Compressed, |Filter { order, decimals, .. }| Form::Shuffled {
                    order,
                    decimals,
                })
            }
            _ => Form::Stored,
        };
        let stored = if form == Form::Stored { raw } else { &slot.packed[..slot.packed_len] };
        Ok(Block { form, stored_len: stored.len() as u32, checksum: checksum(stored, index, form) })
    }

    /// How long the block becomes, if there is room for it, and the filter that could be used.
    fn compress(
        &self,
        raw: &[u8],
        filter: Option<Filter>,
        slot: &mut Slot,
    ) -> Result<(Option<usize>, Option<Filter>)> {
        let Some(codec) = self.codec else { return Ok((None, None)) };
        let bound = codec.block_bound(raw.len());
        if slot.packed.len() < bound {
            // Zeros of a new allocation cost nothing.
            slot.packed = vec![0; bound];
        }
        let mut planes = self.spare().pop().unwrap_or_default();
        let filter = filter.map(|filter| arrange(filter, raw, &mut planes));
        let bytes = if filter.is_some() { &planes[..] } else { raw };
        let packed_len = codec.compress_block(bytes, self.dtype, self.level, &mut slot.packed);
        self.spare().push(planes);
        Ok((packed_len.map_err(|error| failed(codec.name(), error))?, filter))
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rearrangement under which samples of a batch get smallest: it must save more than it costs to
    /// undo, unless one `must` be used. A fast method is slowed down by half; where it leaves next to nothing
    /// as it is, being smaller still is not worth that.
    fn best_filter(&self, batch: &[u8], must: bool) -> Result<Option<Filter>> {
        static TRIALS: Site = Site::new();
        let samples = [batch.len() / 4, batch.len() / 4 * 3].map(|position| {
            let start = position / 16 * 16;
            &batch[start..batch.len().min(start + SAMPLE)]
        });
        let mut candidates: Vec<_> = self.filters(samples[1]).into_iter().map(Some).collect();
        if !must {
            candidates.insert(0, None);
        }
        let lens = parallel::map(&TRIALS, candidates.clone(), |filter| {
            let mut slot = Slot::default();
            samples.iter().try_fold(0, |total, sample| {
                let (len, _) = self.compress(sample, filter, &mut slot)?;
                Ok::<_, Error>(total + len.unwrap_or(sample.len()))
            })
        });
        let raw: usize = samples.iter().map(|sample| sample.len()).sum();
        let least = if self.speed == Speed::Fast { raw / 64 } else { 0 };
        let (mut best, mut smallest) = (None, usize::MAX);
        for (filter, len) in candidates.into_iter().zip(lens) {
            let len = len?;
            if len + least.max(smallest / 32) < smallest {
                (best, smallest) = (filter, len);
            }
        }
        Ok(best)
    }

    /// The rearrangements worth a trial: with decimals, if there are any, and with or without differences.
    fn filters(&self, sample: &[u8]) -> Vec<Filter> {
        let unit = self.dtype.unit();
        let plain = Filter { unit, order: 0, decimals: None };
        let decimals = if self.dtype.is_float() { Filter::best_decimals(unit, sample) } else { None };
        let whole = Filter { decimals, ..plain };
        let mut elements = Vec::new();
        let sample = match arrange(whole, sample, &mut elements).decimals {
            Some(_) => {
                let mut words = vec![0; sample.len()];
                plain.undo(&elements, &mut words);
                elements = words;
                &elements[..]
            }
            None => sample,
        };
        let mut filters = vec![whole];
        match Filter::best_order(unit, sample) {
            0 => {}
            order => filters.push(Filter { order, ..whole }),
        }
        filters
    }
}

/// Each of the samples that filters are tried on.
const SAMPLE: usize = 64 * 1024;

/// Fills `planes`, without decimals where they cannot be used.
fn arrange(mut filter: Filter, raw: &[u8], planes: &mut Vec<u8>) -> Filter {
    planes.resize(raw.len(), 0);
    if !filter.apply(raw, planes) {
        filter.decimals = None;
        filter.apply(raw, planes);
    }
    filter
}

#[cold]
fn failed(name: &str, error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::Unsupported => Error::unsupported(error.to_string()),
        _ => Error::codec(format!("{name} cannot compress a block: {error}")),
    }
}
