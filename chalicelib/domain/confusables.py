"""Letters that look like a Latin letter or digit, by what they look like: what Unicode's confusables.txt (UTS 39) says of single characters that can
stand in a domain name, which are letters and digits that case folding and NFKC leave as they are, of the Basic Multilingual Plane.

Copyright (c) 1991-2025 Unicode, Inc., Unicode Licence V3 (docs/licences/unicode.txt). Ours are the two look-alikes of k, and that the
palochka looks like l, not like i: it is how apple.com was forged in 2017.
"""

from typing import Final

_LOOKS: Final = {
    "2": "ᒿ",
    "6": "б",
    "8": "ȣ৪੪",
    "9": "৭੧୨൭",
    "a": "ɑαа",
    "b": "ᑲᖯ",
    "c": "сᴄⲥ",
    "d": "ԁᑯꓒ",
    "e": "еҽꬲ",
    "f": "քẝꞙꬵ",
    "g": "ƍɡցᶃ",
    "h": "һհ",
    "i": "ıɩɪιіꙇ",
    "j": "ϳј",
    "k": "κк",
    "l": "ǀ۱ӏᛁⵏꓲ",
    "n": "ոռ",
    "o": "οσоօ۵०੦૦௦౦೦ഠ൦๐໐ဝ၀ჿᴏᴑⲟꬽ",
    "p": "ρрⲣ",
    "q": "ԛգզ",
    "r": "гᴦⲅꭇꭈ",
    "s": "ƽѕꜱ",
    "u": "ʋυսᴜꞟꭎꭒ",
    "v": "νѵᴠ",
    "w": "ɯѡԝաᴡ",
    "x": "хᕁᕽ",
    "y": "ɣʏγуүყᶌỿꭚ",
    "z": "ᴢ",
}
LOOKS_LIKE: Final = {ord(one): latin for latin, others in _LOOKS.items() for one in others}
