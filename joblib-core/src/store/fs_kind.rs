//! Whether a directory's file system keeps shared mappings coherent: those of one machine do, those of a
//! network do not.

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
use crate::sys;
use std::path::Path;

/// What a directory's file system is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FsKind {
    /// Of one machine, with locks.
    Local,
    /// Processes that map files of this directory may run on different machines, or the file system is served
    /// by a program that need not support shared mappings at all.
    Remote,
    /// Local, as far as can be told.
    Unknown,
}

#[cfg(target_os = "linux")]
pub(super) fn of(dir: &Path) -> FsKind {
    sys::file_system(dir).map_or(FsKind::Unknown, |stat| of_type(stat.f_type as u32))
}

#[cfg(target_vendor = "apple")]
pub(super) fn of(dir: &Path) -> FsKind {
    match sys::file_system(dir) {
        Ok(stat) if stat.f_flags & libc::MNT_LOCAL as u32 == 0 => FsKind::Remote,
        _ => FsKind::Unknown,
    }
}

/// Plain files work everywhere, so they are the safe choice.
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn of(_: &Path) -> FsKind {
    FsKind::Remote
}

/// Magic numbers of `statfs(2)`.
#[cfg(target_os = "linux")]
fn of_type(kind: u32) -> FsKind {
    const LOCAL: [u32; 7] = [
        0xEF53,      // ext2, ext3, ext4
        0x5846_5342, // XFS
        0x9123_683E, // Btrfs
        0x0102_1994, // tmpfs
        0x2FC1_2FC1, // ZFS
        0x794C_7630, // overlayfs
        0xF2F5_2010, // F2FS
    ];
    const REMOTE: [u32; 20] = [
        0x6969,      // NFS
        0x517B,      // SMB
        0xFE53_4D42, // SMB2
        0xFF53_4D42, // CIFS
        0x6573_5546, // FUSE: sshfs, s3fs, gcsfuse, ..
        0x0BD0_0BD0, // Lustre
        0x0102_1997, // 9P, also Windows drives under WSL
        0x00C3_6400, // Ceph
        0x4750_4653, // GPFS
        0x1983_0326, // BeeGFS
        0xAAD7_AAEA, // PanFS
        0x5346_414F, // AFS (OpenAFS)
        0x6B41_4653, // AFS (kernel)
        0x7375_7245, // Coda
        0x564C,      // NCP
        0x0116_1970, // GFS2
        0x7461_636F, // OCFS2
        0x2003_0528, // Orangefs
        0x786F_4256, // VirtualBox shared folders
        0xBACB_ACBC, // VMware shared folders
    ];
    match kind {
        kind if LOCAL.contains(&kind) => FsKind::Local,
        kind if REMOTE.contains(&kind) => FsKind::Remote,
        _ => FsKind::Unknown,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn local_and_network_file_systems_are_told_apart() {
        assert_eq!(of(Path::new("/dev/shm")), FsKind::Local);
        assert_eq!(of_type(0x6969), FsKind::Remote);
        assert_eq!(of_type(0x6573_5546), FsKind::Remote);
        assert_eq!(of_type(0xEF53), FsKind::Local);
        assert_eq!(of_type(0x1234), FsKind::Unknown);
    }
}
