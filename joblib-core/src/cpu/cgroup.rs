//! The processor quota of the process's control group.
//!
//! `/proc/self/cgroup` names the group in each hierarchy, `/proc/self/mountinfo` says where hierarchies are
//! mounted and which of their groups is the mount's root. A limit holds for all groups below it, so every
//! level is read.

use std::fs;
use std::path::{Path, PathBuf};

/// Processors allowed, rounded up; `None` without a limit. `root` stands for `/`.
pub(super) fn quota(root: &Path) -> Option<usize> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let limits = groups.lines().filter_map(|line| {
        // hierarchy-id : controllers : path
        let mut fields = line.splitn(3, ':');
        let (_id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.is_empty() {
            tightest(&mounts, root, "cgroup2", None, path, unified_limit)
        } else if controllers.split(',').any(|name| name == "cpu") {
            tightest(&mounts, root, "cgroup", Some("cpu"), path, legacy_limit)
        } else {
            None
        }
    });
    let processors = limits.min_by(f64::total_cmp)?;
    Some((processors.ceil() as usize).max(1))
}

/// The smallest limit from the group at `path` up to the root of the mounted hierarchy.
fn tightest(
    mounts: &str,
    root: &Path,
    kind: &str,
    controller: Option<&str>,
    path: &str,
    limit: fn(&Path) -> Option<f64>,
) -> Option<f64> {
    let (mounted, mount_root) = mounts.lines().find_map(|line| mount(line, kind, controller))?;
    let mounted = root.join(mounted.strip_prefix("/").ok()?);
    // A container may see a part of the hierarchy only, or name groups from a root of its own.
    let below = Path::new(path).strip_prefix(&mount_root).unwrap_or_else(|_| Path::new(""));
    let below = if below.components().any(|part| part.as_os_str() == "..") { Path::new("") } else { below };
    let group = mounted.join(below);
    group.ancestors().take_while(|at| at.starts_with(&mounted)).filter_map(limit).min_by(f64::total_cmp)
}

/// Mount point and root of a line of `mountinfo`, if it is a hierarchy of this kind with this controller.
fn mount(line: &str, kind: &str, controller: Option<&str>) -> Option<(PathBuf, PathBuf)> {
    let (place, what) = line.split_once(" - ")?;
    let mut what = what.split(' ');
    let (fs, _source, options) = (what.next()?, what.next()?, what.next()?);
    if fs != kind || controller.is_some_and(|name| !options.split(',').any(|option| option == name)) {
        return None;
    }
    let mut place = place.split(' ').skip(3);
    let (mount_root, mount_point) = (place.next()?, place.next()?);
    Some((unescape(mount_point), unescape(mount_root)))
}

/// Undoes the octal escapes of white space in `mountinfo`.
fn unescape(text: &str) -> PathBuf {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\").into()
}

/// Version 2: `cpu.max` holds `quota period`, or `max period`.
fn unified_limit(group: &Path) -> Option<f64> {
    let text = fs::read_to_string(group.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    ratio(quota, period)
}

/// Version 1: a quota of -1 means none.
fn legacy_limit(group: &Path) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    ratio(read("cpu.cfs_quota_us")?.trim(), read("cpu.cfs_period_us")?.trim())
}

fn ratio(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

#[cfg(test)]
mod tests {
    use super::quota;
    use std::fs;
    use std::path::Path;

    const UNIFIED: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const LEGACY: &str = "35 30 0:30 /docker/a /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n\
                          36 30 0:31 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

    /// A file system with these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_tightest_enclosing_group_counts_rounded_up() {
        let root = system(&[
            ("proc/self/cgroup", "0::/kubepods/pod/inner\n"),
            ("proc/self/mountinfo", UNIFIED),
            ("sys/fs/cgroup/kubepods/cpu.max", "800000 100000\n"),
            ("sys/fs/cgroup/kubepods/pod/cpu.max", "250000 100000\n"),
            ("sys/fs/cgroup/kubepods/pod/inner/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(quota(root.path()), Some(3));
    }

    #[test]
    fn version_one_is_read_where_its_controller_is_mounted() {
        let root = system(&[
            ("proc/self/cgroup", "5:memory:/docker/a/b\n4:cpu,cpuacct:/docker/a/b\n0::/\n"),
            ("proc/self/mountinfo", LEGACY),
            ("sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/b/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(quota(root.path()), Some(1));
    }

    #[test]
    fn no_limit_and_no_control_groups() {
        let root = system(&[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", UNIFIED),
            ("sys/fs/cgroup/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(quota(root.path()), None);
        assert_eq!(quota(Path::new("/nonexistent")), None);
    }

    #[test]
    fn strange_contents_are_no_limit() {
        for (groups, mounts, max) in [
            ("0::/../outside", UNIFIED, "x y"),
            ("nonsense", "nonsense - x", ""),
            ("0::/", "1 2 3 - cgroup2 a b", "0 0"),
            ("0::/", UNIFIED, "100000 0"),
        ] {
            let root = system(&[
                ("proc/self/cgroup", groups),
                ("proc/self/mountinfo", mounts),
                ("sys/fs/cgroup/cpu.max", max),
            ]);
            assert_eq!(quota(root.path()), None, "{groups} {mounts} {max}");
        }
    }
}
