import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { outlineOf } from '../../../src/probes/nginx-config/outline.ts';
import type { FileOutline, OutlineDirective } from '../../../src/probes/nginx-config/outline-fact.ts';
import { corpus } from '../../helpers/nginx-corpus.ts';
import { probedConfig } from '../../helpers/nginx-edit.ts';

const MAIN = '/etc/nginx/nginx.conf';

function outline(text: string): FileOutline {
  const [file] = outlineOf([{ path: MAIN, text }], new Map([[MAIN, MAIN]])) ?? [];
  if (!file) throw new Error('there is no outline');
  return file;
}

function all(directives: readonly OutlineDirective[]): OutlineDirective[] {
  return directives.flatMap((directive) => [directive, ...all(directive.block?.directives ?? [])]);
}

function find(text: string, name: string): OutlineDirective {
  const found = all(outline(text).directives).find((directive) => directive.name === name);
  if (!found) throw new Error(`${name} is not in the outline`);
  return found;
}

describe('the outline of a configuration file', () => {
  it('counts bytes, also behind characters of several bytes', () => {
    const text = '# Grüße 🚦\nhttp { server { location / {\n  proxy_pass http://app; # ü\n} } }\n';
    const bytes = Buffer.from(text, 'utf8');
    const { start, end, words, line } = find(text, 'proxy_pass');
    expect(bytes.subarray(start, end).toString()).toBe('proxy_pass http://app;');
    expect(words.map(([from, to]) => bytes.subarray(from, to).toString())).toEqual(['http://app']);
    expect(line).toBe(3);
    expect(outline(text).sha256).toBe(sha256(bytes));
  });

  it('points at the right bytes in all of the corpus that is UTF-8', () => {
    for (const { name, files } of corpus().filter((config) => !/unquoted|latin1/.test(config.name))) {
      for (const file of probedConfig(files).outline ?? []) {
        const bytes = files[file.path] ?? '';
        for (const { name: directive, start, end, block } of all(file.directives)) {
          const text = bytes.slice(start, end).replace(/^["']/, '');
          expect(text.startsWith(directive), `${name}: ${text.slice(0, 40)}`).toBe(true);
          expect(text.endsWith(block ? '}' : ';'), name).toBe(true);
        }
        for (const { at, bytes: length, text } of file.lines) {
          const line = Buffer.from(bytes.slice(at, at + length), 'latin1').toString('utf8');
          expect(line.startsWith(text.replace(/…$/, '')), name).toBe(true);
        }
      }
    }
  });

  it('keeps values of headers only where they decide on connections', () => {
    const text =
      'http { server { proxy_set_header Authorization "Basic abc"; proxy_set_header Host $host; location / { proxy_pass http://a; } } }';
    const headers = all(outline(text).directives).filter(({ name }) => name === 'proxy_set_header');
    expect(headers.map(({ args }) => args)).toEqual([['Authorization'], ['Host', '$host']]);
  });

  it('leaves out what has nothing to do with connections', () => {
    const text =
      'http { types { text/html html; } server { root /x; location /static { expires 1d; } } server { location / { proxy_pass http://a; } } }';
    expect(all(outline(text).directives).map(({ name }) => name)).toEqual(['http', 'server', 'location', 'proxy_pass']);
  });

  it('says when bytes were not UTF-8', () => {
    expect(outline('# caf\ufffd\nhttp { }').notUtf8).toBe(true);
    expect(outline('http { }').notUtf8).toBe(false);
  });

  it('tells Windows newlines only when all are', () => {
    expect(outline('http {\r\n}\r\n').newline).toBe('\r\n');
    expect(outline('http {\r\n}\n').newline).toBe('\n');
  });

  it('is none when there is too much of it', () => {
    const text = `http { server { ${'location / { proxy_pass http://a; }'.repeat(3000)} } }`;
    expect(outlineOf([{ path: MAIN, text }], new Map())).toBeNull();
  });
});

describe('the place behind a directive', () => {
  const behind = (text: string) => {
    const wrapped = `http { server { location / {\n${text}`;
    const { after: point } = find(wrapped, 'proxy_pass');
    return {
      ...point,
      at: Buffer.from(wrapped).subarray(0, point.at).toString().slice('http { server { location / {\n'.length),
    };
  };

  it('is the next line when only a comment follows', () => {
    expect(behind('  proxy_pass http://a; # why\n} } }')).toMatchObject({
      at: '  proxy_pass http://a; # why\n',
      mode: 'line',
      indent: '  ',
    });
  });

  it('is the same line when anything else follows', () => {
    expect(behind('\tproxy_pass http://a; } } }')).toMatchObject({ at: '\tproxy_pass http://a;', mode: 'inline' });
  });

  it('is the end of a file without a final newline', () => {
    const text = 'proxy_pass http://a; # end';
    expect(find(text, 'proxy_pass').after).toEqual({ at: text.length, line: 1, mode: 'end', indent: '' });
  });
});

describe('who writes a file', () => {
  const by = (text: string, path = MAIN) =>
    outlineOf([{ path, text: `${text}\nhttp { }` }], new Map([[path, path]]))?.[0]?.managedBy;

  it.each([
    ['# Ansible managed', 'Ansible'],
    ['# {{ ansible_managed }}: /srv/ansible/nginx.j2 modified by root', 'Ansible'],
    ['# This file is managed by Puppet. MODIFICATIONS WILL BE LOST', 'Puppet'],
    ['# Generated by Chef for web-1\n# Local modifications will be overwritten.', 'Chef'],
    ['#\n# This file is maintained by Salt\n#', 'Salt'],
    ['# Created by cloud-init; do not edit', 'cloud-init'],
    ['# Configuration checksum: 1\n# auto-generated by the ingress-nginx controller', 'Kubernetes'],
    ['#ATTENTION!\n#DO NOT MODIFY THIS FILE BECAUSE IT WAS GENERATED AUTOMATICALLY,\n#by Plesk', 'Plesk'],
    ['# DO NOT EDIT', 'a program'],
  ])('is read from %j', (header, tool) => {
    expect(by(header)).toBe(tool);
  });

  it.each([
    '# This file is no longer managed by Puppet.',
    '# not managed by Ansible any more',
    '# managed chaos',
    '# edit me',
    '# See /usr/share/doc/nginx-doc for more examples',
  ])('is people under %j', (header) => {
    expect(by(header)).toBeNull();
  });

  it('is not read from comments further down, but for Certbot’s own marks', () => {
    expect(by('events { }\n# managed by Puppet')).toBeNull();
    expect(by('events { } # managed by Certbot')).toBe('Certbot');
  });

  it.each([
    ['/etc/nginx/conf.d/..2026_11_23_02_00_00.1234/app.conf', 'Kubernetes'],
    ['/var/www/vhosts/system/example.com/conf/nginx.conf', 'Plesk'],
    ['/var/cpanel/userdata/nginx.conf', 'cPanel'],
    ['/var/lib/cloud/instance/nginx.conf', 'cloud-init'],
  ])('is read from the place %s', (path, tool) => {
    expect(by('', path)).toBe(tool);
  });
});
