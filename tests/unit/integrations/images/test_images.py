"""Pictures from servers over real HTTP, written anew; and the placeholder."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from integrations.images.as_jpeg import LARGEST, as_jpeg
from integrations.images.choose import choose_image_maker
from integrations.images.openai import OpenAIImages
from integrations.images.placeholder import compose, placeholder_svg
from integrations.images.stability import StabilityImages
from kit.settings import Settings
from models.model_errors import ModelAnswerBroken, ModelError, ModelRefused
from tests.servers.image_server import ImageServer, a_png


@pytest.fixture
def server() -> Iterator[ImageServer]:
    with ImageServer() as running:
        yield running


def test_a_server_with_openais_images_is_asked(server: ImageServer) -> None:
    maker = OpenAIImages(model="sd-turbo", api_key="sk-1", base_url=f"{server.base_url}/v1", timeout_s=5)
    assert maker.draw("A teal glass.") == server.picture
    path, headers, body = server.asked[0]
    assert (path, headers["authorization"]) == ("/v1/images/generations", "Bearer sk-1")
    sent = json.loads(body)
    assert (sent["model"], sent["prompt"], sent["response_format"]) == (
        "sd-turbo",
        "A teal glass.",
        "b64_json",
    )
    assert maker.name == "openai:sd-turbo"
    maker.close()


@pytest.mark.parametrize(
    ("model", "path", "named"),
    [("core", "core", 0), ("ultra", "ultra", 0), ("sd3.5-large", "sd3", 1)],
)
def test_stability_is_asked_with_a_form(server: ImageServer, model: str, path: str, named: int) -> None:
    maker = StabilityImages(model=model, api_key="sk-2", base_url=server.base_url, timeout_s=5)
    assert maker.draw("A teal glass.") == server.picture
    asked, headers, body = server.asked[0]
    assert asked == f"/v2beta/stable-image/generate/{path}"
    assert (headers["authorization"], headers["accept"]) == ("Bearer sk-2", "image/*")
    assert headers["content-type"].startswith("multipart/form-data")
    assert b"A teal glass." in body
    assert body.count(model.encode()) == named
    maker.close()


@pytest.mark.parametrize("kind", [OpenAIImages, StabilityImages])
def test_a_refusal_is_told(server: ImageServer, kind: type[OpenAIImages | StabilityImages]) -> None:
    server.status = 401
    maker = kind(model="core", api_key="sk-secret", base_url=server.base_url, timeout_s=5)
    with pytest.raises(ModelError) as caught:
        maker.draw("A glass.")
    assert isinstance(caught.value, ModelRefused)
    assert "sk-secret" not in str(caught.value)
    maker.close()


def test_the_settings_choose() -> None:
    assert choose_image_maker(Settings()) is None
    drawn = choose_image_maker(Settings(image_model="stability:core", image_api_key="k"))
    assert drawn is not None
    assert drawn.name == "stability:core"
    drawn.close()


def test_a_picture_is_written_anew_and_small() -> None:
    jpeg = as_jpeg(a_png(size=(3000, 1500)))
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (LARGEST, LARGEST // 2))


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"<html>", a_png()[:60]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ModelAnswerBroken):
        as_jpeg(data)


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=120))
def test_a_placeholder_is_well_formed_whatever_the_name(name: str) -> None:
    svg = placeholder_svg(compose(name, "cocktail", "seed"))
    assert svg == placeholder_svg(compose(name, "cocktail", "seed"))
    if all(one.isprintable() and one not in "\ufffe\uffff" for one in name):
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314  # our own
