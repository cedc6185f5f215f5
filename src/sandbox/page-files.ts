import { access, readFile } from 'node:fs/promises';
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

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' } as const;

/** Serves the page itself; it holds no secret, the token comes with the link's fragment. */
export function routePage(http: SandboxHttp): void {
  const index = async (): Promise<Response> =>
    (await exists(new URL('main.js', COMPILED)))
      ? serve(new URL('index.html', WRITTEN), 'html')
      : new Response('The page is not built yet: npm run build\n', { status: 503, headers: HEADERS });
  http.get('/', index);
  http.get('/archives/*', index);
  http.get('/page/:file{[a-z]+\\.css}', (context) => serve(new URL(context.req.param('file'), WRITTEN), 'css'));
  http.get('/page/:file{[a-z-]+\\.js}', (context) => serve(new URL(context.req.param('file'), COMPILED), 'js'));
  http.get('/favicon.ico', () => new Response(null, { status: 204, headers: HEADERS }));
}

async function serve(file: URL, type: keyof typeof TYPES): Promise<Response> {
  if (!(await exists(file))) return new Response('Not found\n', { status: 404, headers: HEADERS });
  const headers = { ...HEADERS, 'Content-Type': `${TYPES[type]}; charset=utf-8` };
  return new Response(await readFile(file, 'utf8'), { headers });
}

function exists(file: URL): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
