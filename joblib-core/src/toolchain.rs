//! The toolchain that built the program: the same code can compute something else by another one.

use std::env::consts;
use std::panic::Location;
use std::sync::OnceLock;

/// The target's triple, the compiler and the target's features, as in
/// `x86_64-unknown-linux-gnu 59807616e1fa avx2,fma,sse4.2`.
pub(crate) fn toolchain() -> &'static str {
    static KNOWN: OnceLock<String> = OnceLock::new();
    KNOWN.get_or_init(|| format!("{} {} {}", target(), compiler(), features().join(",")))
}

fn target() -> String {
    let vendor = match (cfg!(target_vendor = "apple"), cfg!(target_vendor = "pc")) {
        (true, _) => "apple",
        (_, true) => "pc",
        _ => "unknown",
    };
    let os = if consts::OS == "macos" { "darwin" } else { consts::OS };
    let environments = [
        ("gnu", cfg!(target_env = "gnu")),
        ("musl", cfg!(target_env = "musl")),
        ("msvc", cfg!(target_env = "msvc")),
    ];
    let environment = environments.iter().find(|(_, is_it)| *is_it).map(|(name, _)| format!("-{name}"));
    let abi = if cfg!(target_abi = "eabihf") { "eabihf" } else { "" };
    format!("{}-{vendor}-{os}{}{abi}", consts::ARCH, environment.unwrap_or_default())
}

/// Which compiler: a program is not told its version, but the standard library says where it was built, in
/// `/rustc/<commit>/library/..`.
fn compiler() -> &'static str {
    let of_std: fn() -> &'static Location<'static> = Location::caller;
    let file = of_std().file();
    let commit = file.split(['/', '\\']).skip_while(|part| *part != "rustc").nth(1);
    commit.map_or("unknown", |commit| commit.get(..12).unwrap_or(commit))
}

/// Those by which floating-point numbers can come out otherwise, or that choose other code.
fn features() -> Vec<&'static str> {
    macro_rules! enabled {
        ($($name:literal)*) => { [$(($name, cfg!(target_feature = $name))),*] };
    }
    let all = enabled!(
        "aes" "avx" "avx2" "avx512bw" "avx512cd" "avx512dq" "avx512f" "avx512vl" "bmi1" "bmi2" "crt-static" "dotprod"
        "f16c" "fma" "fp16" "lse" "lzcnt" "neon" "popcnt" "relaxed-simd" "sha2" "simd128" "soft-float" "sse2" "sse3"
        "sse4.1" "sse4.2" "ssse3" "sve" "sve2" "v" "vfp3" "zfh"
    );
    all.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_compiler_and_features_are_told() {
        let words: Vec<&str> = toolchain().split(' ').collect();
        assert_eq!(words.len(), 3);
        assert!(words[0].starts_with(consts::ARCH));
        assert!(words[1] == "unknown" || words[1].len() == 12);
    }
}
