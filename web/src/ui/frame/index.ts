/** What screens stand on (see ../README.md). Components that few screens need are imported by their own path. */

export { isFailure, Refused } from "../../engine/failures";
export { openApi } from "./api";
export { default as Button } from "./components/Button.svelte";
export { default as Check } from "./components/Check.svelte";
export { default as Choice } from "./components/Choice.svelte";
export { default as Empty } from "./components/Empty.svelte";
export { default as ErrorBox } from "./components/ErrorBox.svelte";
export { default as Field } from "./components/Field.svelte";
export { default as Icon } from "./components/Icon.svelte";
export { default as Notice } from "./components/Notice.svelte";
export { default as Progress } from "./components/Progress.svelte";
export { default as Screen } from "./components/Screen.svelte";
export { default as Spinner } from "./components/Spinner.svelte";
export { online } from "./connection.svelte";
export { fieldErrors } from "./field_errors";
export {
  formatAgo,
  formatBytes,
  formatClock,
  formatDay,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRate,
  formatTime,
} from "./formats";
export type { IconName } from "./icons";
export { guardLeaving } from "./leaving.svelte";
export { announce, ask, notify } from "./questions.svelte";
export { go, href, replaceQuery, route } from "./router.svelte";
export type { Role, ScreenName } from "./screens";
export { type Me, type MemberSession, session, signedIn } from "./session.svelte";
export { type Language, language, loadWords, preferLanguage, t } from "./words.svelte";
