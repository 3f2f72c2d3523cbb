#!/usr/bin/env python3
"""Build the guests, byte-identical wherever it runs, into guests/prebuilt/ with their SHA-256 sums.

`build.py` writes the files; with `--check` it builds and compares with the files that are committed; with
`--toolchain-only` it stops before it builds.
It needs rustup, which brings the toolchain that rust-toolchain.toml pins.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

GUESTS = Path(__file__).resolve().parent
PREBUILT = GUESTS / "prebuilt"
SUMS = PREBUILT / "SHA256SUMS"
# The linker of each target, which comes with the toolchain.
LINKERS = {"wasm32-wasip1": "rust-lld", "wasm32-wasip2": "wasm-component-ld"}

# Variables that would change what cargo or rustc do; all of CARGO_PROFILE_*, CARGO_TARGET_* and CARGO_BUILD_* too.
FOREIGN = {"RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"}
FOREIGN |= {"RUSTC_BOOTSTRAP", "RUSTUP_TOOLCHAIN", "CARGO_INCREMENTAL"}
FOREIGN_PREFIXES = ("CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_BUILD_", "CARGO_UNSTABLE_")


class BuildError(Exception):
    """What went wrong, and what to do about it, in one message."""


def main() -> int:
    """Run the command line: 0 if the files are built, or equal to the committed ones, else 1."""
    parser = argparse.ArgumentParser(description="Build the guests into guests/prebuilt/.")
    parser.add_argument("--check", action="store_true", help="build and compare, write nothing")
    parser.add_argument("--toolchain-only", action="store_true", help="install the pinned toolchain, no more")
    arguments = parser.parse_args()
    try:
        environment = clean_environment()
        install_toolchain(environment)
        if arguments.toolchain_only:
            return 0
        built = build(environment)
        return compare(built) if arguments.check else write(built)
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1


def clean_environment() -> dict[str, str]:
    """Take everything out of the environment that changes how Rust compiles."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(FOREIGN_PREFIXES)
    }
    # Empty wrappers override those of a cargo config in the user's home.
    return kept | {
        "RUSTC_WRAPPER": "",
        "RUSTC_WORKSPACE_WRAPPER": "",
        "RUSTUP_TOOLCHAIN": toolchain()["channel"],
    }


