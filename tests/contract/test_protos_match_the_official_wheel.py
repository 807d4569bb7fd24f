"""Our definitions against the official wheel's, element by element."""

import pytest

from protos import compare

OURS = compare.our_files()


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_every_element_of_ours_is_the_same_upstream(file):
    ours = compare.our_facts(file)
    upstream = compare.official_facts(compare.official_file(file.name))
    assert {element: upstream.get(element) for element in ours} == ours


def test_the_comparison_reads_the_private_pool_on_one_side_and_the_default_pool_on_the_other():
    ours, official = OURS[0], compare.official_file(OURS[0].name)
    assert ours.name == official.name
    assert ours.pool is not official.pool


def test_the_comparison_sees_every_kind_of_element_with_its_options():
    facts = {key: value for file in OURS for key, value in compare.our_facts(file).items()}
    kinds = {element.rpartition(" ")[0] for element in facts}
    assert kinds == {
        "file", "message", "field", "oneof", "enum", "enum value", "extension", "service", "method",
    }  # fmt: skip
    name = facts["field yandex.cloud.ai.dataset.v1.CreateDatasetRequest.name"]
    assert name["options"] == {"[yandex.cloud.required]": True, "[yandex.cloud.length]": "<=63"}
    assert facts["oneof yandex.cloud.iam.v1.CreateIamTokenRequest.identity"]["options"] == {
        "[yandex.cloud.exactly_one]": True
    }
    formats = facts["method yandex.cloud.ai.dataset.v1.DatasetService.ListUploadFormats"]
    assert formats["options"] == {"deprecated": True}
