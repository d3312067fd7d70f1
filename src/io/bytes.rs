//! Numbers in the byte order of a file.

/// The byte order of numbers in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Most significant byte first.
    Big,
    /// Least significant byte first.
    Little,
}

/// A number with its bytes in either order.
pub(super) trait Number: Copy {
    /// The first bytes of `bytes`, or `None` if there are too few.
    fn take(bytes: &[u8], order: Order) -> Option<Self>;

    /// Appends the number.
    fn put(self, to: &mut Vec<u8>, order: Order);
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn take(bytes: &[u8], order: Order) -> Option<Self> {
                let bytes = *bytes.first_chunk()?;
                Some(match order {
                    Order::Big => Self::from_be_bytes(bytes),
                    Order::Little => Self::from_le_bytes(bytes),
                })
            }

            fn put(self, to: &mut Vec<u8>, order: Order) {
                to.extend_from_slice(&match order {
                    Order::Big => self.to_be_bytes(),
                    Order::Little => self.to_le_bytes(),
                });
            }
        }
    )*};
}

numbers!(i16, u16, i32, u32, f32, f64);

/// The number at `offset`.
pub(super) fn at<T: Number>(bytes: &[u8], offset: usize, order: Order) -> Option<T> {
    T::take(bytes.get(offset..)?, order)
}
