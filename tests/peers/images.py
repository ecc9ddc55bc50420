"""The little of the DataSketches byte format that comparing needs (https://datasketches.apache.org/docs/HLL/HLL.html)."""

import struct

FLAGS, MODE, HIP = 5, 7, slice(8, 16)
OUT_OF_ORDER = 1 << 4
LIST, SET, DENSE = 0, 1, 2
COUPONS_AT = {LIST: 8, SET: 12}
REGISTERS_AT = 40


def mode(image: bytes) -> int:
    """Returns LIST, SET or DENSE."""
    return image[MODE] & 3


def composite(image: bytes) -> bytes:
    """Returns the image without its history of insertions, as a union has it: then it is estimated by its registers alone."""
    changed = bytearray(image)
    if mode(image) == DENSE:
        changed[FLAGS] |= OUT_OF_ORDER
        changed[HIP] = bytes(8)
    return bytes(changed)


def content(image: bytes) -> tuple[int, bytes | list[int]]:
    """Returns what an HLL_8 image says of the values, whatever their order: sorted coupons, or registers."""
    if mode(image) == DENSE:
        return DENSE, image[REGISTERS_AT:]
    coupons = image[COUPONS_AT[mode(image)]:]
    listed = struct.unpack(f"<{len(coupons) // 4}I", coupons)
    return mode(image), sorted(coupon for coupon in listed if coupon)
