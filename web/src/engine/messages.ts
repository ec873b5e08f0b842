/**
 * What a person reads about a failure: one sentence, and one that says what to do next, in both languages. Loaded when the
 * first failure is shown. The server's own refusals bring their words along.
 */

import type { EngineCode } from "./failures";
import { Failure, Refused } from "./failures";
import type { FormatCode } from "./format/errors";

export type Language = "ja" | "en";

/** One failure in words; `code` stays for support and for logs. */
export interface Told {
  readonly code: string;
  readonly title: string;
  readonly hint: string;
}

type Words = Readonly<Record<Language, readonly [title: string, hint: string]>>;

const FETCH_AGAIN: Words = {
  ja: ["届いたファイルが壊れています。", "もう一度ダウンロードしてください。続くときは送った方にお知らせください。"],
  en: ["The file that arrived is damaged.", "Download it again; if it happens again, tell the sender."],
};
const BROKEN_SENDER: Words = {
  ja: ["このファイルは正しく送られていません。", "送った方に、もう一度送るようお願いしてください。"],
  en: ["This file was not sent correctly.", "Ask the sender to send it again."],
};
const KEY_WRONG: Words = {
  ja: ["合言葉またはリンクが違います。", "合言葉を確かめるか、リンクを最後までコピーし直してください。"],
  en: ["The passphrase or the link is not the right one.", "Check the passphrase, or copy the whole link again."],
};
const PAGE_FAULT: Words = {
  ja: ["このページで予期しないことが起きました。", "ページを読み込み直してください。途中から続けられます。"],
  en: ["Something unexpected went wrong in this page.", "Load the page again; it goes on where it stopped."],
};

const SAVE_FAILED: Words = {
  ja: ["ファイルを保存できませんでした。", "保存先を確かめて、もう一度ダウンロードしてください。"],
  en: ["The file could not be saved.", "See whether there is room for it, then download it again."],
};

