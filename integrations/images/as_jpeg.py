"""A picture that came from elsewhere, written anew: what is kept and shown is small, and nothing but a picture."""

from __future__ import annotations

import io

from models.model_errors import ModelAnswerBroken

LARGEST = 1024  # pixels each way
MOST_PIXELS = 40_000_000
QUALITY = 85


def as_jpeg(data: bytes) -> bytes:
    """The picture as JPEG of at most ``LARGEST`` pixels each way; ``ModelAnswerBroken`` when it is none."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  # for whoever has pictures drawn

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ModelAnswerBroken("The picture that came is too large.")
            plain = Image.new("RGB", picture.size, "white")
            shown = picture.convert("RGBA")
            plain.paste(shown, mask=shown.getchannel("A"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise ModelAnswerBroken("What came is not a picture.") from None
    plain.thumbnail((LARGEST, LARGEST))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
