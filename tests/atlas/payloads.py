"""Names that a hostile file might bring: markup, template code, script breakers, formulas."""

PAYLOADS = [
    '<img src=x onerror="window.executed.push(1)">',
    "<script>window.executed.push(2)</script>",
    "</script><script>window.executed.push(3)</script>",
    '"><svg onload="window.executed.push(4)">',
    "' onmouseover='window.executed.push(5)' x='",
    "${window.executed.push(6)}",
    "`+window.executed.push(7)+`",
    "{{ 7 * 7 }}{% for x in (1,) %}49{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "javascript:window.executed.push(8)",
    "\\u003cimg src=x onerror=window.executed.push(9)\\u003e",
    "<!--<script>window.executed.push(10)",
    "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>window.executed.push(11)</x:script>",
    '=HYPERLINK("http://example.com","x")',
    "line\u2028window.executed.push(12)\u2029\x00end\u202e",
    "<iframe srcdoc='<script>parent.executed.push(13)</script>'></iframe>",
    '<a href="http://example.com/leak"><style>*{background:url(http://example.com/x)}</style>',
]
