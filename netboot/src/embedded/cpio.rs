//! Writes the `newc` cpio format, which Linux unpacks as an initial file system (its
//! `Documentation/driver-api/early-userspace/buffer-format.rst`).

/// An archive that grows.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
}

impl Archive {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn directory(&mut self, name: &str) {
        self.entry(name, 0o040_755, 2, &[]);
    }

    pub(super) fn file(&mut self, name: &str, content: &[u8]) {
        self.entry(name, 0o100_644, 1, content);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, 1, &[]);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, links: u32, content: &[u8]) {
        let inode = if mode == 0 { 0 } else { self.entries + 1 };
        self.entries += 1;
        let size = u32::try_from(content.len()).expect("samples are small");
        let name_size = u32::try_from(name.len() + 1).expect("names are short");
        self.bytes.extend_from_slice(b"070701");
        // inode, mode, uid, gid, links, time, size, device twice, special device twice, name's size, no checksum
        for field in [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name_size, 0] {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;

    #[test]
    fn fields_lie_where_the_format_says() {
        let mut archive = Archive::new();
        archive.file("a/b", b"hello");
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 512, 0);
        assert!(bytes.starts_with(b"07070100000001000081a4"));
        assert_eq!(&bytes[54..62], b"00000005");
        assert_eq!(&bytes[94..102], b"00000004");
        // The header has 110 bytes, the name with its NUL 4, and 114 is padded to 116.
        assert_eq!(&bytes[110..116], b"a/b\0\0\0");
        assert_eq!(&bytes[116..124], b"hello\0\0\0");
        assert_eq!(&bytes[124..130], b"070701");
        assert!(bytes.windows(11).any(|window| window == b"TRAILER!!!\0"));
    }
}
