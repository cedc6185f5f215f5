type Style = Intl.DateTimeFormatOptions;

const LONG: Style = { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' };
const SHORT: Style = { month: 'short', day: 'numeric', year: 'numeric' };
const PLAIN: Style = { month: 'long', day: 'numeric', year: 'numeric' };
const TIME: Style = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

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

/** A date as the viewer's clock shows it, in one of Slack's formats such as `{date_short} {time}`. */
export function formatDate(timeS: number, format: string, fallback: string): string {
  const date = new Date(timeS * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  return format.replace(/\{(\w+)\}/g, (token, name: string) => {
    const style = STYLES[name];
    return style ? new Intl.DateTimeFormat(undefined, style).format(date) : token;
  });
}

/** The time of a message, from its timestamp. */
export function timeOf(ts: string): string {
  return formatDate(Number(ts), '{time}', ts);
}
