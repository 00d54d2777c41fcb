//! Builds the firmware of a folder that was compiled for a microcontroller, and reads from the linked image what it takes.

use std::path::Path;

use object::elf::{SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS};
use object::{LittleEndian, Object, ObjectSection, SectionFlags};
use serde::Serialize;

use super::BuildError;
use crate::machine::MachineError;
use crate::machine::toolchain::Toolchain;

/// Sections of an image of 32 bits.
type Elf<'e> = object::read::elf::ElfFile32<'e, LittleEndian>;

/// What a linked firmware takes, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// All that lies in flash: code, weights, tables, and what variables begin as.
    pub flash: u64,
    /// Of it machine code.
    pub code: u64,
    /// Variables in RAM: the arena, and whatever else a firmware has. The stack grows below the rest.
    pub ram: u64,
}

/// Builds `folder/firmware` for `target`, whose RAM begins at `ram` above the flash; the image is `folder/firmware/target/TARGET/release/firmware`.
///
/// # Errors
/// A compiler or packages that are missing; what the compiler or the linker says; an image that is none.
pub fn firmware(folder: &Path, target: &'static str, ram: u32) -> Result<Image, BuildError> {
    let said = |error: MachineError| match error {
        MachineError::Missing { tool, install } => BuildError::Missing { tools: vec![tool], install },
        MachineError::Failed { reason, .. } => BuildError::Firmware { said: reason },
        other => BuildError::Firmware { said: other.to_string() },
    };
    let project = std::path::absolute(folder)?.join("firmware"); // where cargo runs
    let toolchain = Toolchain::find(target).map_err(said)?;
    let programs = toolchain.build_with(&project, &project.join("target"), true).map_err(said)?;
    image(&std::fs::read(programs.join("firmware"))?, ram)
}

/// What an image takes.
fn image(elf: &[u8], ram: u32) -> Result<Image, BuildError> {
    let broken = |error: object::Error| BuildError::Firmware { said: format!("the image cannot be read: {error}") };
    let mut image = Image { flash: 0, code: 0, ram: 0 };
    for section in Elf::parse(elf).map_err(broken)?.sections() {
        let SectionFlags::Elf { sh_type, sh_flags } = section.flags() else { continue };
        let has = |flag| sh_flags.contains(flag);
        if !has(SHF_ALLOC) {
            continue;
        }
        let bytes = section.size();
        // what begins at zero, or as nothing, takes no flash
        let empty = sh_type == SHT_NOBITS;
        image.flash += if empty { 0 } else { bytes };
        image.code += if has(SHF_EXECINSTR) { bytes } else { 0 };
        image.ram += if section.address() >= ram.into() { bytes } else { 0 };
    }
    Ok(image)
}
