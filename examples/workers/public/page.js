// Sends a picture to the worker and shows what it answers.

const LARGEST = 1 << 20; // bytes of a file that is sent as it is
const SIDE = 1600; // pixels of the longer side that larger pictures get

const element = (id) => document.getElementById(id);

// The request under way, which the next picture ends.
let underway = null;

// Returns a picture as the worker takes it: PNG or JPEG, and not larger than it must be.
async function prepared(file) {
  if (["image/png", "image/jpeg"].includes(file.type) && file.size <= LARGEST) {
    return file;
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file; // the worker says what is wrong with it
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

async function asked(picture, signal) {
  const answer = await fetch("classify", {
    method: "POST",
    headers: { accept: "application/json", "content-type": picture.type || "application/octet-stream" },
    body: picture,
    signal,
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(found.error ?? `the server answered with status ${answer.status}`);
  }
  return found;
}

async function classify(file) {
  underway?.abort();
  const own = new AbortController();
  underway = own;
  document.body.classList.add("busy");
  element("alert").hidden = true;
  try {
    const picture = await prepared(file);
    const began = performance.now();
    const found = await asked(picture, own.signal);
    const all = performance.now() - began;
    if (underway === own) {
      show(file, found, all);
    }
  } catch (error) {
    if (underway === own) {
      refuse(error);
    }
  } finally {
    if (underway === own) {
      document.body.classList.remove("busy");
    }
  }
}

function show(file, found, all) {
  const picture = element("picture");
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  const [best] = found.classes;
  element("bars").replaceChildren(...found.classes.map(bar));
  draw(found.seen);
  const { picture: reading, network } = found.milliseconds;
  element("time").textContent =
    `${all.toFixed(0)} ms in all: ${reading.toFixed(1)} ms for the picture, ${network.toFixed(1)} ms for the network`;
  element("result").hidden = false;
  element("answer").textContent = `Most probably ${best.class} (${percent(best.probability)})`;
  element("result").scrollIntoView({ block: "nearest" });
}

function bar({ class: digit, probability }) {
  const row = document.createElement("li");
  const [name, track, filled, share] = ["span", "div", "div", "span"].map((tag) => document.createElement(tag));
  name.textContent = digit;
  track.className = "track";
  filled.className = "bar";
  filled.style.width = `${100 * probability}%`;
  track.append(filled);
  share.className = "percent";
  share.textContent = percent(probability);
  row.append(name, track, share);
  return row;
}

function percent(part) {
  return `${(100 * part).toFixed(1)} %`;
}

function draw(values) {
  const context = element("seen").getContext("2d");
  const pixels = context.createImageData(8, 8);
  values.forEach((ink, place) => pixels.data.set([...Array(3).fill(255 * (1 - ink)), 255], 4 * place));
  context.putImageData(pixels, 0, 0);
}

function refuse(error) {
  const alert = element("alert");
  alert.textContent =
    error instanceof TypeError ? "The server cannot be reached." : `This did not work: ${error.message}.`;
  alert.hidden = false;
  element("result").hidden = true;
}

for (const id of ["file", "camera"]) {
  element(id).addEventListener("change", ({ target }) => {
    const [file] = target.files;
    if (file) {
      classify(file);
    }
    target.value = ""; // so that the same file can be chosen again
  });
}

element("samples").addEventListener("click", async ({ target }) => {
  const image = target.closest("button")?.querySelector("img");
  if (image) {
    const answer = await fetch(image.src);
    classify(await answer.blob());
  }
});

const drop = element("drop");
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) {
    drop.classList.remove("over");
  }
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) {
    classify(file);
  }
});
document.addEventListener("paste", ({ clipboardData }) => {
  const [file] = clipboardData.files;
  if (file) {
    classify(file);
  }
});
