//! libibmad, the codec under infiniband-diags: fields of MADs by their names in its header.
//!
//! The library is loaded when it is asked for, so that nothing here needs it to be built.

use crate::{Outcome, peers};
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int, c_void};
use std::path::Path;

type GetSmall = unsafe extern "C" fn(*mut c_void, c_int, c_int) -> u32;
type SetSmall = unsafe extern "C" fn(*mut c_void, c_int, c_int, u32);
type GetWide = unsafe extern "C" fn(*mut c_void, c_int, c_int) -> u64;
type SetWide = unsafe extern "C" fn(*mut c_void, c_int, c_int, u64);
type Array = unsafe extern "C" fn(*mut c_void, c_int, c_int, *mut c_void);

/// A field's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Up to 32 bits.
    Small(u32),
    /// 64 bits.
    Wide(u64),
    /// So many bytes.
    Bytes(Vec<u8>),
}

/// The library, loaded.
#[derive(Debug)]
pub struct Libibmad {
    fields: HashMap<String, c_int>,
    get_small: GetSmall,
    set_small: SetSmall,
    get_wide: GetWide,
    set_wide: SetWide,
    get_array: Array,
    set_array: Array,
}

/// More than any structure has before and behind it, so that a wrong offset of the library's stays inside.
const ROOM: usize = 4096;
/// Where in it a structure starts.
const START: usize = ROOM / 2;

impl Libibmad {
    /// Loads it.
    ///
    /// # Errors
    /// Library or header isn't here, or is another one.
    pub fn load() -> Outcome<Self> {
        let path = peers::LIBIBMAD.path()?;
        // Loaded first, so that the other one finds it by its name.
        open(&path.with_file_name("libibumad.so.3"))?;
        let library = open(&path)?;
        let header = std::fs::read_to_string(peers::LIBIBMAD_HEADER.path()?)?;
        // SAFETY: these are the types that the library's header declares for these names; it is never unloaded.
        unsafe {
            Ok(Self {
                fields: fields(&header)?,
                get_small: std::mem::transmute::<*mut c_void, GetSmall>(symbol(library, c"mad_get_field")?),
                set_small: std::mem::transmute::<*mut c_void, SetSmall>(symbol(library, c"mad_set_field")?),
                get_wide: std::mem::transmute::<*mut c_void, GetWide>(symbol(library, c"mad_get_field64")?),
                set_wide: std::mem::transmute::<*mut c_void, SetWide>(symbol(library, c"mad_set_field64")?),
                get_array: std::mem::transmute::<*mut c_void, Array>(symbol(library, c"mad_get_array")?),
                set_array: std::mem::transmute::<*mut c_void, Array>(symbol(library, c"mad_set_array")?),
            })
        }
    }

    fn number(&self, field: &str) -> Outcome<c_int> {
        self.fields.get(field).copied().ok_or_else(|| format!("libibmad has no field {field}").into())
    }

    /// Reads a field of `bytes`, of the same kind as `like`.
    ///
    /// # Errors
    /// There is no such field.
    pub fn get(&self, bytes: &[u8], field: &str, like: &Value) -> Outcome<Value> {
        let number = self.number(field)?;
        let mut room = [0_u8; ROOM];
        room[START..START + bytes.len()].copy_from_slice(bytes);
        let buffer = room[START..].as_mut_ptr().cast();
        // SAFETY: there is more room around the structure than any field's offset, and so there is in the array that one is
        // copied to.
        Ok(unsafe {
            match like {
                Value::Small(_) => Value::Small((self.get_small)(buffer, 0, number)),
                Value::Wide(_) => Value::Wide((self.get_wide)(buffer, 0, number)),
                Value::Bytes(bytes) => {
                    let mut array = [0_u8; ROOM];
                    (self.get_array)(buffer, 0, number, array.as_mut_ptr().cast());
                    Value::Bytes(array[..bytes.len()].to_vec())
                }
            }
        })
    }

    /// Bytes in which these fields are set, and nothing else.
    ///
    /// # Errors
    /// There is no such field.
    pub fn set(&self, length: usize, values: &[(&str, Value)]) -> Outcome<Vec<u8>> {
        let mut room = [0_u8; ROOM];
        for (field, value) in values {
            let number = self.number(field)?;
            let buffer = room[START..].as_mut_ptr().cast();
            // SAFETY: as in `get`.
            unsafe {
                match value {
                    Value::Small(value) => (self.set_small)(buffer, 0, number, *value),
                    Value::Wide(value) => (self.set_wide)(buffer, 0, number, *value),
                    Value::Bytes(bytes) => {
                        let mut array = [0_u8; ROOM];
                        array[..bytes.len()].copy_from_slice(bytes);
                        (self.set_array)(buffer, 0, number, array.as_mut_ptr().cast());
                    }
                }
            }
        }
        Ok(room[START..START + length].to_vec())
    }
}

fn open(path: &Path) -> Outcome<*mut c_void> {
    let name = CString::new(path.display().to_string())?;
    // SAFETY: the name ends with a NUL and lives until the call returns.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if handle.is_null() { Err(format!("{} can't be loaded", path.display()).into()) } else { Ok(handle) }
}

fn symbol(library: *mut c_void, name: &CStr) -> Outcome<*mut c_void> {
    // SAFETY: the library is loaded, and the name ends with a NUL.
    let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
    if symbol.is_null() { Err(format!("libibmad has no {name:?}").into()) } else { Ok(symbol) }
}

/// The enumeration of fields in the header: names, and a number where it says `= `.
fn fields(header: &str) -> Outcome<HashMap<String, c_int>> {
    let body = header.split_once("enum MAD_FIELDS {").and_then(|(_, rest)| rest.split_once("};"));
    let mut rest = body.ok_or("the header has no MAD_FIELDS")?.0;
    let mut text = String::new();
    while let Some((before, comment)) = rest.split_once("/*") {
        text.push_str(before);
        rest = comment.split_once("*/").ok_or("a comment has no end")?.1;
    }
    text.push_str(rest);
    let (mut fields, mut number) = (HashMap::new(), 0);
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let name = match entry.split_once('=') {
            Some((name, value)) => {
                let value = value.trim();
                number = fields.get(value).copied().map_or_else(|| value.parse(), Ok)?;
                name.trim()
            }
            None => entry,
        };
        fields.insert(name.to_owned(), number);
        number += 1;
    }
    Ok(fields)
}