def toolchain() -> dict[str, Any]:
    """Read the pinned toolchain: channel, components, targets."""
    pinned: dict[str, Any] = tomllib.loads((GUESTS / "rust-toolchain.toml").read_text())["toolchain"]
    return pinned


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run a command in the workspace and return what it prints; its own errors are shown as they come."""
    try:
        done = subprocess.run(  # noqa: S603 (the commands are those below)
            command, cwd=GUESTS, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    except FileNotFoundError:
        raise BuildError(f"{command[0]} is not installed: get rustup from your system or https://rustup.rs") from None
    except subprocess.CalledProcessError as error:
        raise BuildError(f"`{' '.join(command[:4])} ...` ended with {error.returncode}") from None
    return done.stdout


def install_toolchain(environment: dict[str, str]) -> None:
    """Let rustup install what is missing of the pinned toolchain: the only step that needs its network."""
    pinned = toolchain()
    channel = pinned["channel"]
    installed = run(["rustup", "toolchain", "list"], environment).split()
    if not any(name == channel or name.startswith(f"{channel}-") for name in installed):
        print(f"installing Rust {channel}")
        run(["rustup", "toolchain", "install", channel, "--profile", "minimal", "--no-self-update"], environment)
    for kind, wanted in (("target", pinned["targets"]), ("component", pinned["components"])):
        present = run(["rustup", kind, "list", "--installed", "--toolchain", channel], environment).split()
        # A component is listed with the host's triple behind its name.
        missing = [name for name in wanted if not any(one == name or one.startswith(f"{name}-") for one in present)]
        if missing:
            print(f"installing {kind} {', '.join(missing)} for Rust {channel}")
            run(["rustup", kind, "add", "--toolchain", channel, *missing], environment)
    version = run(["rustc", "--version"], environment).strip()
    if version.split()[1] != channel:
        raise BuildError(f"`rustc` is {version}, not {channel}: put rustup's programs before it on PATH")
    print(version)


def build(environment: dict[str, str]) -> dict[str, bytes]:
    """Build every program of the workspace, each for its target; their bytes by file name."""
    platforms = [f"--filter-platform={target}" for target in LINKERS]
    described = json.loads(run(["cargo", "metadata", "--format-version=1", "--locked", *platforms], environment))
    flags = [f"--remap-path-prefix={path}={name}" for path, name in neutral_paths(described, environment).items()]
    built: dict[str, bytes] = {}
    # A fresh folder: cargo's own idea of what is up to date does not look at flags of an earlier run alone.
    with tempfile.TemporaryDirectory(prefix="wasi-nn-guests-") as folder:
        environment = environment | {"CARGO_TARGET_DIR": folder}
        for (target, features), names in programs(described).items():
            command = ["cargo", "build", "--locked", "--release", f"--target={target}", *settings(target)]
            compiled = [*flags, f"-Ctarget-feature={features}"] if features else flags
            environment["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(compiled)
            run(command + [f"--bin={name}" for name in names], environment)
            release = Path(folder) / target / "release"
            built |= {f"{name}.wasm": (release / f"{name}.wasm").read_bytes() for name in names}
    return built


def programs(described: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Return the programs by target and what they take of it beyond its baseline.

    They are core modules of the baseline, unless `target` and `features` of a package's `package.metadata.guest` say
    otherwise.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for package in described["packages"]:
        if package["id"] in described["workspace_members"]:
            guest = (package["metadata"] or {}).get("guest") or {}
            kind = guest.get("target", "wasm32-wasip1"), guest.get("features", "")
            found.setdefault(kind, []).extend(one["name"] for one in package["targets"] if "bin" in one["kind"])
    return {kind: sorted(names) for kind, names in sorted(found.items()) if names}


def neutral_paths(described: dict[str, Any], environment: dict[str, str]) -> dict[str, str]:
    """Which folder appears under which name in messages of a panic, so that no folder of this machine does.

    rustc takes the last name that fits, so folders come before those inside them.
    """
    sysroot = run(["rustc", "--print", "sysroot"], environment).strip()
    commit = next(
        line.removeprefix("commit-hash: ")
        for line in run(["rustc", "-vV"], environment).splitlines()
        if line.startswith("commit-hash: ")
    )
    names = {
        str(Path(environment.get("CARGO_HOME") or Path.home() / ".cargo")): "/cargo",
        sysroot: "/rust",
        # The standard library's sources, where they are installed, under the name they were compiled with.
        f"{sysroot}/lib/rustlib/src/rust": f"/rustc/{commit}",
        str(GUESTS): "/guests",
    }
    for package in described["packages"]:
        if package["source"]:
            # Where a registry's folder lies depends on its mirror.
            names[str(Path(package["manifest_path"]).parent)] = f"/crates/{package['name']}-{package['version']}"
    return names


def settings(target: str) -> list[str]:
    """Repeat our release profile and linker as options, which no cargo config in the user's home overrides."""
    profile = tomllib.loads((GUESTS / "Cargo.toml").read_text())["profile"]["release"]
    repeated = [f"profile.release.{key}={json.dumps(value)}" for key, value in profile.items()]
    return [f"--config={setting}" for setting in [*repeated, f'target.{target}.linker="{LINKERS[target]}"']]


def sums(files: dict[str, bytes]) -> str:
    """Return what `sha256sum` prints for these files."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))


def write(built: dict[str, bytes]) -> int:
    """Put the built files and their sums in place of what was there."""
    if PREBUILT.exists():
        shutil.rmtree(PREBUILT)
    PREBUILT.mkdir()
    for name, data in built.items():
        (PREBUILT / name).write_bytes(data)
        print(f"wrote {PREBUILT.name}/{name}, {len(data):,} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
    SUMS.write_text(sums(built))
    print(f"wrote {PREBUILT.name}/{SUMS.name}")
    return 0


def compare(built: dict[str, bytes]) -> int:
    """Name every committed file that is missing, left over, or not what the sources build."""
    wanted = built | {SUMS.name: sums(built).encode()}
    present = {path.name: path.read_bytes() for path in PREBUILT.iterdir()} if PREBUILT.exists() else {}
    differing = [name for name in sorted(wanted | present) if wanted.get(name) != present.get(name)]
    for name in sorted(wanted):
        print(f"{'DIFFERS' if name in differing else 'same   '} {PREBUILT.name}/{name}")
    for name in differing:
        state = "is left over" if name not in wanted else "is missing" if name not in present else "differs"
        print(f"build.py: {PREBUILT.name}/{name} {state}: run guests/build.py and commit the result", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
