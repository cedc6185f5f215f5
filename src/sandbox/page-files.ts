import { readFile } from 'node:fs/promises';
import type { SandboxHttp } from './web-api/routes.ts';

/* The same places seen from src/sandbox and from dist/sandbox: what is written as it is, and what is compiled. */
const WRITTEN = new URL('../../src/sandbox/page/', import.meta.url);
const COMPILED = new URL('../../dist/sandbox/page/', import.meta.url);

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** Serves the page itself; it holds no secret, the token comes with the link's fragment. */
export function routePage(http: SandboxHttp): void {
  const serve = async (file: URL, type: string): Promise<Response> => {
    try {
      return new Response(await readFile(file, 'utf8'), { headers: { ...HEADERS, 'Content-Type': type } });
    } catch {
      return new Response('Not found. If the page is not built yet: npm run build\n', {
        status: 404,
        headers: HEADERS,
      });
    }
  };
  http.get('/', () => serve(new URL('index.html', WRITTEN), 'text/html; charset=utf-8'));
  http.get('/page/:file{[a-z]+\\.css}', (context) =>
    serve(new URL(context.req.param('file'), WRITTEN), 'text/css; charset=utf-8'),
  );
  http.get('/page/:file{[a-z-]+\\.js}', (context) =>
    serve(new URL(context.req.param('file'), COMPILED), 'text/javascript; charset=utf-8'),
  );
  http.get('/favicon.ico', () => new Response(null, { status: 204, headers: HEADERS }));
}
