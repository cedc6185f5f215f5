import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitDump } from '../../../src/probes/nginx-config/dump.ts';
import { type IncludePattern, names } from '../../../src/probes/nginx-config/include.ts';
import { dumpOf } from '../../helpers/nginx-facts.ts';

const MAIN = '/etc/nginx/nginx.conf';
const APP = '/etc/nginx/conf.d/app.conf';

function split(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(splitDump(dumpOf(files)).map(({ path, text }) => [path, text]));
}

describe('the files of nginx -T', () => {
  it('come back byte for byte, whether or not they end with a newline', () => {
    const files = {
      [MAIN]: 'http {\n  include mime.types;\n  include conf.d/*.conf;\n}',
      '/etc/nginx/mime.types': 'types { text/html html; }\n\n',
      [APP]: '',
      '/etc/nginx/conf.d/b.conf': 'server { listen 1; }\r\n',
    };
    expect(split(files)).toEqual(files);
  });

  it('may be included from an included file, relative to the main file’s folder', () => {
    const files = {
      [MAIN]: 'http { include conf.d/*.conf; }\n',
      [APP]: 'server { include snippets/a.conf; }\n',
      '/etc/nginx/snippets/a.conf': 'keepalive_timeout 1;\n',
      '/etc/nginx/conf.d/z.conf': 'server { include snippets/a.conf; }\n',
    };
    expect(split(files)).toEqual(files);
  });

  it('are not cut at a comment inside a block that imitates a marker', () => {
    const files = {
      [MAIN]: `http {\n# configuration file ${APP}:\n include conf.d/*.conf;\n}\n`,
      [APP]: 'server {}\n',
    };
    expect(split(files)).toEqual(files);
  });

  it('are not cut at a comment that names a file nobody includes', () => {
    const files = { [MAIN]: `events {}\n# configuration file /tmp/other.conf:\nhttp {}\n` };
    expect(split(files)).toEqual(files);
  });

  it('are not cut at a comment that names a file which was printed before', () => {
    const files = {
      [MAIN]: 'http { include conf.d/*.conf; }\n',
      [APP]: `server {}\n# configuration file ${MAIN}:\nserver {}\n# configuration file ${APP}:\n`,
    };
    expect(split(files)).toEqual(files);
  });

  it('are not cut where an include was already followed past that name', () => {
    const files = {
      [MAIN]: 'include first.conf;\ninclude second.conf;\n',
      '/etc/nginx/second.conf': 'events {}\n# configuration file /etc/nginx/first.conf:\n',
    };
    expect(split(files)).toEqual(files);
  });

  it('are none when the output holds no marker', () => {
    expect(splitDump('nginx: [emerg] something\n')).toEqual([]);
  });

  it('are found in little time among thousands of imitations', () => {
    const files = { [MAIN]: `http {\n${`# configuration file ${APP}:\n`.repeat(20_000)}}\n` };
    expect(split(files)).toEqual(files);
  });
});

describe('an include pattern', () => {
  const glob = (pattern: string): IncludePattern => ({ pattern, glob: true });

  it.each([
    ['/e/*.conf', '/e/a.conf', true],
    ['/e/*.conf', '/e/.hidden.conf', false],
    ['/e/*.conf', '/e/sub/a.conf', false],
    ['/e/*/a.conf', '/e/sub/a.conf', true],
    ['/e/?.conf', '/e/a.conf', true],
    ['/e/?.conf', '/e/ab.conf', false],
    ['/e/[ab].conf', '/e/b.conf', true],
    ['/e/[!ab].conf', '/e/b.conf', false],
    ['/e/[a-c]1.conf', '/e/b1.conf', true],
    ['/e/[z-a].conf', '/e/b.conf', false],
    ['/e/a+b(.*', '/e/a+b(.conf', true],
    ['/e/*', '/e/x', true],
  ])('%s names %s: %s', (pattern, path, expected) => {
    expect(names(glob(pattern), path)).toBe(expected);
  });

  it('never throws and answers at once, whatever it is', () => {
    const text = fc
      .array(fc.constantFrom('*', '?', '[', ']', '!', '^', '-', '\\', 'a', '.', '/', '(', '+'), { maxLength: 40 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(text, text, (pattern, path) => {
        expect(typeof names(glob(pattern), path)).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('without wildcards names exactly itself', () => {
    expect(names({ pattern: '/e/a.conf', glob: false }, '/e/a.conf')).toBe(true);
    expect(names({ pattern: '/e/a.conf', glob: false }, '/e/aXconf')).toBe(false);
  });
});
