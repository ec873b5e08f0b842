/** Icons as paths of a 24 x 24 grid, drawn as lines of the text's colour. Our own drawings. */

export const ICONS = {
  alert: "M12 4 2.5 20h19L12 4Zm0 6v5m0 2.6v.1",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  back: "M15 5 8 12l7 7",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m6 9 6 6 6-6",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2",
  close: "m6 6 12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-4.5-4L12 15.5 16.5 11M5 19.5h14",
  file: "M6 3.5h8l4 4v13H6zM14 3.5v4h4",
  filter: "M4 6h16M7 12h10M10 18h4",
  folder: "M3.5 6h6l2 2.5h9V19h-17z",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 11v5.5m0-9v.1",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  mail: "M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5",
  members:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .8 3.2 2.7 3.5 5.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M4.5 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M11 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0M17.5 12a1 1 0 1 0 2 0 1 1 0 1 0-2 0",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  play: "M8 5.5v13l10.5-6.5z",
  plus: "M12 5v14M5 12h14",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20.5 20.5",
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.5 13.5 20 4",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4",
  share: "M12 15V4M8 7.5 12 3.5l4 4M6 11H4.5v9h15v-9H18",
  stop: "M6.5 6.5h11v11h-11z",
  trash: "M4.5 7h15M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5",
  upload: "M12 15.5v-11M7.5 9 12 4.5 16.5 9M5 19.5h14",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.6-4.5 3.5-6.5 7.5-6.5s6.9 2 7.5 6.5",
} as const;

export type IconName = keyof typeof ICONS;