const WORDS: Readonly<Record<EngineCode | FormatCode, Words>> = {
  browser_failed: {
    ja: [
      "送りかけの記録をこのブラウザーに残せません。",
      "ページを読み込み直してください。続くときは別のブラウザーで試してください。",
    ],
    en: [
      "This browser can't keep a record of what is sent.",
      "Load the page again; if that does not help, use another browser.",
    ],
  },
  browser_full: {
    ja: ["このコンピューターの空き容量が足りません。", "空きを増やしてから、続きを送ってください。"],
    en: ["There is no room left on this computer.", "Make some room, then go on; it continues where it stopped."],
  },
  class_differs: BROKEN_SENDER,
  digest_differs: FETCH_AGAIN,
  disk_full: {
    ja: ["保存先の空き容量が足りません。", "空きを増やすか、別の保存先を選んで、もう一度ダウンロードしてください。"],
    en: [
      "There is not enough room where the file is saved.",
      "Make some room or choose another place, then download it again.",
    ],
  },
  duplicate_name: {
    ja: ["同じ名前のファイルが二つあります。", "どちらかの名前を変えるか、フォルダーごと送ってください。"],
    en: ["Two of the files have the same name.", "Rename one of them, or send the folder they are in."],
  },
  encoding_invalid: BROKEN_SENDER,
  file_changed: {
    ja: ["ファイルの中身が、送り始めたときと違います。", "もう一度送ってください。前に送った分は使われません。"],
    en: ["The file is not what it was when sending began.", "Send it again; nothing of the old one is used."],
  },
  file_refused: {
    ja: ["ファイルを読む許可がありません。", "許可するか、ファイルを選び直してください。途中から続けられます。"],
    en: ["This page may not read the files.", "Allow it, or choose the files again; sending goes on where it stopped."],
  },
  file_unreadable: {
    ja: [
      "ファイルを読めません。変更されたか、移動されたようです。",
      "ファイルを選び直してください。途中から続けられます。",
    ],
    en: ["The file can't be read; it was changed or moved.", "Choose it again; sending goes on where it stopped."],
  },
  files_differ: {
    ja: ["選んだファイルは、送りかけのものと違います。", "送りかけと同じファイルを選ぶか、新しく送ってください。"],
    en: ["These are not the files whose sending was begun.", "Choose the same files, or send these anew."],
  },
  gone: {
    ja: [
      "もうここにはありません。期限が過ぎたか、取り消されました。",
      "送った方に、もう一度送るようお願いしてください。",
    ],
    en: ["This is no longer here: it expired or was recalled.", "Ask the sender to send it again."],
  },
  header_wrong: FETCH_AGAIN,
  id_invalid: BROKEN_SENDER,
  integrity_failed: FETCH_AGAIN,
  key_missing: {
    ja: ["開くための鍵がありません。", "送った方から、リンクの全体または合言葉を受け取ってください。"],
    en: ["The key to open this is missing.", "Ask the sender for the whole link, or for the passphrase."],
  },
  key_wrong: KEY_WRONG,
  length_differs: FETCH_AGAIN,
  length_wrong: FETCH_AGAIN,
  link_wrong: {
    ja: ["リンクが途中で切れています。", "メールからリンク全体をコピーし直してください。"],
    en: ["That is not a whole link.", "Copy it from the mail again, its end included."],
  },
  name_invalid: {
    ja: ["使えない文字などがファイルの名前にあります。", "ファイルの名前を変えてから送ってください。"],
    en: ["A file has a name that can't be sent.", "Rename the file and send it again."],
  },
  network: {
    ja: ["つながりません。", "接続を確かめて、もう一度試してください。途中から続けられます。"],
    en: ["There is no connection.", "Check it and try again; it goes on where it stopped."],
  },
  no_files: {
    ja: ["送るファイルがありません。", "ファイルを一つ以上選んでください。"],
    en: ["There is nothing to send.", "Choose at least one file."],
  },
  passphrase_invalid: {
    ja: ["この合言葉は使えません。", "一文字以上の合言葉を入れてください。"],
    en: ["This passphrase can't be used.", "Enter one of at least one visible character."],
  },
  plan_impossible: {
    ja: ["ファイルが大きすぎます。", "ファイルを分けて送ってください。"],
    en: ["The file is too large.", "Split it and send the pieces."],
  },
  record_wrong: BROKEN_SENDER,
  save_cancelled: {
    ja: ["ダウンロードは取り消されました。", "必要なら、もう一度ダウンロードしてください。"],
    en: ["The download was cancelled.", "Download it again if you need it."],
  },
  save_failed: SAVE_FAILED,
  save_impossible: {
    ja: ["このブラウザーでは保存できません。", "別のブラウザーでリンクを開いてください。"],
    en: ["This browser can't save the file.", "Open the link in another browser."],
  },
  save_refused: {
    ja: ["保存が許可されませんでした。", "別の保存先を選ぶか、ブラウザーの設定を確かめてください。"],
    en: ["Saving was not allowed.", "Choose another place, or look at the settings of the browser."],
  },
  server_wrong: {
    ja: ["別のものが応答しています。", "Wi-Fiのログイン画面などが出ていないか確かめて、もう一度試してください。"],
    en: ["Something else answered.", "See whether your network wants you to sign in, then try again."],
  },
  signed_out: {
    ja: ["サインインの期限が切れました。", "サインインし直してください。途中から続けられます。"],
    en: ["You are signed out.", "Sign in again; it goes on where it stopped."],
  },
  size_differs: BROKEN_SENDER,
  stopped: {
    ja: ["止めました。", "同じファイルを選べば、途中から続けられます。"],
    en: ["Stopped.", "Choose the same files to go on where it stopped."],
  },
  store_full: {
    ja: ["保存先がいっぱいです。", "管理者にお知らせください。空きができたら途中から続けられます。"],
    en: ["There is no room left in the store.", "Tell your administrator; it goes on when there is room."],
  },
  too_many_files: {
    ja: ["ファイルが多すぎます。一度に送れるのは10,000個までです。", "何回かに分けて送ってください。"],
    en: ["Too many files: 10,000 can be sent at once.", "Send them in several goes."],
  },
  upload_over: {
    ja: ["送りかけのものは、もう受け付けられません。", "もう一度、はじめから送ってください。"],
    en: ["What was begun can't be finished any more.", "Send it again from the beginning."],
  },
  upload_running: {
    ja: ["別のタブで送っている途中です。", "そのタブを使うか、閉じてから試してください。"],
    en: ["Another tab is sending this.", "Use that tab, or close it and try again."],
  },
  upload_unknown: {
    ja: ["送りかけの記録を読めません。", "もう一度、はじめから送ってください。"],
    en: ["The record of what was begun can't be read.", "Send it again from the beginning."],
  },
  version_unknown: {
    ja: ["新しい版で作られたものです。", "ページを読み込み直してください。"],
    en: ["This was made by a newer version.", "Load the page again."],
  },
  worker_failed: PAGE_FAULT,
  worker_lost: PAGE_FAULT,
};

/** A failure in a person's language; what is no failure of ours is a fault of the page. */
export function describe(error: unknown, language: Language): Told {
  if (error instanceof Refused && error.title !== "") {
    return { code: error.code, title: error.title, hint: error.hint };
  }
  const code = error instanceof Failure ? error.code : "page_fault";
  const words = (WORDS as Readonly<Record<string, Words>>)[code] ?? PAGE_FAULT;
  const [title, hint] = words[language];
  return { code, title, hint };
}
