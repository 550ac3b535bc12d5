"""One HTML page that needs nothing else: style, script and data are inside of it.

What such pages show is untrusted text from logs. In the page's own markup it is escaped. What a
page's script shows comes from a JSON block in which `<`, `>` and `&` are written as escapes, so
that no text can end it, and reaches the page as text only. A content security policy lets no
script run but the page's own, and nothing load from anywhere.
"""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from typing import Any


def escaped(value: str) -> str:
    """Text as markup that shows it, in an element or in a quoted attribute."""
    return html.escape(value, quote=True)


def html_table(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose every cell is escaped text."""
    head = "".join(f"<th>{escaped(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def render_page(title: str, body: str, style: str, script: str, data: Any) -> str:
    """The page; `body` is markup, and `data` what the script finds as JSON in the element #data."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
        f"form-action 'none'; script-src 'sha256-{digest}'"
    )
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{style}</style></head><body><main>"
        f"<h1>{escaped(title)}</h1>{body}"
        f'</main><script type="application/json" id="data">{_json_block(data)}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _json_block(value: Any) -> str:
    """JSON that no HTML parser can take for markup."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
