//! Files in PNG and JPEG.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::Grey;

/// Most pixels of a side: what telephones make, and no more.
const MOST_SIDE: u32 = 12_000;

/// Most bytes of the decoded picture and of what decoding needs besides.
const MOST_BYTES: u64 = 256 << 20;

/// Pixels of the longer side that are enough for a digit; larger pictures are made smaller.
const SIDE: u32 = 384;

/// Reads a picture as a person sees it: turned as the camera was held, and on white where it is transparent.
///
/// The error says what is wrong with the file.
pub fn read(file: &[u8]) -> Result<Grey, String> {
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|error| format!("the picture cannot be read: {error}"))?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err("the file is neither PNG nor JPEG".to_owned());
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MOST_SIDE), Some(MOST_SIDE));
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let broken = |error: image::ImageError| format!("the picture cannot be read: {error}");
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    if picture.width() > SIDE || picture.height() > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    picture.apply_orientation(orientation);
    Ok(on_white(&picture))
}

fn on_white(picture: &DynamicImage) -> Grey {
    let pixels = picture.to_luma_alpha8();
    let values = pixels.pixels().map(|pixel| {
        let [value, opacity] = pixel.0.map(u16::from);
        let mixed = (value * opacity + 255 * (255 - opacity)) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    });
    Grey { width: pixels.width() as usize, values: values.collect() }
}
