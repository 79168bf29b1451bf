//! A cheap guess at how bytes can be compressed, if at all.

/// Bytes looked at: enough to see a skew of a few per cent, few enough to cost little beside a codec.
const SAMPLE: usize = 8 * 1024;

/// The part of a compressor's work that pays on some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texture {
    /// Nothing: the bytes are noise.
    Noise,
    /// Coding frequent bytes and runs of one byte with fewer bits.
    Skewed,
    /// Looking for repeated strings, too.
    Repeating,
}

/// Judges the first 8 KiB. A wrong guess costs compression or time, never data.
pub(crate) fn texture(bytes: &[u8]) -> Texture {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.len() < 4096 {
        return Texture::Repeating;
    }
    if sample.iter().all(|byte| *byte == sample[0]) {
        return Texture::Skewed;
    }
    let counts = histogram(sample);
    let entropy = bits_per_byte(&counts);
    if has_repeats(sample, entropy) {
        Texture::Repeating
    } else if entropy > 7.5 && is_uniform(&counts) {
        Texture::Noise
    } else {
        Texture::Skewed
    }
}

/// How often each byte occurs; in four tables, as equal neighbours would wait for each other in one.
fn histogram(sample: &[u8]) -> [u32; 256] {
    let mut tables = [[0u32; 256]; 4];
    for four in sample.chunks_exact(4) {
        for (table, byte) in tables.iter_mut().zip(four) {
            table[usize::from(*byte)] += 1;
        }
    }
    std::array::from_fn(|byte| tables.iter().map(|table| table[byte]).sum())
}

/// Shannon's entropy.
fn bits_per_byte(counts: &[u32; 256]) -> f64 {
    let total = f64::from(counts.iter().sum::<u32>());
    let bits = |count: &u32| f64::from(*count) / total * (total / f64::from(*count)).log2();
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

/// Pearson's statistic against the uniform distribution: 255 +- 23 for noise.
fn is_uniform(counts: &[u32; 256]) -> bool {
    let total = f64::from(counts.iter().sum::<u32>());
    let squares: f64 = counts.iter().map(|count| f64::from(*count) * f64::from(*count)).sum();
    squares * 256.0 / total - total < 255.0 + 10.0 * 23.0
}

/// Whether strings occur again that are long enough for a reference to be shorter than their bytes' codes.
/// Runs of one byte do not count. Strings are looked up where the same hash was seen last.
fn has_repeats(sample: &[u8], entropy: f64) -> bool {
    const REFERENCE_BITS: f64 = 24.0;
    const SLOT_BITS: u32 = 12;
    let len = (REFERENCE_BITS / entropy).ceil().clamp(4.0, 8.0) as u32;
    let mask = u64::MAX >> (64 - 8 * len);
    let mut seen = [0u64; 1 << SLOT_BITS];
    let mut repeats = 0usize;
    for eight in sample.windows(8) {
        let word = u64::from_le_bytes([
            eight[0], eight[1], eight[2], eight[3], eight[4], eight[5], eight[6], eight[7],
        ]) & mask;
        let is_run = (word ^ (word >> 8)) & (mask >> 8) == 0;
        let slot = &mut seen[(word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOT_BITS)) as usize];
        repeats += usize::from(*slot == word && !is_run);
        *slot = word;
    }
    repeats > sample.len() / 128
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn noise_is_told_from_everything_that_shrinks() {
        assert_eq!(texture(&noise(64 * 1024)), Texture::Noise);
        let skewed: Vec<u8> = noise(64 * 1024).iter().map(|byte| byte & 0x7f).collect();
        assert_eq!(texture(&skewed), Texture::Skewed);
        let counter: Vec<u8> = (0..64 * 1024).map(|i| i as u8).collect();
        assert_eq!(texture(&counter), Texture::Repeating);
        assert_eq!(texture(&noise(1000).repeat(60)), Texture::Repeating);
        assert_eq!(texture(b"short"), Texture::Repeating);
        let mut runs = vec![0; 64 * 1024];
        runs[5000..6000].fill(1);
        assert_eq!(texture(&runs), Texture::Skewed);
    }
}
