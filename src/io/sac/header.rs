//! The header of a SAC file: 70 floats, 40 integers and 192 bytes of text.
//!
//! Source: the SAC manual (IRIS, version 101), "SAC data file format". Words that the manual leaves
//! without a name go by those that `ObsPy` gives them.

use crate::io::bytes::{Number, Order};
use crate::{Error, Result};

/// Bytes of a header.
pub const BYTES: usize = 632;
const FLOATS: usize = 70;
const INTEGERS: usize = 40;
const TEXT: usize = 192;

/// The value of a field that is not set.
const UNSET: i32 = -12345;
const UNSET_TEXT: &[u8; 8] = b"-12345  ";

const FLOAT_NAMES: [&str; FLOATS] = [
    "delta",
    "depmin",
    "depmax",
    "scale",
    "odelta",
    "b",
    "e",
    "o",
    "a",
    "internal0",
    "t0",
    "t1",
    "t2",
    "t3",
    "t4",
    "t5",
    "t6",
    "t7",
    "t8",
    "t9",
    "f",
    "resp0",
    "resp1",
    "resp2",
    "resp3",
    "resp4",
    "resp5",
    "resp6",
    "resp7",
    "resp8",
    "resp9",
    "stla",
    "stlo",
    "stel",
    "stdp",
    "evla",
    "evlo",
    "evel",
    "evdp",
    "mag",
    "user0",
    "user1",
    "user2",
    "user3",
    "user4",
    "user5",
    "user6",
    "user7",
    "user8",
    "user9",
    "dist",
    "az",
    "baz",
    "gcarc",
    "internal1",
    "internal2",
    "depmen",
    "cmpaz",
    "cmpinc",
    "xminimum",
    "xmaximum",
    "yminimum",
    "ymaximum",
    "unused6",
    "unused7",
    "unused8",
    "unused9",
    "unused10",
    "unused11",
    "unused12",
];

const INTEGER_NAMES: [&str; INTEGERS] = [
    "nzyear",
    "nzjday",
    "nzhour",
    "nzmin",
    "nzsec",
    "nzmsec",
    "nvhdr",
    "norid",
    "nevid",
    "npts",
    "internal3",
    "nwfid",
    "nxsize",
    "nysize",
    "unused13",
    "iftype",
    "idep",
    "iztype",
    "unused14",
    "iinst",
    "istreg",
    "ievreg",
    "ievtyp",
    "iqual",
    "isynth",
    "imagtyp",
    "imagsrc",
    "unused15",
    "unused16",
    "unused17",
    "unused18",
    "unused19",
    "unused20",
    "unused21",
    "unused22",
    "leven",
    "lpspol",
    "lovrok",
    "lcalda",
    "unused23",
];

/// Eight bytes each, but for the event's name, which has sixteen.
const TEXT_NAMES: [&str; TEXT / 8] = [
    "kstnm", "kevnm", "", "khole", "ko", "ka", "kt0", "kt1", "kt2", "kt3", "kt4", "kt5", "kt6",
    "kt7", "kt8", "kt9", "kf", "kuser0", "kuser1", "kuser2", "kcmpnm", "knetwk", "kdatrd", "kinst",
];

/// What a header field is set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Float(f64),
    /// A number that was rounded to single precision before.
    Single(f32),
    /// A whole number, or a logical value.
    Integer(i64),
    /// Text, of which the first 8 characters count (16 for `kevnm`).
    Text(String),
}

/// A header.
#[derive(Debug, Clone)]
pub(super) struct Header {
    floats: [f32; FLOATS],
    integers: [i32; INTEGERS],
    text: [u8; TEXT],
}

fn place(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|known| *known == name && !name.is_empty())
}

impl Header {
    /// Nothing is set.
    pub fn new() -> Self {
        let mut text = [0; TEXT];
        for (byte, unset) in text.iter_mut().zip(UNSET_TEXT.iter().cycle()) {
            *byte = *unset;
        }
        Self { floats: [UNSET as f32; FLOATS], integers: [UNSET; INTEGERS], text }
    }

    /// Sets a field.
    ///
    /// # Errors
    /// [`Error::Declined`] for a field that does not exist, a value of another type or a number
    /// that the field cannot hold.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<()> {
        if let Some(i) = place(&FLOAT_NAMES, name) {
            self.floats[i] = single(value)?;
        } else if let Some(i) = place(&INTEGER_NAMES, name) {
            self.integers[i] = whole(value)?;
        } else if let Some(i) = place(&TEXT_NAMES, name) {
            let Value::Text(value) = value else {
                return Err(Error::Declined("a SAC header field that takes text"));
            };
            if !value.is_ascii() {
                return Err(Error::Declined("SAC header text that is not ASCII"));
            }
            let field = &mut self.text[8 * i..][..if name == "kevnm" { 16 } else { 8 }];
            field.fill(b' ');
            field.iter_mut().zip(value.bytes()).for_each(|(place, byte)| *place = byte);
        } else {
            return Err(Error::Declined("a SAC header field without a name"));
        }
        Ok(())
    }

    /// Appends the header.
    pub fn put(&self, to: &mut Vec<u8>, order: Order) {
        self.floats.iter().for_each(|x| x.put(to, order));
        self.integers.iter().for_each(|x| x.put(to, order));
        to.extend_from_slice(&self.text);
    }
}

/// True if the value stands for none.
#[allow(clippy::float_cmp)] // this very number does
pub(super) fn is_unset(value: &Value) -> bool {
    match value {
        Value::Float(x) => *x == f64::from(UNSET),
        Value::Single(x) => *x == UNSET as f32,
        Value::Integer(x) => *x == i64::from(UNSET),
        Value::Text(_) => false,
    }
}

/// The value as a whole number of 32 bits.
pub(super) fn whole(value: &Value) -> Result<i32> {
    match value {
        Value::Integer(x) => i32::try_from(*x).ok(),
        _ => None,
    }
    .ok_or(Error::Declined("a SAC header field that takes a whole number"))
}

/// The value in single precision.
pub(super) fn single(value: &Value) -> Result<f32> {
    let x = match value {
        Value::Float(x) => rounded(*x),
        Value::Single(x) => *x,
        Value::Integer(x) => rounded(*x as f64),
        Value::Text(_) => f32::NAN,
    };
    if x.is_finite() {
        Ok(x)
    } else {
        Err(Error::Declined("a SAC header field that takes a number of single precision"))
    }
}

/// `x` in single precision.
#[allow(clippy::cast_possible_truncation)] // rounding to single precision is the point
pub(super) fn rounded(x: f64) -> f32 {
    x as f32
}
