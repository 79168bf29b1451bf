//! A cheap guess whether bytes can be compressed at all.

/// Positions looked at: enough to see a skew of a few per cent, few enough to cost nothing beside a codec.
const SAMPLE: usize = 16 * 1024;

/// Whether neither an entropy coder nor a match finder would gain anything on `bytes`.
///
/// Two tests on the first 16 KiB: the byte frequencies are those of uniform noise (chi-squared), and hardly
/// any four bytes occur twice. A wrong "yes" costs compression, never data.
pub(crate) fn looks_random(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    sample.len() >= 4096 && has_uniform_bytes(sample) && has_few_repeats(sample)
}

/// Pearson's statistic against the uniform distribution: 255 +- 23 for noise.
fn has_uniform_bytes(sample: &[u8]) -> bool {
    let mut counts = [[0u32; 256]; 4];
    for four in sample.chunks_exact(4) {
        counts[0][usize::from(four[0])] += 1;
        counts[1][usize::from(four[1])] += 1;
        counts[2][usize::from(four[2])] += 1;
        counts[3][usize::from(four[3])] += 1;
    }
    let n = (sample.len() / 4 * 4) as f64;
    let squares: f64 = (0..256)
        .map(|byte| counts.iter().map(|table| table[byte]).sum::<u32>())
        .map(|count| f64::from(count) * f64::from(count))
        .sum();
    let chi_squared = squares * 256.0 / n - n;
    chi_squared < 255.0 + 10.0 * 23.0
}

/// Looks up every four bytes where the same hash was seen last, as a fast match finder does.
fn has_few_repeats(sample: &[u8]) -> bool {
    const BITS: u32 = 12;
    let mut seen = [0u32; 1 << BITS];
    let mut repeats = 0usize;
    for four in sample.windows(4) {
        let word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let slot = &mut seen[(word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize];
        repeats += usize::from(*slot == word);
        *slot = word;
    }
    repeats < sample.len() / 256
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
        assert!(looks_random(&noise(64 * 1024)));
        let skewed: Vec<u8> = noise(64 * 1024).iter().map(|byte| byte & 0x7f).collect();
        assert!(!looks_random(&skewed));
        let counter: Vec<u8> = (0..64 * 1024).map(|i| i as u8).collect();
        assert!(!looks_random(&counter));
        let repeated = noise(1000).repeat(60);
        assert!(!looks_random(&repeated));
        assert!(!looks_random(b"short"));
    }
}
