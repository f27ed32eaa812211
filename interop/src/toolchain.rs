//! Compilers for machines without an operating system: rustup's library for a target, or Debian's compiler, whose
//! library source is packaged with it.

use crate::{Outcome, flat, packages};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Debian's compiler and its library source.
const DEBIAN: [&str; 2] = ["rustc-web", "rust-web-src"];

/// What the compiler is told for a small program: SHA-256 is not unrolled.
pub const SMALL: &str = r#"--cfg=sha2_backend="soft" --cfg=sha2_backend_soft="compact""#;

/// How a target is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toolchain {
    /// The installed compiler has the target's library.
    Rustup,
    /// Debian's compiler, which builds the library as well.
    Debian,
}

/// Where there is one for `target`. With `install`, Debian's packages are installed.
///
/// # Errors
/// Neither is here; the text says how to get them.
pub fn find(target: &str, install: bool) -> Outcome<Toolchain> {
    let list = ask("rustup", &["target", "list", "--installed"]).unwrap_or_default();
    if list.lines().any(|line| line == target) {
        return Ok(Toolchain::Rustup);
    }
    if !has_debian()
        && install
        && let Err(error) = packages::install(&DEBIAN)
    {
        eprintln!("{error}");
    }
    if has_debian() {
        return Ok(Toolchain::Debian);
    }
    let packages = DEBIAN.join(" ");
    Err(format!("needs the target: rustup target add {target}, or on Debian: apt-get install {packages}")
        .into())
}

impl Toolchain {
    /// Has `build` compile with it; `libraries` (`core`, `core,alloc`) are what is needed of the standard library.
    pub fn prepare(self, build: &mut Command, libraries: &str) {
        if self == Self::Debian {
            build.arg(format!("-Zbuild-std={libraries}"));
            build.arg("-Zbuild-std-features=compiler-builtins-mem,optimize_for_size");
            build.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
            build.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC_WRAPPER");
        }
    }
}

/// The processors that `bootproto.efi` is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processor {
    /// `bootproto.efi`.
    X86,
    /// `bootproto-arm64.efi`.
    Arm64,
}

impl Processor {
    const fn target(self) -> &'static str {
        match self {
            Self::X86 => "x86_64-unknown-uefi",
            Self::Arm64 => "aarch64-unknown-uefi",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::X86 => "bootproto.efi",
            Self::Arm64 => "bootproto-arm64.efi",
        }
    }
}

/// Builds `bootproto.efi`, once in a run, and puts it into cargo's target folder as `firmware/bootproto.efi`.
/// `BOOTPROTO_EFI` names another one.
///
/// # Errors
/// There is no compiler for it, or it does not build.
pub fn bootproto_efi(install: bool) -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match std::env::var_os("BOOTPROTO_EFI") {
        Some(path) => Ok(path.into()),
        None => build_efi(Processor::X86, install).map_err(|error| error.to_string()),
    });
    built.clone().map_err(Into::into)
}

/// Builds it for a processor, as `firmware/bootproto.efi` or `firmware/bootproto-arm64.efi`. For x86-64 it is packed.
///
/// # Errors
/// There is no compiler for it, or it does not build.
pub fn build_efi(processor: Processor, install: bool) -> Outcome<PathBuf> {
    let target = processor.target();
    let toolchain = find(target, install)?;
    let linker = if toolchain == Toolchain::Debian { Some(linker(install, "lld-link")?) } else { None };
    // Two compilers must not share one folder.
    let folder = packages::target().join("firmware");
    let packed = folder.join("bootproto.packed");
    let build = |package: &str| -> Outcome {
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--release", "--locked", "--package", package, "--target", target]);
        build.arg("--target-dir").arg(&folder);
        build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware"));
        toolchain.prepare(&mut build, "core,alloc");
        build.env("RUSTFLAGS", SMALL).env_remove("CARGO_ENCODED_RUSTFLAGS").env("BOOTPROTO_PACKED", &packed);
        if let Some(linker) = &linker {
            let variable = format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase());
            build.env(variable, linker);
        }
        let built = build.status()?.success();
        if built { Ok(()) } else { Err(format!("{package} does not build for {target}").into()) }
    };
    let release = folder.join(target).join("release");
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    build("bootproto-uefi")?;
    let mut program = read(&release.join("bootproto.efi"))?;
    // On ARM the unpacker would have to see to the caches.
    if processor == Processor::X86 {
        std::fs::write(&packed, flat::pack(&program)?)?;
        build("bootproto-uefi-unpack")?;
        program = read(&release.join("unpack.efi"))?;
    }
    let place = folder.join(processor.file());
    std::fs::write(&place, program)?;
    Ok(place)
}

/// A linker of LLVM's: the one that came with rustup's compiler, or Debian's, where `debian` is its name for the kind.
///
/// # Errors
/// There is neither.
pub fn linker(install: bool, debian: &str) -> Outcome<PathBuf> {
    let host = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let root = Command::new("rustc").args(["--print", "sysroot"]).current_dir(host).output();
    let root = root.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let ours = root.map(|root| Path::new(&root).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"));
    if let Some(ours) = ours.filter(|path| path.exists()) {
        return Ok(ours);
    }
    let debian = Path::new("/usr/bin").join(debian);
    if !debian.exists() && install {
        packages::install(&["lld"])?;
    }
    if debian.exists() { Ok(debian) } else { Err("needs a linker: apt-get install lld".into()) }
}

fn has_debian() -> bool {
    Path::new("/usr/bin/rustc").exists()
        && ask("/usr/bin/rustc", &["--print", "sysroot"]).is_some_and(|root| {
            Path::new(root.trim()).join("lib/rustlib/src/rust/library/core/src/lib.rs").exists()
        })
}

fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
