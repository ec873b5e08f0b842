"""A few shapes of SVG 1.1, each with a background of its own, so that it can be read on a dark page and on a light one."""

from collections.abc import Sequence
from html import escape

WIDTH = 780
_STYLE = """
.page{fill:#fff}.word{fill:#1f2328}.faint{fill:#59636e}.line{stroke:#d1d9e0}.goal{stroke:#1f2328}
.good{fill:#1a7f64}.short{fill:#bc4c00}.peer{fill:#8c959f}
@media(prefers-color-scheme:dark){.page{fill:#0d1117}.word{fill:#e6edf3}.faint{fill:#9198a1}.line{stroke:#3d444d}
.goal{stroke:#e6edf3}.good{fill:#3fb68b}.short{fill:#f0883e}.peer{fill:#6e7681}}
text{font:13px system-ui,sans-serif}.faint{font-size:12px}
"""


def picture(title: str, description: str, height: int, shapes: Sequence[str]) -> str:
    """A whole file; title and description are what a screen reader says."""
    inside = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n<style>{_STYLE}</style>\n"
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="6"/>\n{inside}\n</svg>\n'
    )


def word(x: float, y: float, said: str, *, kind: str = "word", anchor: str = "start") -> str:
    """A text on its base line."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def bar(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A bar, a pixel wide at least."""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" rx="2"/>'


def upright(x: float, top: float, bottom: float, kind: str = "line") -> str:
    """A vertical line."""
    return f'<line class="{kind}" x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>'
