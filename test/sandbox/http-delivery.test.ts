import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../helpers/slack-places.ts';
import { APPROVER, INCIDENTS, openSandbox, REQUESTER } from '../helpers/sandbox-scene.ts';

const signingSecret = 'the-signing-secret';

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A bot that answers as it is told, and keeps what it heard. */
async function listenFor(answers: readonly { readonly status: number; readonly body?: string }[]) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push({ headers: request.headers, body });
      const { status, body: said } = answers[heard.length - 1] ?? { status: 200 };
      response.writeHead(status).end(said);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { person } = await openSandbox({
    requests: { requestUrl: `http://127.0.0.1:${port}/slack/events`, signingSecret },
  });
  return { heard, person };
}

describe('the sandbox with a request URL', () => {
  it('posts a command as a form that it signs, and shows the answer as the first', async () => {
    const { heard, person } = await listenFor([{ status: 200, body: 'At work.' }]);
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook list')).toMatchObject({ ok: true });
    const [{ headers, body } = { headers: {}, body: '' }] = heard;
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      command: '/runbook',
      text: 'list',
      user_id: REQUESTER,
    });
    const signed = `v0:${headers['x-slack-request-timestamp']}:${body}`;
    expect(headers['x-slack-signature']).toBe(`v0=${createHmac('sha256', signingSecret).update(signed).digest('hex')}`);
    expect((await person.messages(INCIDENTS, REQUESTER)).map(({ text }) => text)).toContain('At work.');
  });

  it('posts an event that was not taken once more, and says why', async () => {
    const { heard, person } = await listenFor([{ status: 500 }, { status: 200 }]);
    await person.act('open-home', { user: APPROVER });
    await expect.poll(() => heard.length).toBe(2);
    const [first, again] = heard;
    expect(JSON.parse(again?.body ?? '')).toEqual(JSON.parse(first?.body ?? ''));
    expect(first?.headers['x-slack-retry-num']).toBeUndefined();
    expect(again?.headers).toMatchObject({ 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'connection_failed' });
  });

  it('tells who typed that nobody took the command', async () => {
    const requestUrl = `http://127.0.0.1:${await freePort()}/slack/events`;
    const { person } = await openSandbox({ requests: { requestUrl, signingSecret } });
    expect(await person.command(REQUESTER, INCIDENTS, '/runbook list')).toMatchObject({
      ok: false,
      error: 'dispatch_failed',
    });
  });
});
