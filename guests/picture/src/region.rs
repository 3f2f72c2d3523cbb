//! What hangs together on a picture.

/// Pixels that touch each other, and the box around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Places of its pixels.
    pub places: Vec<usize>,
    /// First column, first row, last column, last row.
    pub bounds: [usize; 4],
}

impl Region {
    /// Whether it reaches the edge of a picture of that size.
    pub fn is_at_edge(&self, width: usize, height: usize) -> bool {
        let [left, top, right, bottom] = self.bounds;
        left == 0 || top == 0 || right + 1 == width || bottom + 1 == height
    }
}

/// The regions of a picture's pixels that are `set`; pixels touch also by their corners.
pub fn regions(set: &[bool], width: usize) -> Vec<Region> {
    let height = set.len() / width;
    let mut left = set.to_vec();
    let mut found = Vec::new();
    for start in 0..left.len() {
        if !left[start] {
            continue;
        }
        left[start] = false;
        let mut region = Region { places: vec![start], bounds: [usize::MAX, usize::MAX, 0, 0] };
        let mut next = 0;
        while let Some(&place) = region.places.get(next) {
            next += 1;
            let (column, row) = (place % width, place / width);
            let [west, north, east, south] = region.bounds;
            region.bounds = [west.min(column), north.min(row), east.max(column), south.max(row)];
            for other_row in row.saturating_sub(1)..(row + 2).min(height) {
                for other_column in column.saturating_sub(1)..(column + 2).min(width) {
                    let other = other_row * width + other_column;
                    if left[other] {
                        left[other] = false;
                        region.places.push(other);
                    }
                }
            }
        }
        found.push(region);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_touch_and_edges_do_not_wrap() {
        let set = [true, false, false, true, false, true, false, false, false, false, false, false]; // 4 x 3
        let found = regions(&set, 4);
        let bounds: Vec<[usize; 4]> = found.iter().map(|region| region.bounds).collect();
        assert_eq!(bounds, [[0, 0, 1, 1], [3, 0, 3, 0]]);
        assert!(found.iter().all(|region| region.is_at_edge(4, 3)));
    }
}
