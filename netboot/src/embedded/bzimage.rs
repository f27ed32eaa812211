//! A bzImage whose header is a true one of boot protocol 2.15 and whose code only halts (the kernel's
//! `Documentation/arch/x86/boot.rst`).

/// Real-mode sectors after the first.
const SETUP_SECTORS: usize = 3;

/// Where the header ends, and the 16-bit entry begins.
const HEADER_END: usize = 0x26c;

const VERSION: &[u8] = b"0.0.0-sample made by netboot, not a kernel: it halts\0";

/// A sample with `body` behind the protected-mode entry.
pub(super) fn sample(body: &[u8]) -> Vec<u8> {
    let setup = 512 * (1 + SETUP_SECTORS);
    let mut image = vec![0; setup];
    // The 32-bit entry is the first byte, the 64-bit one lies 0x200 behind it; both halt.
    let mut code = vec![0x90; 0x400];
    for entry in [0, 0x200] {
        code[entry..entry + 4].copy_from_slice(&[0xfa, 0xf4, 0xeb, 0xfd]);
    }
    code.extend_from_slice(body);
    code.resize(code.len().next_multiple_of(16), 0);

    let version_at = HEADER_END + 16;
    image[version_at..version_at + VERSION.len()].copy_from_slice(VERSION);
    image[HEADER_END..HEADER_END + 4].copy_from_slice(&[0xfa, 0xf4, 0xeb, 0xfd]);
    header(&mut image, code.len(), body.len(), version_at);
    image.extend_from_slice(&code);
    image
}

fn header(image: &mut [u8], code: usize, body: usize, version_at: usize) {
    let long = |value: usize| u32::try_from(value).expect("samples are small").to_le_bytes();
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[SETUP_SECTORS as u8]);
    put(0x1f4, &long(code / 16)); // syssize, in paragraphs
    put(0x1fa, &0xffff_u16.to_le_bytes()); // vid_mode: normal
    put(0x1fe, &[0x55, 0xaa]);
    put(0x200, &[0xeb, (HEADER_END - 0x202) as u8]); // the jump, and with it the header's length
    put(0x202, b"HdrS");
    put(0x206, &0x020f_u16.to_le_bytes());
    put(0x20e, &((version_at - 0x200) as u16).to_le_bytes());
    put(0x211, &[0x01]); // loadflags: loaded high
    put(0x214, &long(0x10_0000)); // code32_start
    put(0x22c, &long(0x7fff_ffff)); // initrd_addr_max
    put(0x230, &long(0x20_0000)); // kernel_alignment
    put(0x234, &[1, 21]); // relocatable, min_alignment 2 MiB
    put(0x236, &0x0003_u16.to_le_bytes()); // xloadflags: 64-bit entry, may lie above 4 GiB
    put(0x238, &long(2047)); // cmdline_size
    put(0x248, &long(0x400)); // payload_offset
    put(0x24c, &long(body)); // payload_length
    put(0x258, &0x0100_0000_u64.to_le_bytes()); // pref_address
    put(0x260, &long((code + 0x1_0000).next_multiple_of(0x1000))); // init_size
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn the_header_is_one_that_file_knows() {
        let directory = tempfile::tempdir().unwrap();
        let name = directory.path().join("kernel");
        std::fs::write(&name, sample(&[7; 5000])).unwrap();
        // `file` is not everywhere; where it is, it judges.
        if let Ok(output) = std::process::Command::new("file").arg("--brief").arg(&name).output() {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("Linux kernel x86 boot executable bzImage"), "{text}");
        }
    }

    #[test]
    fn sizes_and_jump_agree_with_the_file() {
        let image = sample(&[7; 5001]);
        let long = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
        let setup = (usize::from(image[0x1f1]) + 1) * 512;
        assert_eq!(setup + long(0x1f4) as usize * 16, image.len());
        assert_eq!(usize::from(image[0x201]) + 0x202, 0x26c);
        assert_eq!(image[setup + long(0x248) as usize], 7);
        assert!(long(0x260) as usize >= image.len() - setup);
    }
}
