"""Model URIs, and which parameters tune which base model."""

import pytest

from aistudio_mock.domain.catalogue import SCHEMES_OF, TASK_TYPE_OF, TUNABLE, ModelUri, require_tunable
from aistudio_mock.domain.errors import InvalidArgument

KINDS = sorted(SCHEMES_OF)
BASES = {
    "gpt": "gpt://b1g/yandexgpt-lite/latest",
    "cls": "cls://b1g/yandexgpt-lite/latest",
    "emb": "emb://b1g/text-embeddings/latest",
}


def test_a_uri_is_read_into_its_parts():
    found = ModelUri.parse("gpt://b1g/yandexgpt-lite/latest@tamr1")
    assert found == ModelUri("gpt", "b1g", "yandexgpt-lite", "latest", "tamr1")


def test_a_uri_without_suffix_is_a_base_model():
    assert ModelUri.parse("emb://yc.fomo.storage.prod.service/text-embeddings/rc").suffix == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yandexgpt-lite",
        "gpt://b1g/yandexgpt-lite",
        "gpt:///yandexgpt-lite/latest",
        "://b1g/yandexgpt-lite/latest",
        "gpt://b1g/yandexgpt-lite/latest/more",
        "gpt://b1g/yandexgpt-lite/latest@",
        "gpt://b1g/yandexgpt-lite/latest@tamr1@tamr2",
        "gpt://b1g/yandexgpt-lite/latest@tamr1/",
        " gpt://b1g/yandexgpt-lite/latest",
    ],
)
def test_what_is_no_uri_is_refused_in_the_platform_s_words(text):
    with pytest.raises(InvalidArgument) as refusal:
        ModelUri.parse(text)
    assert refusal.value.message == "invalid model_uri"


def test_a_version_may_be_left_out_where_one_is_meant():
    assert ModelUri.parse("gpt://b1g/yandexgpt-lite", "latest") == ModelUri.parse(BASES["gpt"])
    with pytest.raises(InvalidArgument):
        ModelUri.parse("gpt://b1g/yandexgpt-lite@tamr1", "latest")


def test_a_tuned_model_keeps_folder_name_and_version():
    assert ModelUri.parse(BASES["gpt"]).tuned("tamr1") == "gpt://b1g/yandexgpt-lite/latest@tamr1"


def test_a_base_model_is_shown_without_its_folder():
    assert ModelUri.parse(BASES["emb"]).without_folder == "emb://text-embeddings/latest"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", sorted(BASES))
def test_parameters_tune_exactly_the_schemes_of_the_table(kind, scheme):
    uri = ModelUri.parse(BASES[scheme])
    if scheme in SCHEMES_OF[kind]:
        require_tunable(uri, kind)
    else:
        with pytest.raises(
            InvalidArgument, match=rf"base_model_uri: {kind} does not tune a {scheme}:// model"
        ):
            require_tunable(uri, kind)


@pytest.mark.parametrize(
    "text",
    [
        "gpt://b1g/yandexgpt/latest",
        "gpt://b1g/text-embeddings/latest",
        "emb://b1g/yandexgpt-lite/latest",
        "ds://b1g/yandexgpt-lite/latest",
        "gpt://b1g/yandexgpt-lite/latest@tamr1",
    ],
)
def test_a_model_that_cannot_be_tuned_is_refused_with_those_that_can(text):
    with pytest.raises(InvalidArgument) as refusal:
        require_tunable(ModelUri.parse(text), "text_to_text_completion")
    for scheme, names in TUNABLE.items():
        for name in names:
            assert f"{scheme}://…/{name}/latest" in refusal.value.message


def test_every_kind_of_parameters_has_its_schemes_and_its_dataset_type():
    assert SCHEMES_OF.keys() == TASK_TYPE_OF.keys()
    assert set().union(*SCHEMES_OF.values()) <= TUNABLE.keys()
