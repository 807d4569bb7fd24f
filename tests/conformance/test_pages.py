"""A run as a page, a summary and a badge: the same findings, safe to show, and the story of each red one."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from aistudio_conformance.model import Outcome
from aistudio_conformance.packs import PACKS
from aistudio_conformance.reports import page, story
from tests.conformance.test_reports import GREEN, MIXED, RULES, judged, results


class Read(HTMLParser):
    """What stands in a page: its texts, its links, and whether every element is closed."""

    def __init__(self, content):
        super().__init__()
        self.open, self.ids, self.links, self.texts = [], set(), set(), []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert not {"src", "onclick", "onerror"} & given.keys(), "nothing is loaded, nothing is run"
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a":
            self.links.add(given["href"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def test_the_page_tells_of_every_red_check_who_says_so_and_how_to_run_it_alone():
    read = Read(page.html([MIXED], RULES))
    assert read.open == []
    assert {link.removeprefix("#") for link in read.links} == read.ids - {"runs", "matrix"}
    for told in (
        "fail XX-01/size",
        "MUST Sizes are kept.",
        "recorded: sb c.4",
        "Seen: why size",
        "#2 DatasetService/Create",
        "aistudio-conformance run --only XX-01 --seed 7 -- ./adapter",
        "XX-01/other is listed as known failing and passes",
        "XX-03 did not run",
        "this suite has no case ZZ-99",
        "harness error XX-02/one",
    ):
        assert told in read.text, told
    known = read.text.partition("Known to fail")[2]
    assert "fail XX-01/known MUST Sizes are kept. r recorded: sb c.4 they know tracker 1" in known
    assert read.text.count("XX-01/known") == 1, "what is known to fail has no story"
    assert "XX-02/two" not in read.text, "trouble is told once"


def test_the_page_begins_with_what_is_red_in_most_cases():
    every = [judged(f"XX-0{number}", monitor__hasty=Outcome.WARN) for number in range(1, 8)]
    content = page.html([results(judged("WW-01", size=Outcome.FAIL), *every)], RULES).decode()
    table = content.partition('class="red-checks"')[2].partition("</table>")[0]
    assert re.findall(r"<code>(.*?)</code>", table) == ["monitor/hasty", "WW-01/size"]
    assert [*re.findall(r"(\d) cases?: ", table)] == ["7", "1"]
    assert re.findall(r'href="#(.*?)"', table) == [
        *(f"run0-XX-0{number}" for number in range(1, 6)),
        "run0-WW-01",
    ]


def test_what_a_client_says_is_shown_and_never_run():
    content = page.html([MIXED], RULES)
    assert b"<broken>" not in content
    assert b"&lt;broken&gt;" in content
    assert b"http" not in re.sub(rb"http://www.w3.org/\S+", b"", content), "the page needs no network"


def test_several_runs_stand_side_by_side_in_one_matrix():
    other = replace(GREEN, run=replace(GREEN.run, client=replace(GREEN.run.client, name="other")))
    content = page.html([MIXED, other], RULES).decode()
    rows = re.findall(r'<th scope="row">(XX-0\d)</th>(.*?)</tr>', content, re.DOTALL)
    marks = {case: re.findall(r"[✓✗!–]", cells) for case, cells in rows}
    assert marks == {"XX-01": ["✗", "✓"], "XX-02": ["!"]}
    assert re.findall(r"\d+/\d+", dict(rows)["XX-01"]) == ["2/5", "1/1"]


def test_the_summary_is_a_table_that_no_text_of_a_client_can_break():
    told = results(judged(size=Outcome.FAIL))
    (one,) = told.judged
    finding = replace(one.verdict.findings[0], why="a | b\n\n# <script>`x`")
    told = replace(told, judged=(replace(one, verdict=replace(one.verdict, findings=(finding,))),))
    text = page.markdown(told, RULES).decode()
    assert re.search(r"^\| XX-01 \| [^|]+ \| 0/1 \| ✗ fail \|$", text, re.MULTILINE)
    assert r"Seen: a \| b \# \<script\>\`x\`" in text
    assert "Alone: `aistudio-conformance run --only XX-01 --seed 7 -- ./adapter`" in text


@pytest.mark.parametrize(
    ("told", "text", "colour"),
    [(GREEN, "1 of 1", "#1a7f37"), (MIXED, "2 of 7", "#cf222e")],
)
def test_the_badge_counts_the_green_checks(told, text, colour):
    content = page.badge(told).decode()
    assert ET.fromstring(content).attrib["aria-label"] == f"conformance: {text}"
    assert colour in content


def test_two_conversations_part_at_the_first_step_that_differs():
    rows = story.side_by_side(["a", "b", "c", "d"], ["a", "x", "c"])
    assert [(row.reference, row.seen, row.differs, row.is_first) for row in rows] == [
        ("a", "a", False, False),
        ("b", "x", True, True),
        ("c", "c", False, False),
        ("d", "", True, False),
    ]


def test_a_conversation_without_end_is_cut():
    rows = story.side_by_side(["a"], ["b", "c"] * 500)
    assert len(rows) == 61
    assert rows[-1].seen == "… and so on"


def test_every_case_has_the_conversation_of_a_client_without_a_defect():
    assert story.conversations().keys() == {case.id for load in PACKS.values() for case in load()}, (
        "run `python tools/record_conversations.py`"
    )


def test_a_run_writes_all_its_pages_and_counts_only_what_is_firm_enough(tmp_path):
    from aistudio_conformance.cli import main

    client = ("--client", "python:aistudio_conformance.broken.clients:IgnoresTheStorage")
    bundle = tmp_path / "bundle"
    names = ("html", "markdown", "badge", "jsonl")
    pages = [word for name in names for word in (f"--{name}", str(tmp_path / name))]
    run = ["run", *client, "--only", "UP-01", "--only", "UP-05", "--bundle", str(bundle)]
    assert main([*run, *pages, "--level", "should"]) == 1
    assert "UP-05/nothing-validated" in Read((tmp_path / "html").read_bytes()).text
    assert all((tmp_path / name).stat().st_size for name in names)
    assert main(["judge", str(bundle), "--level", "must", "--jsonl", str(tmp_path / "must")]) == 0
    lines = [json.loads(line) for line in (tmp_path / "must").read_bytes().splitlines()]
    assert lines[0]["findings"] == 1
    assert not any(line.get("rule") == "upload-failure-ends" for line in lines)
    assert main(["judge", str(bundle), str(bundle), "--html", str(tmp_path / "both")]) == 1
    assert main(["judge", str(bundle), str(bundle), "--junit", str(tmp_path / "both.xml")]) == 2
