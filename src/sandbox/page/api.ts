import type { JsonObject } from './json.ts';
import type { ActResult, Change } from './model.ts';

/** The sandbox's control API. */
export interface Api {
  get<T>(path: string): Promise<T>;
  act(name: string, body: JsonObject): Promise<ActResult>;
  /** A file's bytes as a URL for an `img` or a download. */
  fileUrl(id: string): Promise<string>;
  /** Calls `onChange` on every change and `onState` when the connection comes or goes; reconnects for ever. */
  follow(onChange: (change: Change) => void, onState: (connected: boolean) => void): Promise<never>;
}

const RECONNECT_MS = 1000;

/** A client that knows the token of this start. */
export function createApi(token: string): Api {
  const headers = { authorization: `Bearer ${token}` };
  async function get(path: string): Promise<Response> {
    const response = await fetch(`/_control/${path}`, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response;
  }
  return {
    get: async (path) => (await get(path)).json(),
    act: async (name, body) => {
      try {
        const response = await fetch(`/_control/${name}`, { method: 'POST', headers, body: JSON.stringify(body) });
        return await response.json();
      } catch {
        return { ok: false, error: 'sandbox_unreachable' };
      }
    },
    fileUrl: async (id) => URL.createObjectURL(await (await get(`file/${id}`)).blob()),
    follow: async (onChange, onState) => {
      for (;;) {
        try {
          const response = await get('stream');
          onState(true);
          for await (const line of lines(response)) onChange(JSON.parse(line));
        } catch {
          /* The sandbox is away: show it, and try again. */
        }
        onState(false);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    },
  };
}

async function* lines(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return;
    const parts = (rest + chunk.value).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}
