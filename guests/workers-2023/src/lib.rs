//! What both workers do: a picture in base64 comes in the body, goes through the mounted folder, and the classes go out.

use std::fs;
use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use picture::SIDE;
use serde_json::{Value, json};

/// Digits.
pub const CLASSES: usize = 10;

/// The folder that the server mounts, and the file that the picture goes through.
const PICTURE: &str = "/tmp/input.jpg";

/// Reads the request, lets `infer` score the picture, and writes the ten classes, the highest score first.
///
/// # Panics
///
/// On everything that is wrong, as such workers did.
pub fn answer(infer: impl FnOnce(&[f32; SIDE * SIDE]) -> [f32; CLASSES]) {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let request: Value = serde_json::from_str(&text).unwrap();
    let file = STANDARD.decode(request["body"].as_str().unwrap()).unwrap();
    fs::write(PICTURE, file).unwrap();
    let pixels = picture::digit(&picture::read(&fs::read(PICTURE).unwrap()).unwrap()).unwrap();
    let scores = infer(&pixels);
    let mut classes: Vec<usize> = (0..CLASSES).collect();
    classes.sort_by(|&one, &other| scores[other].total_cmp(&scores[one]));
    let data: Vec<Value> = classes.iter().map(|&class| json!({"class": class, "score": scores[class]})).collect();
    let headers = json!({"content-type": "application/json"});
    println!("{}", json!({"data": json!({"data": data}).to_string(), "headers": headers, "status": 200, "kv": {}}));
}
