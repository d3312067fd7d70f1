//! The blocks of [`super::lanes`] in vectors, four rows at a time.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm256_add_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_sub_pd,
    _mm512_add_pd, _mm512_loadu_pd, _mm512_mul_pd, _mm512_set1_pd, _mm512_storeu_pd, _mm512_sub_pd,
};

use super::lanes::{Block, Delays, Vectors, rows};
use super::section::Section;
use super::tiles_x86::{load4, load8, store4, store8};

macro_rules! vectors {
    (
        $(#[$doc:meta])* $name:ident, $kernel:ident, $features:tt, $width:literal,
        $load_tile:ident, $store_tile:ident,
        $load:ident, $store:ident, $splat:ident, $mul:ident, $add:ident, $sub:ident
    ) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl $name {
            pub fn available() -> bool {
                is_x86_feature_detected!($features)
            }
        }

        impl Vectors<$width> for $name {
            fn run(
                sections: &[Section],
                delays: &mut [Delays<$width>],
                mut block: Block<'_, '_, $width>,
            ) {
                let len = block.span.len();
                let whole = len - len % 4;
                if block.back {
                    rows(sections, delays, &mut block, whole..len);
                }
                let from = block.from.each_ref().map(|x| x[..len].as_ptr());
                let mut to = [block.nowhere[..len].as_mut_ptr(); $width];
                for (to, y) in to.iter_mut().zip(&mut *block.to) {
                    *to = y[block.span.clone()].as_mut_ptr();
                }
                assert!(Self::available(), $features);
                // SAFETY: the processor has the features; there are `whole` numbers at each place.
                unsafe {
                    let kernel = match sections.len() {
                        1 => $kernel::<1>,
                        2 => $kernel::<2>,
                        3 => $kernel::<3>,
                        4 => $kernel::<4>,
                        5 => $kernel::<5>,
                        6 => $kernel::<6>,
                        7 => $kernel::<7>,
                        8 => $kernel::<8>,
                        n => panic!("{n} sections at once"),
                    };
                    kernel(sections, delays, from, to, whole, block.back);
                }
                if !block.back {
                    rows(sections, delays, &mut block, whole..len);
                }
            }
        }

        /// The number of sections is known, so that their delays stay in registers.
        ///
        /// # Safety
        /// At each place there are `len` numbers, a multiple of four.
        #[target_feature(enable = $features)]
        unsafe fn $kernel<const N: usize>(
            sections: &[Section],
            delays: &mut [Delays<$width>],
            from: [*const f64; $width],
            to: [*mut f64; $width],
            len: usize,
            back: bool,
        ) {
            let zero = [$splat(0.0); N];
            let (mut b0, mut b1, mut b2, mut a1, mut a2) = (zero, zero, zero, zero, zero);
            let (mut z1, mut z2) = (zero, zero);
            for s in 0..N {
                let (c, z) = (&sections[s], &delays[s]);
                b0[s] = $splat(c.b0);
                b1[s] = $splat(c.b1);
                b2[s] = $splat(c.b2);
                a1[s] = $splat(c.a1);
                a2[s] = $splat(c.a2);
                // SAFETY: the arrays hold as many numbers as a vector; no alignment is asked.
                (z1[s], z2[s]) = unsafe { ($load(z.z1.as_ptr()), $load(z.z2.as_ptr())) };
            }
            for i in (0..len).step_by(4) {
                let i = if back { len - 4 - i } else { i };
                // SAFETY: numbers i to i + 3 are among the caller's.
                let mut tile = unsafe { $load_tile(from.map(|x| x.add(i))) };
                if back {
                    tile.reverse();
                }
                for x in &mut tile {
                    for s in 0..N {
                        let y = $add($mul(b0[s], *x), z1[s]);
                        z1[s] = $add($sub($mul(b1[s], *x), $mul(a1[s], y)), z2[s]);
                        z2[s] = $sub($mul(b2[s], *x), $mul(a2[s], y));
                        *x = y;
                    }
                }
                if back {
                    tile.reverse();
                }
                // SAFETY: as for the load.
                unsafe { $store_tile(tile, to.map(|y| y.add(i))) };
            }
            for s in 0..N {
                let z = &mut delays[s];
                // SAFETY: as above.
                unsafe {
                    $store(z.z1.as_mut_ptr(), z1[s]);
                    $store(z.z2.as_mut_ptr(), z2[s]);
                }
            }
        }
    };
}

vectors!(
    /// Four lanes.
    Avx2, avx2, "avx2", 4, load4, store4,
    _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd, _mm256_mul_pd, _mm256_add_pd, _mm256_sub_pd
);
vectors!(
    /// Four lanes, thirty-two registers.
    Avx512x4, avx512x4, "avx512vl", 4, load4, store4,
    _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd, _mm256_mul_pd, _mm256_add_pd, _mm256_sub_pd
);
vectors!(
    /// Eight lanes.
    Avx512x8, avx512x8, "avx512f", 8, load8, store8,
    _mm512_loadu_pd, _mm512_storeu_pd, _mm512_set1_pd, _mm512_mul_pd, _mm512_add_pd, _mm512_sub_pd
);
