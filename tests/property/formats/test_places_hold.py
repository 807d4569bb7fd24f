"""Every flaw there is: its place is in the line, and its words are there in Russian."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistudio_formats import flaws
from aistudio_formats.check import Check
from aistudio_formats.models import MODELS, model_of
from aistudio_formats.places import AFTER, BEFORE, place_of
from aistudio_mock.commands.language import Words
from aistudio_mock.commands.language_ru import SAID, TEXTS
from tests.property.formats.strategies import DEFECTS, FILES, VALIDATED, line

CASES = [(task_type, defect) for task_type in VALIDATED for defect in DEFECTS if defect.fits(task_type)]
RUSSIAN = Words("ru")
OWN_WORDS = re.compile(r"`.*?`|'.*?'|\".*?\"|\(.*?\)", re.DOTALL)


@pytest.mark.parametrize(("task_type", "defect"), CASES, ids=lambda each: getattr(each, "flaw", each))
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_a_flaw_has_a_place_in_its_line_and_russian_words(task_type, defect, data):
    rows = data.draw(FILES[task_type])
    broken = defect.broken(data, data.draw(st.sampled_from(rows)))
    check = Check(model_of(task_type))
    assert check.flaw_of(line(rows[0])) is None
    flaw = check.flaw_of(broken)
    place = place_of(broken, flaw)
    text = broken.rstrip(b"\r\n").decode(errors="replace")
    assert place.column is None or 1 <= place.column <= len(text) + 1
    assert len(place.excerpt) <= BEFORE + AFTER + 2
    assert place.excerpt.isprintable()
    said = RUSSIAN.said(flaw.text)
    assert re.search("[а-я]", OWN_WORDS.sub("", said)), (flaw.text, said)


@given(st.binary(max_size=200), st.sampled_from(VALIDATED))
@settings(deadline=None)
def test_any_bytes_have_a_place(data, task_type):
    if flaw := Check(model_of(task_type)).flaw_of(data):
        assert place_of(data, flaw).excerpt.isprintable()


@given(st.text(max_size=50), st.sampled_from(sorted(SAID)))
def test_whatever_is_said_with_any_parts_is_translated_without_a_crash(part, text):
    for each in (part, text, re.sub(r"\{\w+\}", lambda _: part, text)):
        assert isinstance(RUSSIAN.said(each), str)
        assert Words("en").said(each) == each


@pytest.mark.parametrize("text", [text for _, _, text in flaws._KINDS])
def test_every_wording_of_a_flaw_is_in_the_table(text):
    assert text in SAID


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_rule_of_a_row_is_in_the_table(model):
    assert {rule for rule in model.rules.split("; ") if rule} <= SAID.keys()


@pytest.mark.parametrize(("english", "russian"), sorted((TEXTS | SAID).items()))
def test_a_translation_has_the_same_parts(english, russian):
    def parts(text):
        return sorted(re.findall(r"\{[a-z]+\}", text))

    assert parts(russian) == parts(english)
