import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/probes/nginx-config/resolve.ts';

describe('following includes', () => {
  it('ends at a file that includes itself', () => {
    expect(resolveConfig([{ path: '/e/a.conf', text: 'x; include a.conf; y;' }])).toMatchObject({
      ok: true,
      directives: [{ name: 'x' }, { name: 'y' }],
    });
  });

  it('takes the files of a glob in byte order, not in the order in which they were first read', () => {
    const files = [
      { path: '/e/n.conf', text: 'include d/b.conf; include d/*.conf;' },
      { path: '/e/d/b.conf', text: 'b;' },
      { path: '/e/d/a.conf', text: 'a;' },
    ];
    expect(resolveConfig(files)).toMatchObject({ ok: true, directives: [{ name: 'b' }, { name: 'a' }, { name: 'b' }] });
  });

  it('gives up on includes that multiply each other', () => {
    const files = Array.from({ length: 25 }, (_, i) => ({
      path: `/e/${i}.conf`,
      text: `include ${i + 1}.conf; x; include ${i + 1}.conf;`,
    }));
    expect(resolveConfig(files)).toMatchObject({ ok: false, file: '/e/0.conf' });
  });

  it('names the file and line that it does not understand', () => {
    expect(resolveConfig([{ path: '/e/a.conf', text: 'x;\n}\n' }])).toMatchObject({
      ok: false,
      file: '/e/a.conf',
      error: { line: 2 },
    });
  });
});
