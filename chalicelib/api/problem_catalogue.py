"""The catalogue of refusals: code -> HTTP status, title and next step in English and Japanese.

One line a code; a test finds every code that chalicelib can raise and fails on one that is missing here.
The hint says what to do next, not what went wrong: that is the ``detail`` of the refusal itself.
"""

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """Status and the two sentences, in both languages."""

    status: int
    title: str
    hint: str
    title_ja: str
    hint_ja: str


CATALOGUE: Final[dict[str, Entry]] = {
    "access_denied": Entry(403, "Access denied", "Ask an administrator for the right to do this.", "アクセスが許可されていません", "管理者に権限を依頼してください。"),
    "base_url_invalid": Entry(422, "Address not usable", "Give https:// and a host, nothing behind it.", "アドレスが使用できません", "https:// とホスト名だけを指定してください。"),
    "body_not_json": Entry(400, "The body is not JSON", "Send one JSON document in UTF-8.", "本文がJSONではありません", "UTF-8のJSON文書を一つ送信してください。"),
    "body_too_deep": Entry(400, "The body is nested too deeply", "Nest at most 32 levels.", "本文の入れ子が深すぎます", "入れ子は32段までにしてください。"),
    "body_too_large": Entry(413, "The body is too large", "Send less than 5 MB at a time; split long lists over several calls.", "本文が大きすぎます", "一度に送るのは5 MB未満にし、長い一覧は分けて送信してください。"),
    "conflict": Entry(409, "Changed meanwhile", "Read it again and repeat the change if it still makes sense.", "他の変更と競合しました", "もう一度読み込み、必要なら変更をやり直してください。"),
    "cursor_invalid": Entry(400, "Cursor not usable", "Start the list again without a cursor.", "カーソルが使用できません", "カーソルを付けずに一覧を最初から取得してください。"),
    "download_over": Entry(409, "This download is over", "Start a new download of the files you still need.", "このダウンロードは終了しています", "必要なファイルのダウンロードをもう一度始めてください。"),
    "downloads_spent": Entry(410, "No download left", "Ask the sender to allow more downloads or to send it again.", "ダウンロードできる回数を使い切りました", "送信者に回数の追加または再送を依頼してください。"),
    "gone": Entry(410, "No longer here", "Ask the sender to send it again.", "公開は終了しました", "送信者に再送を依頼してください。"),
    "internal_error": Entry(500, "Something went wrong here", "Try again later; if it stays, tell your administrator the request id.", "サーバーでエラーが発生しました", "しばらくしてからやり直してください。続く場合はリクエストIDを管理者に伝えてください。"),
    "key_wrong": Entry(409, "It can't be opened", "Its key is not the one it was closed with; tell your administrator.", "開くことができません", "鍵が一致しません。管理者に連絡してください。"),
    "length_required": Entry(411, "Length missing", "Send the exact size in Content-Length, not Transfer-Encoding.", "長さが指定されていません", "Transfer-EncodingではなくContent-Lengthで正確な長さを送信してください。"),
    "length_wrong": Entry(400, "Length differs from the signed one", "Send exactly as many bytes as the part has; ask for a new URL if the part changed.", "長さが署名と異なります", "署名された長さちょうどのデータを送信してください。変わった場合は新しいURLを取得してください。"),
    "mail_invalid": Entry(422, "Mail not sendable", "Correct the address and try again.", "メールを送信できません", "アドレスを直してやり直してください。"),
    "mail_refused": Entry(502, "Mail refused", "Check the address with the person, then try again.", "メールが拒否されました", "相手にアドレスを確認してからやり直してください。"),
    "media_type_wrong": Entry(415, "Media type not supported", "Send Content-Type: application/json.", "対応していないメディアタイプです", "Content-Type: application/json で送信してください。"),
    "method_not_allowed": Entry(405, "Method not allowed here", "Use one of the methods that the Allow header names.", "このメソッドは使用できません", "Allowヘッダーにあるメソッドを使用してください。"),
    "not_found": Entry(404, "Nothing here", "Check the address; it may also have expired or belong to somebody else.", "見つかりません", "アドレスを確認してください。期限切れ、または他の人のものかもしれません。"),
    "not_yet_absent": Entry(409, "Not yet gone", "Wait; destruction is repeated until nothing is left.", "まだ消去されていません", "何も残らなくなるまで消去を繰り返します。しばらくお待ちください。"),
    "not_yet_destroyed": Entry(409, "Not yet destroyed", "Wait until the transfer has ended and its files were destroyed, then ask again.", "まだ消去が完了していません", "送信が終了しファイルが消去されてから、もう一度取得してください。"),
    "part_missing": Entry(409, "Parts are missing", "Ask which parts are held, send the others, then complete again.", "パートが不足しています", "保存済みのパートを確認し、残りを送信してから完了してください。"),
    "part_wrong": Entry(409, "A part has the wrong size", "Send that part again with its planned size, then complete again.", "パートの長さが違います", "予定された長さでそのパートを送り直してから完了してください。"),
    "query_invalid": Entry(400, "Query not understood", "Correct the parameters that are named.", "クエリーが正しくありません", "示されたパラメーターを直してください。"),
    "range_wrong": Entry(416, "Range not in the file", "Ask for a range inside the size that Content-Range names.", "範囲がファイルの外です", "Content-Rangeに示された大きさの範囲内を指定してください。"),
    "receipt_not_ready": Entry(409, "No receipt yet", "Complete the upload, then ask again.", "受領証はまだありません", "アップロードを完了してから、もう一度取得してください。"),
    "record_too_large": Entry(413, "Too much in one record", "Send fewer or shorter entries.", "一件の情報が大きすぎます", "項目を減らすか短くしてください。"),
    "request_invalid": Entry(422, "Request not understood", "Correct the fields that are named.", "リクエストが正しくありません", "示された項目を直してください。"),
    "role_missing": Entry(403, "Role missing", "Ask an administrator for a role that allows this.", "必要な役割がありません", "管理者に役割の付与を依頼してください。"),
    "scope_missing": Entry(403, "Scope missing", "Use a token with this scope, or sign in yourself.", "必要なスコープがありません", "このスコープを持つトークンを使うか、サインインしてください。"),
    "setting_invalid": Entry(422, "Setting not usable", "Choose a value in the range that is named.", "設定値が使用できません", "示された範囲の値を選んでください。"),
    "settings_invalid": Entry(500, "Settings not usable", "Correct the settings that are named, then start again.", "設定が正しくありません", "示された設定を直してから起動し直してください。"),
    "state_wrong": Entry(409, "Not possible in this state", "Look at its state; the step you asked for is over or has not come yet.", "現在の状態では実行できません", "状態を確認してください。この操作は終わっているか、まだ行えません。"),
    "still_recoverable": Entry(409, "A backup may still hold it", "Ask again after the date in recoverable_until.", "バックアップに残っている可能性があります", "recoverable_until の日時を過ぎてから、もう一度取得してください。"),
    "store_away": Entry(503, "The store does not answer", "Wait as Retry-After says and repeat the same request.", "ストレージが応答しません", "Retry-Afterの秒数を待ち、同じリクエストをやり直してください。"),
    "store_full": Entry(507, "No room left", "Tell your administrator; nothing was written.", "空き容量がありません", "管理者に連絡してください。何も保存されていません。"),
    "tenant_invalid": Entry(422, "Tenant id not usable", "Use 3 to 32 lower-case letters, digits or hyphens.", "テナントIDが使用できません", "英小文字・数字・ハイフン3～32文字にしてください。"),
    "too_many_files": Entry(422, "Too many files", "Name fewer files in one call, or send several transfers.", "ファイルが多すぎます", "一度に指定するファイルを減らすか、複数回に分けて送信してください。"),
    "too_many_requests": Entry(429, "Too many requests", "Wait as Retry-After says.", "リクエストが多すぎます", "Retry-Afterの秒数だけお待ちください。"),
    "transaction_too_large": Entry(413, "Too much in one call", "Split the call into smaller ones.", "一度の処理が大きすぎます", "小さく分けて送信してください。"),
    "token_invalid": Entry(401, "Sign-in needed", "Sign in again, or renew the token.", "サインインが必要です", "もう一度サインインするか、トークンを更新してください。"),
    "upload_closed": Entry(409, "The upload is closed", "Nothing more can be added; start a new transfer.", "アップロードは終了しています", "追加はできません。新しい送信を始めてください。"),
    "url_expired": Entry(403, "The URL has expired", "Ask for a new URL and repeat the request.", "URLの期限が切れました", "新しいURLを取得してやり直してください。"),
    "url_invalid": Entry(403, "The URL is not ours", "Use the URL exactly as it was given, with the method it was signed for.", "URLが正しくありません", "発行されたURLをそのまま、署名されたメソッドで使用してください。"),
}  # fmt: skip

# A code without a line answers as a plain refusal; the test keeps this from happening in a release.
FALLBACK: Final = Entry(
    400,
    "Refused",
    "Correct the request and try again.",
    "リクエストが拒否されました",
    "リクエストを直してやり直してください。",
)
