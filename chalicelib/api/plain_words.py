"""The words of the pages without script, in both languages. What mails say too (counts, scans) comes from the catalogue of the mails."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Files from {sender}",
        "lead": "{sender} of {company} has sent you {what}, {size}.",
        "until": "You can fetch them until {until}.",
        "unknown": "If you do not know the sender, ask them by phone before you open anything.",
        "show": "Show the files",
        "code_why": "To make sure that it is you, we mail a code to {hint}.",
        "code_send": "Mail me the code",
        "code_sent": "We have mailed a code of 8 digits to {hint}. It is valid for 10 minutes.",
        "code_label": "Code from the mail",
        "code_go": "Continue",
        "code_again": "Mail me another code",
        "passphrase": "The sender has protected these files with a passphrase. Open the full page to enter it; it needs JavaScript.",
        "full_page": "Open the full page",
        "files": "Files",
        "download": "Download {name}",
        "more": "More files",
        "back": "Back to the beginning",
        "other": "日本語",
    },
    "ja": {
        "title": "{sender}さんからのファイル",
        "lead": "{company}の{sender}さんから、{what}（{size}）が届いています。",
        "until": "{until}まで受け取れます。",
        "unknown": "送信者に心当たりがないときは、開く前に電話などで確かめてください。",
        "show": "ファイルを表示する",
        "code_why": "ご本人の確認のため、{hint} に確認コードを送ります。",
        "code_send": "確認コードをメールで受け取る",
        "code_sent": "{hint} に8桁の確認コードを送りました。10分間有効です。",
        "code_label": "メールに届いた確認コード",
        "code_go": "次へ進む",
        "code_again": "確認コードをもう一度送る",
        "passphrase": "このファイルには合言葉が必要です。通常のページを開いて入力してください（JavaScriptを使います）。",
        "full_page": "通常のページを開く",
        "files": "ファイル",
        "download": "{name} をダウンロード",
        "more": "続きのファイル",
        "back": "最初の画面に戻る",
        "other": "English",
    },
}
