#!/usr/bin/env python3
"""Draws the PNG icons of the installed app into core/assets, with the shapes of core/assets/icon.svg.

Needs nothing but Python. Run it again after changing the shapes here and in icon.svg.
"""
import math
import pathlib
import struct
import zlib

ASSETS = pathlib.Path(__file__).resolve().parent.parent / "core" / "assets"
TEAL, WHITE, ORANGE = (0x0A, 0x5D, 0x66), (0xFF, 0xFF, 0xFF), (0xFF, 0x8C, 0x55)

# The shapes, in the 32 units of the SVG's view box.
CENTER, RADIUS = (16.0, 16.78), 9.5  # of the dial, which is open at the bottom
DIAL_END = (9.3, 23.5)
POINTER = ((16.0, 17.0), (20.4, 12.1))
HUB = (16.0, 17.0)


def to_segment(x, y, a, b):
    """The distance of a point from the segment between a and b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = max(0, min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - a[0] - t * dx, y - a[1] - t * dy)


def to_dial(x, y):
    """The distance of a point from the arc of the dial."""
    opening = math.atan2(DIAL_END[1] - CENTER[1], CENTER[0] - DIAL_END[0])
    below = math.atan2(y - CENTER[1], abs(x - CENTER[0]))
    if below <= opening:
        return abs(math.hypot(x - CENTER[0], y - CENTER[1]) - RADIUS)
    return math.hypot(abs(x - CENTER[0]) - (CENTER[0] - DIAL_END[0]), y - DIAL_END[1])


def to_corner(x, y, radius):
    """The distance of a point from the rounded square; negative inside."""
    dx, dy = abs(x - 16) - 16 + radius, abs(y - 16) - 16 + radius
    return math.hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius


def draw(size, rounded, scale=1.0):
    """Renders the icon. `scale` shrinks the shapes on a background that fills the square."""
    unit = 32 / size
    rows = []
    for row in range(size):
        line = bytearray([0])
        for column in range(size):
            x, y = (column + 0.5) * unit, (row + 0.5) * unit
            alpha = cover(to_corner(x, y, 8), unit) if rounded else 1
            x, y = 16 + (x - 16) / scale, 16 + (y - 16) / scale
            color = TEAL
            for distance, width, paint in (
                (to_dial(x, y), 1.5, WHITE),
                (to_segment(x, y, *POINTER), 1.3, ORANGE),
                (math.hypot(x - HUB[0], y - HUB[1]), 2.6, ORANGE),
            ):
                part = cover(distance - width, unit / scale)
                color = tuple(round(c + (p - c) * part) for c, p in zip(color, paint))
            line += bytes((*color, round(255 * alpha)))
        rows.append(bytes(line))
    return rows


def cover(distance, unit):
    """How much of a pixel is inside a shape, from the distance to its edge."""
    return max(0.0, min(1.0, 0.5 - distance / unit))


def write(name, size, rounded, scale=1.0):
    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    data = zlib.compress(b"".join(draw(size, rounded, scale)), 9)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    (ASSETS / name).write_bytes(png)


write("icon-192.png", 192, rounded=True)
write("icon-512.png", 512, rounded=True)
# Systems cut these themselves: the shapes stay within the safe zone.
write("icon-maskable.png", 512, rounded=False, scale=0.8)
write("icon-touch.png", 180, rounded=False)
