# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that are valid in their format, made from text with the standard library alone."""

import io
import struct
import zipfile
import zlib

_ZIP_TIME = (2024, 1, 2, 3, 4, 6)


def pdf(lines):
    """One A4 page of text (ISO 32000: header, objects, cross-reference table, trailer)."""
    shown = b"".join(b"(" + _pdf_string(line) + b") Tj T*\n" for line in lines)
    content = b"BT /F1 11 Tf 14 TL 60 780 Td\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    out, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + (b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\n"
                  b"startxref\n%d\n%%%%EOF\n" % (table, len(out)))


def png(width, height, pixel):
    """pixel(x, y) gives (red, green, blue)."""
    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in pixel(x, y))
                    for y in range(height))
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def zip_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def docx(paragraphs):
    body = "".join(f"<w:p><w:r><w:t>{_xml(text)}</w:t></w:r></w:p>" for text in paragraphs)
    return zip_of({
        "[Content_Types].xml": _content_types(
            "/word/document.xml", "wordprocessingml.document.main"),
        "_rels/.rels": _relations("officeDocument", "word/document.xml"),
        "word/document.xml":
            f'{_XML}<w:document xmlns:w="{_OPEN_XML}/wordprocessingml/2006/main">'
            f"<w:body>{body}</w:body></w:document>",
    })


def xlsx(rows):
    def cell(value):
        if isinstance(value, (int, float)):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{_xml(value)}</t></is></c>'
    sheet = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    main = f"{_OPEN_XML}/spreadsheetml/2006/main"
    return zip_of({
        "[Content_Types].xml": _content_types(
            "/xl/workbook.xml", "spreadsheetml.sheet.main",
            ("/xl/worksheets/sheet1.xml", "spreadsheetml.worksheet")),
        "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
        "xl/workbook.xml":
            f'{_XML}<workbook xmlns="{main}" xmlns:r="{_OPEN_XML}/officeDocument/2006/relationships">'
            '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml":
            f'{_XML}<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    })


def ics(uid, start, summary, organizer, attendees):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Halden Instruments//Calendar 4//EN",
             "METHOD:REQUEST", "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{start:%Y%m%dT%H%M%SZ}",
             f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT45M", f"SUMMARY:{summary}",
             f"ORGANIZER:mailto:{organizer}", *(f"ATTENDEE:mailto:{one}" for one in attendees),
             "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def csv(rows):
    return "".join(",".join(map(str, row)) + "\r\n" for row in rows).encode()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_OPEN_XML = "http://schemas.openxmlformats.org"
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument."


def _content_types(part, kind, *more):
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{_DOCUMENT_TYPE}{what}+xml"/>'
        for name, what in ((part, kind), *more))
    return (f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f"{overrides}</Types>")


def _relations(kind, target):
    return (f'{_XML}<Relationships xmlns="{_OPEN_XML}/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{_OPEN_XML}/officeDocument/2006/relationships/{kind}" '
            f'Target="{target}"/></Relationships>')


def _xml(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pdf_string(text):
    coded = text.encode("cp1252", "replace")
    return coded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
