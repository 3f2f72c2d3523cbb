//! Greyscale images in the PGM format of Netpbm: P5 with a byte a pixel, P2 with decimal numbers.

/// Most pixels of an image.
const MOST_PIXELS: usize = 1 << 20;

/// A greyscale image.
#[derive(Debug, PartialEq)]
pub struct Image {
    /// Row by row from the top left, each value divided by the file's maximum: 0 is black, 1 is white.
    pub pixels: Vec<f32>,
}

impl Image {
    /// Reads a PGM file with a maximum of 1 to 255.
    pub fn parse(file: &[u8]) -> Result<Self, String> {
        let mut header = Tokens { rest: file };
        let format = header.next().unwrap_or_default();
        if !matches!(format, b"P2" | b"P5") {
            return Err("not a PGM image: it starts neither with P2 nor with P5".to_owned());
        }
        let width = header.number("width", MOST_PIXELS)?;
        let height = header.number("height", MOST_PIXELS)?;
        let maximum = header.number("maximum", 255)?;
        let count = width.saturating_mul(height); // wasm32 has 32-bit sizes
        if count == 0 || count > MOST_PIXELS || maximum == 0 {
            return Err(format!(
                "{width} x {height} pixels up to {maximum}: none of them may be 0, and at most {MOST_PIXELS} pixels are allowed"
            ));
        }
        let values: Vec<usize> = if format == b"P5" {
            // One white space ends the header; it was read with the maximum.
            let bytes = header.rest.get(..count);
            let bytes = bytes.ok_or_else(|| format!("{count} pixels announced, {} there", header.rest.len()))?;
            bytes.iter().map(|&byte| byte.into()).collect()
        } else {
            (0..count).map(|_| header.number("pixel", maximum)).collect::<Result<_, _>>()?
        };
        match values.iter().find(|&&value| value > maximum) {
            Some(value) => Err(format!("a pixel of {value} where the maximum is {maximum}")),
            None => Ok(Self { pixels: values.iter().map(|&value| small(value) / small(maximum)).collect() }),
        }
    }
}

/// A number up to 255 as a float.
#[expect(clippy::cast_precision_loss, reason = "255 at most")]
fn small(value: usize) -> f32 {
    value as f32
}

/// The parts of a header: separated by white space, with comments from `#` to the end of the line.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    /// The next part; the one white space after it is consumed, no more.
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if self.rest.first() != Some(&b'#') {
                break;
            }
            let end = self.rest.iter().position(|&byte| byte == b'\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
        let end = self.rest.iter().position(u8::is_ascii_whitespace).unwrap_or(self.rest.len());
        let (part, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        (!part.is_empty()).then_some(part)
    }

    fn number(&mut self, what: &str, most: usize) -> Result<usize, String> {
        let part = self.next().ok_or_else(|| format!("the file ends before its {what}"))?;
        let number = str::from_utf8(part).ok().and_then(|text| text.parse().ok());
        number.filter(|&number| number <= most).ok_or_else(|| {
            let shown = String::from_utf8_lossy(&part[..part.len().min(20)]);
            format!("{what} is {shown:?}, not a whole number up to {most}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(file: &[u8]) -> Vec<f32> {
        Image::parse(file).unwrap().pixels
    }

    #[test]
    fn text_with_comments() {
        assert_eq!(pixels(b"P2\n# a digit\n2 2 # wide\n16\n0 4\n8 16\n"), [0.0, 0.25, 0.5, 1.0]);
    }

    #[test]
    fn bytes_that_look_like_white_space() {
        assert_eq!(pixels(b"P5 2 1 16\n\n\x08"), [0.625, 0.5]);
    }

    #[test]
    fn maximum_of_255() {
        assert_eq!(pixels(b"P5\n1 2\n255\n\xff\x33"), [1.0, 0.2]);
    }

    #[test]
    fn mistakes_are_named() {
        for (file, part) in [
            (&b"P6 1 1 255\nabc"[..], "neither with P2 nor with P5"),
            (b"", "neither with P2 nor with P5"),
            (b"P5 2 2 255\nabc", "4 pixels announced, 3 there"),
            (b"P5 2 2", "ends before its maximum"),
            (b"P5 0 2 255\n", "0 x 2 pixels"),
            (b"P5 2 2 65535\n", "not a whole number up to 255"),
            (b"P5 1048576 1048576 255\n", "at most 1048576 pixels"),
            (b"P2 2 1 16 3", "ends before its pixel"),
            (b"P2 2 1 16 3 17", "\"17\", not a whole number up to 16"),
            (b"P5 1 1 16\n\x11", "a pixel of 17"),
        ] {
            let mistake = Image::parse(file).unwrap_err();
            assert!(mistake.contains(part), "{:?} gave {mistake:?}", String::from_utf8_lossy(file));
        }
    }
}
