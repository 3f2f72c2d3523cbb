//! The digit on a picture, in the form of the data set that the network learned from.

use crate::Grey;
use crate::region::{Region, regions};

/// Pixels of a side of what the network takes.
pub const SIDE: usize = 8;

/// Paper and ink differ by so much at least, of 255.
const LEAST_CONTRAST: u8 = 30;

/// From this part of the darkest ink on, a pixel belongs to a line.
const INK: u8 = 100; // of 255

/// Regions smaller than this part of the largest are specks.
const SPECK: usize = 12;

/// Finds a digit, dark on light or light on dark, and returns `SIDE` x `SIDE` values from 0 (paper) to 1 (ink).
///
/// It fills the height or the width, as in the data set. The error says that there is none.
pub fn digit(picture: &Grey) -> Result<[f32; SIDE * SIDE], String> {
    let picture = if picture.edge() < 128 { picture.inverted() } else { picture.clone() };
    let (width, height) = (picture.width, picture.height());
    // Light falls unevenly on paper, so each pixel is held against the paper around it.
    let paper = picture.paper(width.max(height) / 4);
    let ink: Vec<u8> = paper.values.iter().zip(&picture.values).map(|(paper, value)| paper - value).collect();
    let darkest = ink.iter().copied().max().unwrap_or(0);
    if darkest < LEAST_CONTRAST {
        return Err("there is nothing on the picture".to_owned());
    }
    let ink: Vec<u8> = ink.iter().map(|&value| scaled(value, darkest)).collect();
    let set: Vec<bool> = ink.iter().map(|&value| value >= INK).collect();
    let kept = lines(regions(&set, width), width, height);
    let bounds = around(&kept);
    Ok(cells(&ink, width, bounds))
}

fn scaled(value: u8, most: u8) -> u8 {
    u8::try_from(u16::from(value) * 255 / u16::from(most)).unwrap_or(u8::MAX)
}

/// What belongs to the digit: not specks, and not what comes in from the edge, if there is anything else.
fn lines(regions: Vec<Region>, width: usize, height: usize) -> Vec<Region> {
    let largest = |regions: &[Region]| regions.iter().map(|region| region.places.len()).max().unwrap_or(0);
    let most = largest(&regions);
    let (edge, inside): (Vec<Region>, Vec<Region>) =
        regions.into_iter().partition(|region| region.is_at_edge(width, height));
    let inner = largest(&inside);
    let mut kept = inside;
    if inner * SPECK < most {
        kept.extend(edge);
    }
    let most = largest(&kept);
    kept.retain(|region| region.places.len() * SPECK >= most);
    kept
}

/// First column, first row, last column, last row of all regions.
fn around(regions: &[Region]) -> [usize; 4] {
    regions.iter().fold([usize::MAX, usize::MAX, 0, 0], |[left, top, right, bottom], region| {
        let [west, north, east, south] = region.bounds;
        [left.min(west), top.min(north), right.max(east), bottom.max(south)]
    })
}

/// The mean ink of each cell of a square of `SIDE` x `SIDE` around the box, relative to the darkest cell.
fn cells(ink: &[u8], width: usize, [left, top, right, bottom]: [usize; 4]) -> [f32; SIDE * SIDE] {
    let (box_width, box_height) = (float(right + 1 - left), float(bottom + 1 - top));
    let cell = box_width.max(box_height) / float(SIDE);
    let (west, north) =
        (float(left) + (box_width - cell * float(SIDE)) / 2.0, float(top) + (box_height - cell * float(SIDE)) / 2.0);
    let mut sums = [0f32; SIDE * SIDE];
    for row in top..=bottom {
        for column in left..=right {
            let value = float(usize::from(ink[row * width + column]));
            // A pixel may lie in up to four cells, if it is not larger than a cell, and in more if it is.
            for (cell_row, tall) in shares((float(row) - north) / cell, 1.0 / cell) {
                for (cell_column, wide) in shares((float(column) - west) / cell, 1.0 / cell) {
                    sums[cell_row * SIDE + cell_column] += value * tall * wide;
                }
            }
        }
    }
    let most = sums.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    sums.map(|sum| sum / most)
}

/// The cells that the span of that length from `start` on lies in, each with the part of a cell that it covers.
fn shares(start: f32, length: f32) -> impl Iterator<Item = (usize, f32)> {
    let end = start + length;
    (0..SIDE).filter_map(move |cell| {
        let covered = end.min(float(cell + 1)) - start.max(float(cell));
        (covered > 0.0).then_some((cell, covered))
    })
}

#[expect(clippy::cast_precision_loss, reason = "sides of pictures")]
fn float(value: usize) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 24 x 24 pixels, with a bar of ink in these columns and rows.
    fn bar(paper: u8, ink: u8, columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Grey {
        let values = (0..24 * 24)
            .map(|place| if columns.contains(&(place % 24)) && rows.contains(&(place / 24)) { ink } else { paper });
        Grey { width: 24, values: values.collect() }
    }

    #[test]
    fn a_bar_fills_the_height_and_stands_in_the_middle() {
        let upright = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0].repeat(SIDE);
        for (paper, ink) in [(250, 10), (10, 250), (120, 200), (200, 120)] {
            let found = digit(&bar(paper, ink, 5..9, 4..20)).unwrap();
            assert_eq!(found.to_vec(), upright, "{ink} on {paper}");
        }
    }

    #[test]
    fn specks_and_what_comes_in_from_the_edge_do_not_count() {
        let mut picture = bar(250, 10, 10..14, 4..20);
        picture.values[2 * 24 + 2] = 10;
        for row in 0..24 {
            picture.values[row * 24 + 23] = 10;
        }
        assert_eq!(digit(&picture), digit(&bar(250, 10, 10..14, 4..20)));
    }

    #[test]
    fn uneven_light_does_not_count() {
        let mut picture = bar(250, 50, 10..14, 4..20);
        for (place, value) in picture.values.iter_mut().enumerate() {
            *value -= u8::try_from(place % 24).unwrap();
        }
        let found = digit(&picture).unwrap();
        assert!(found[0] < 0.2 && found[3] > 0.9 && found[4] > 0.9 && found[7] < 0.2, "{found:?}");
    }

    #[test]
    fn small_pictures_are_made_larger() {
        let mut values = vec![255; 64];
        values[9] = 0;
        values[18] = 0;
        let found = digit(&Grey { width: 8, values }).unwrap();
        assert_eq!((found[0], found[7], found[56], found[63]), (1.0, 0.0, 0.0, 1.0));
    }

    #[test]
    fn an_empty_picture_is_told() {
        assert_eq!(digit(&bar(250, 240, 5..9, 4..20)).unwrap_err(), "there is nothing on the picture");
    }
}
