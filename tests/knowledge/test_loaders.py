import pytest

from knowledge.document import Document
from knowledge.loaders.content import Source
from knowledge.loaders.folder import domain_of, load
from tests.knowledge.made_files import docx, pdf, table


def loaded(path: str, content: str | bytes) -> Document:
    return load(Source(path, content.encode() if isinstance(content, str) else content), "general")


def test_front_matter_names_title_and_url() -> None:
    document = loaded("a.md", "---\ntitle: Refunds\nurl: https://docs.example/refunds\n---\n# Money back\n\nText.\n")
    assert (document.title, document.url) == ("Refunds", "https://docs.example/refunds")
    assert document.markdown.strip() == "# Money back\n\nText."


def test_a_colon_in_an_unquoted_title_is_read_as_it_was_meant() -> None:
    document = loaded("a.md", "---\ntitle: Webhooks: set-up\nurl: https://docs.example/w\n---\nText.\n")
    assert (document.title, document.url) == ("Webhooks: set-up", "https://docs.example/w")


@pytest.mark.parametrize("text", ["---\n\nText between rulers\n\n---\n\nMore.\n", "---\nOnly one ruler.\n", "---\n"])
def test_rulers_that_are_no_front_matter_stay_text(text: str) -> None:
    document = loaded("notes/my-page.md", "Intro.\n" if text == "---\n" else text)
    assert document.title == "My page"
    assert "Text between rulers" in document.markdown or "ruler" in document.markdown or "Intro" in document.markdown


@pytest.mark.parametrize(
    ("content", "title"),
    [("# First heading\n\nText", "First heading"), ("Text\n\n## Later\n\nText", "Api keys"), ("#\n\nText", "Api keys")],
)
def test_without_front_matter_the_title_is_the_first_heading_or_the_files_name(content: str, title: str) -> None:
    assert loaded("technical/api-keys.md", content).title == title


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    assert loaded("a.md", "# Grüße\n\nFür Zürich · 5 €".encode(encoding)).markdown == "# Grüße\n\nFür Zürich · 5 €"


def test_windows_line_ends_change_nothing() -> None:
    unix = "---\ntitle: A\n---\n# B\n\nText\n\n- one\n- two\n"
    assert loaded("a.md", unix.replace("\n", "\r\n")).markdown == loaded("a.md", unix).markdown


HTML = """<!doctype html><html><head><title>Docs - Refunds</title>
<link rel="canonical" href="https://docs.example/refunds"><style>p {}</style></head>
<body><header>Menu</header><nav>Home</nav><main><h1>Refunds</h1><p>Paid <b>back</b>.</p>
<h2 id="when">When it arrives</h2><table><tr><th>Method</th><th>Days</th></tr><tr><td>Card</td><td>5</td></tr></table>
<pre><code>curl -X POST</code></pre><script>alert(1)</script></main><footer>Imprint</footer></body></html>"""


def test_html_keeps_the_article_and_drops_its_frame() -> None:
    document = loaded("a.html", HTML)
    assert (document.title, document.url) == ("Refunds", "https://docs.example/refunds")
    assert "## When it arrives {#when}" in document.markdown
    assert "| Card | 5 |" in document.markdown
    assert "curl -X POST" in document.markdown
    assert not any(word in document.markdown for word in ("Menu", "Home", "Imprint", "alert", "p {}"))


def test_html_without_an_article_is_its_body_without_the_frame() -> None:
    document = loaded("a.htm", "<title>Page</title><nav>Home</nav><div><p>Text</p></div><footer>Imprint</footer>")
    assert (document.title, document.markdown) == ("Page", "Text")


def test_html_may_declare_an_older_encoding() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>Zürich</p></body></html>'
    assert loaded("a.html", page.encode("latin-1")).markdown == "Zürich"


def test_lines_that_stand_alone_divide_plain_text() -> None:
    document = loaded("notes.txt", "RELEASE NOTES\n\nWhat changed.\n\nVERSION 2\n\nNew: a thing.\nMore of it.\n")
    assert document.title == "RELEASE NOTES"
    assert document.markdown.strip() == "What changed.\n\n## VERSION 2\n\nNew: a thing.\nMore of it."


def test_plain_text_with_underlined_headings_keeps_them() -> None:
    document = loaded("notes.txt", "Notes\n=====\n\nA line\n\nText.\n")
    assert document.title == "Notes"
    assert "##" not in document.markdown


def test_large_type_in_a_pdf_makes_headings_with_their_page() -> None:
    first = [(24, "Agreement"), (10, "It binds both of us for a year."), (14, "1. Purpose"), (10, "To provide it.")]
    document = loaded("dpa.pdf", pdf([first, [(14, "2. Term"), (10, "It ends when all data was deleted.")]]))
    assert document.title == "Agreement"
    assert "## 1. Purpose {#page=1}" in document.markdown
    assert "## 2. Term {#page=2}" in document.markdown
    assert "It ends when all data was deleted." in document.markdown


def test_a_pdf_in_one_size_is_divided_by_pages() -> None:
    document = loaded("price_list.pdf", pdf([[(10, "A seat costs 5.")], [(10, "# 1 of many")]]))
    assert document.title == "Price list"
    assert "## Page 2 {#page=2}\n\n\\# 1 of many" in document.markdown


def test_word_headings_and_tables_become_markdown() -> None:
    rows = table([["Phase", "Days"], ["Prepare", "5"]])
    document = loaded(
        "handbook.docx", docx([("Heading1", "Handbook"), ("Heading2", "Plan"), ("", "Do it.")], extra=rows)
    )
    assert document.title == "Handbook"
    assert "## Plan\n\nDo it." in document.markdown
    assert "| Phase | Days |\n| --- | --- |\n| Prepare | 5 |" in document.markdown


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_row_of_a_faq_is_a_section(delimiter: str) -> None:
    rows = [
        ["Question", "Answer", "URL"],
        ["How long?", "Five\ndays.", "https://docs.example/long"],
        ["", "x", ""],
        ["Why?", "Because.", ""],
    ]
    content = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    document = loaded("faq.csv", content)
    assert document.title == "FAQ"
    assert document.keeps_sections
    assert document.markdown == "## How long? {#faq-1}\n\nFive\ndays.\n\n## Why? {#faq-3}\n\nBecause."
    assert document.section_urls == {"faq-1": "https://docs.example/long"}


@pytest.mark.parametrize(
    ("path", "domain"),
    [("billing/a/b.md", "billing"), ("a.md", "general"), ("other/a.md", "general"), ("billing", "general")],
)
def test_the_first_folder_names_the_domain(path: str, domain: str) -> None:
    assert domain_of(path, ["billing", "technical"]) == domain
