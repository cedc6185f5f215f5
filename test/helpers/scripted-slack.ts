import type { Message } from '../../src/slack/limits.ts';
import type { Found, LiveClient, Shown, TextFile } from '../../src/slack/live-client.ts';

/** A message that Slack has. */
interface Posted {
  readonly ts: string;
  readonly channel: string;
  readonly subject: string;
  message: Message;
  updates: number;
}

/** A file that Slack has. */
interface Upload {
  readonly channel: string;
  readonly threadTs: string;
  readonly file: TextFile;
}

/** A Slack that answers as a test tells it; without a word it does what it is asked. */
export class ScriptedSlack implements LiveClient {
  posted: Posted[] = [];
  readonly files: Upload[] = [];
  /** Every call, refused ones too: `post run:1`, `update 1.0`, `upload run-1.txt`, `find run:1`. */
  readonly calls: string[] = [];
  /** What the next call of a kind is answered. */
  readonly next: { post?: Shown; update?: Shown; upload?: Shown } = {};
  /** What every post in a channel is answered. */
  readonly channels = new Map<string, Shown>();

  async post(channel: string, message: Message, subject: string): Promise<Shown> {
    this.calls.push(`post ${subject}`);
    const ts = `${this.calls.length}.0`;
    const answer = this.channels.get(channel) ?? this.#answer('post') ?? { kind: 'ok', ts };
    const carriedOut = answer.kind === 'ok' || answer.kind === 'unsure';
    if (carriedOut) this.posted.push({ ts, channel, subject, message, updates: 0 });
    return answer;
  }

  async update(_channel: string, ts: string, message: Message): Promise<Shown> {
    this.calls.push(`update ${ts}`);
    const answer = this.#answer('update') ?? { kind: 'ok', ts };
    const found = this.posted.find((each) => each.ts === ts);
    if (!found) return { kind: 'refused', error: 'message_not_found' };
    if (answer.kind === 'ok') {
      found.message = message;
      found.updates += 1;
    }
    return answer;
  }

  async upload(channel: string, threadTs: string, file: TextFile): Promise<Shown> {
    this.calls.push(`upload ${file.name}`);
    const answer = this.#answer('upload') ?? { kind: 'ok', ts: threadTs };
    if (answer.kind === 'ok' || answer.kind === 'unsure') this.files.push({ channel, threadTs, file });
    return answer;
  }

  async findMessage(channel: string, subject: string): Promise<Found> {
    this.calls.push(`find ${subject}`);
    const found = this.posted.find((each) => each.channel === channel && each.subject === subject);
    return found ? { kind: 'found', ts: found.ts } : { kind: 'absent' };
  }

  async findFile(_channel: string, threadTs: string, name: string): Promise<Found> {
    const found = this.files.some((each) => each.threadTs === threadTs && each.file.name === name);
    return found ? { kind: 'found', ts: '9.9' } : { kind: 'absent' };
  }

  subjects(): string[] {
    return this.posted.map(({ subject }) => subject);
  }

  text(subject: string): string {
    return this.posted.find((each) => each.subject === subject)?.message.text ?? '';
  }

  count(call: string): number {
    return this.calls.filter((each) => each === call).length;
  }

  #answer(kind: 'post' | 'update' | 'upload'): Shown | undefined {
    const answer = this.next[kind];
    delete this.next[kind];
    return answer;
  }
}
