"""Hooks of the builder: pages that are made, figures put into the page, and the site's frame around each.

Path:   `docs/guide/<language>/*.md` -> MkDocs (`mkdocs.yml`) -> `reporting/pages/guide/<language>/*.html`.

A page stands alone as a file: its addresses are relative, its drawings are within it, and nothing in it is run.
"""

import re
import sys
from pathlib import Path
from typing import Any

from ratecraft.reporting.html.elements import Markup, text
from ratecraft.reporting.pages.frame import SitePage, site_html

HERE = Path(__file__).parent
sys.path.append(str(HERE))

from generated import MADE, finding_codes, finding_page, words  # noqa: E402 - found where it lies

FIGURES = HERE.parent / "guide" / "figures"
_MADE = re.compile(r"<!-- made: ([a-z-]+) -->")
_FIGURE = re.compile(r'<p><img alt="([^"]*)" src="\.\./figures/([a-z-]+)\.([a-z]+)\.svg" ?/?></p>')
_NESTED = re.compile(r"^( +)```\w*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_WIDE = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
_BROKEN_LINE = re.compile(f"(?<={_WIDE})\n *(?={_WIDE})")
_WORDS = re.compile(r"<(?:title|desc) [^>]*>(.*?)</(?:title|desc)>")
_WORDS_OR_STYLE = re.compile(r"<(title|desc|style)\b.*?</\1>\n?")


def on_config(config: Any) -> Any:
    """Hand the guide's own words to the template, and the chapters of every language to the builder."""
    config.extra["words"] = words()
    config.nav = [{each: [f"{each}/{name}.md" for name in config.extra["chapters"]]} for each in words()]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each finding, in each language."""
    from mkdocs.structure.files import File

    for language in words():
        for code in finding_codes():
            content = finding_page(code, language)
            files.append(File.generated(config, f"{language}/finding-{code}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put in what is made, and tell the template the language."""
    language = page.file.src_uri.split("/")[0]
    page.meta.setdefault("language", language)
    page.meta.setdefault("turn", "above" not in page.meta)
    markdown = _NESTED.sub(_indented, markdown)
    markdown = _BROKEN_LINE.sub("", markdown)  # where a Japanese line ends, no space is meant
    return _MADE.sub(lambda found: MADE[found[1]](language), markdown)


def _indented(found: re.Match[str]) -> str:
    """A fenced block within a list as an indented one: the Markdown here reads fences only where no list is around."""
    return re.sub(r"^(?=.)", "    ", found[2], flags=re.MULTILINE)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Figures into the page, wide things into frames that scroll, and states of the playground into addresses."""
    of = words()[page.meta["language"]]
    html = _FIGURE.sub(lambda found: _figure(found, of["figure"]), html)
    html = html.replace("<table>", f'<div class="wide" tabindex="0" role="region" aria-label="{of["scroll"]}"><table>')
    html = html.replace("</table>", "</table></div>")
    html = html.replace("<th>", '<th scope="col">')
    html = html.replace("<pre>", f'<pre tabindex="0" role="region" aria-label="{of["code"]}">')
    return html.replace('href="playground:', 'href="../playground.html#')


def _figure(found: re.Match[str], name: str) -> str:
    """The drawing within the page, in the page's colours; its title and text stand above it, to be read by all."""
    key = found[2]
    svg = (FIGURES / f"{key}.{found[3]}.svg").read_text(encoding="utf-8")
    title, said = _WORDS.findall(svg)
    drawn = _WORDS_OR_STYLE.sub("", svg).strip()
    return (
        f'<figure id="{key}"><figcaption><p class="title" id="{key}-title">{title}</p><p id="{key}-text">{said}</p>'
        f'</figcaption><div class="drawn" tabindex="0" role="group" aria-label="{text(name)}">{drawn}</div></figure>'
    )


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """The finished document."""
    language, name = page.file.dest_uri.split("/")
    return site_html(
        SitePage(
            language=language,
            here=f"learn/guide/{name}",
            title=str(page.title),
            main=Markup(output),
            styles=("guide.css",),
            width="wide",
            is_served=False,
        )
    )


def on_post_build(config: Any) -> None:
    """The site has no address of its own, so there is no map of it."""
    for name in ("sitemap.xml", "sitemap.xml.gz"):
        (Path(config.site_dir) / name).unlink(missing_ok=True)
