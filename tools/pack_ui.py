#!/usr/bin/env python3
"""Packs a folder of built web files into one file that the binary embeds.

Layout, all integers little-endian: "TUIPACK1", u32 count, then per file
u16 path length, path, u16 type length, content type, u64 etag, u32 raw length, u32 gzip length, gzip bytes.
The reader is src/api/assets/assets.cc.
"""
import gzip
import hashlib
import pathlib
import struct
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


def pack(folder: pathlib.Path) -> bytes:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    if not any(p.name == "index.html" for p in files):
        sys.exit(f"{folder}: no index.html; build the UI first")
    out = [b"TUIPACK1", struct.pack("<I", len(files))]
    for path in files:
        raw = path.read_bytes()
        kind = TYPES.get(path.suffix)
        if kind is None:
            sys.exit(f"{path}: no content type for {path.suffix}; add it to {__file__}")
        name = ("/" + path.relative_to(folder).as_posix()).encode()
        etag = int.from_bytes(hashlib.sha256(raw).digest()[:8], "little")
        packed = gzip.compress(raw, 9, mtime=0)
        out.append(struct.pack("<H", len(name)) + name)
        out.append(struct.pack("<H", len(kind)) + kind.encode())
        out.append(struct.pack("<QII", etag, len(raw), len(packed)) + packed)
    return b"".join(out)


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(pack(pathlib.Path(sys.argv[1])))
