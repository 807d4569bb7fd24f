"""The control API's document is what `make generate` writes, and what the server answers by."""

import json

import requests
from jsonschema import Draft202012Validator

from aistudio_mock import MockServer
from tools import generate_control_api as generated


def test_the_document_and_the_page_are_fresh():
    assert generated.DOCUMENT.read_text(encoding="utf-8") == generated.openapi(), "run `make generate`"
    assert generated.PAGE.read_text(encoding="utf-8") == generated.page(), "run `make generate`"


def test_the_server_gives_the_committed_document():
    with MockServer() as mock:
        served = requests.get(f"{mock.http_url}/_mock/v1/openapi.json", timeout=20).json()
    assert served == json.loads(generated.DOCUMENT.read_text(encoding="utf-8"))


def test_every_type_in_it_is_a_json_schema():
    schemas = json.loads(generated.openapi())["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert {"FolderShown", "State", "NewFolder", "Fault", "Script", "Refusal"} <= schemas.keys()
