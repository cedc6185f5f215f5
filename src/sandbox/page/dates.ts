import { h } from './dom.ts';

type Style = Intl.DateTimeFormatOptions;

const LONG: Style = { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' };
const SHORT: Style = { month: 'short', day: 'numeric', year: 'numeric' };
const PLAIN: Style = { month: 'long', day: 'numeric', year: 'numeric' };
const TIME: Style = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const EXACT: Style = { ...LONG, ...TIME, second: '2-digit', timeZoneName: 'short' };

const STYLES: Readonly<Record<string, Style>> = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: PLAIN,
  date_pretty: PLAIN,
  date_short: SHORT,
  date_short_pretty: SHORT,
  date_long: LONG,
  date_long_pretty: LONG,
  time: TIME,
  time_secs: { ...TIME, second: '2-digit' },
};

const DAY_MS = 86_400_000;

/** A date as the viewer's clock shows it, in one of Slack's formats such as `{date_short} at {time}`. */
function formatDate(timeS: number, format: string, fallback: string): string {
  const date = new Date(timeS * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  return format.replace(/\{(\w+)\}/g, (token, name: string) => {
    if (name === 'ago') return agoText(date);
    const style = STYLES[name];
    if (style === undefined) return token;
    const near = name.endsWith('_pretty') ? nearDay(date) : undefined;
    return near ?? new Intl.DateTimeFormat(undefined, style).format(date);
  });
}

/** The same as an element that tells the exact time and zone when it is pointed at. */
export function dateView(timeS: number, format: string, fallback: string): HTMLElement | string {
  const date = new Date(timeS * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  return h('time', { datetime: date.toISOString(), title: exactText(date) }, formatDate(timeS, format, fallback));
}

/** When a message was written, from its timestamp. */
export function timeView(ts: string): HTMLElement | string {
  return dateView(Number(ts), '{time}', ts);
}

/** The time of a message as text. */
export function timeOf(ts: string): string {
  return formatDate(Number(ts), '{time}', ts);
}

/** The day of a message, in words where it is near. */
export function dayOf(ts: string): string {
  const date = new Date(Number(ts) * 1000);
  const near = nearDay(date);
  return near === undefined
    ? new Intl.DateTimeFormat(undefined, LONG).format(date)
    : near.charAt(0).toUpperCase() + near.slice(1);
}

function exactText(date: Date): string {
  return new Intl.DateTimeFormat(undefined, EXACT).format(date);
}

function nearDay(date: Date): string | undefined {
  const startOf = (day: Date): number => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((startOf(date) - startOf(new Date())) / DAY_MS);
  return new Map([
    [-1, 'yesterday'],
    [0, 'today'],
    [1, 'tomorrow'],
  ]).get(days);
}

function agoText(date: Date): string {
  const minutes = Math.round((date.getTime() - Date.now()) / 60_000);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  return Math.abs(minutes) < 90 ? words.format(minutes, 'minute') : words.format(Math.round(minutes / 60), 'hour');
}
