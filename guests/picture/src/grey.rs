//! Greyscale pictures.

/// A greyscale picture, row by row from the top left; 0 is black, 255 is white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grey {
    /// Pixels in a row.
    pub width: usize,
    /// Width x height values.
    pub values: Vec<u8>,
}

impl Grey {
    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.values.len() / self.width
    }

    /// The picture with black for white.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Self { width: self.width, values: self.values.iter().map(|value| 255 - value).collect() }
    }

    /// The median of the pixels at the edge.
    #[must_use]
    pub fn edge(&self) -> u8 {
        let (width, height) = (self.width, self.height());
        let mut edge: Vec<u8> = (0..self.values.len())
            .filter(|place| {
                let (row, column) = (place / width, place % width);
                row == 0 || row + 1 == height || column == 0 || column + 1 == width
            })
            .map(|place| self.values[place])
            .collect();
        let middle = edge.len() / 2;
        *edge.select_nth_unstable(middle).1
    }

    /// For each pixel the largest value within `reach` pixels of its row and column: paper, without what is drawn on it
    /// in lines thinner than that.
    #[must_use]
    pub fn paper(&self, reach: usize) -> Self {
        let (width, height) = (self.width, self.height());
        let mut rows = Vec::with_capacity(self.values.len());
        for row in self.values.chunks(width) {
            rows.extend(largest(row, reach));
        }
        let mut values = vec![0; rows.len()];
        for column in 0..width {
            let line: Vec<u8> = (0..height).map(|row| rows[row * width + column]).collect();
            for (row, value) in largest(&line, reach).into_iter().enumerate() {
                values[row * width + column] = value;
            }
        }
        Self { width, values }
    }
}

/// For each value the largest one at most `reach` places away.
fn largest(line: &[u8], reach: usize) -> Vec<u8> {
    // Places whose values fall: the first of them is the largest within reach, as in a queue that ends at the right.
    let mut falling = std::collections::VecDeque::new();
    let mut found = Vec::with_capacity(line.len());
    for end in 0..line.len() + reach {
        if let Some(&value) = line.get(end) {
            while falling.back().is_some_and(|&(_, other)| other <= value) {
                falling.pop_back();
            }
            falling.push_back((end, value));
        }
        if end >= reach {
            let place = end - reach;
            while falling.front().is_some_and(|&(other, _)| other + reach < place) {
                falling.pop_front();
            }
            found.push(falling[0].1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_within_reach() {
        assert_eq!(largest(&[1, 5, 2, 0, 0, 3], 0), [1, 5, 2, 0, 0, 3]);
        assert_eq!(largest(&[1, 5, 2, 0, 0, 3], 1), [5, 5, 5, 2, 3, 3]);
        assert_eq!(largest(&[1, 5, 2, 0, 0, 3], 9), [5; 6]);
    }

    #[test]
    fn paper_is_what_lies_under_a_line() {
        let grey = Grey { width: 3, values: vec![200, 10, 200, 210, 10, 200, 200, 10, 200] };
        assert_eq!(grey.paper(1).values, [210, 210, 200, 210, 210, 200, 210, 210, 200]);
    }

    #[test]
    fn the_edge_is_the_median_of_its_pixels() {
        let grey = Grey { width: 3, values: vec![9, 1, 9, 9, 0, 9, 1, 9, 9] };
        assert_eq!(grey.edge(), 9);
        assert_eq!(grey.inverted().edge(), 246);
    }
}
