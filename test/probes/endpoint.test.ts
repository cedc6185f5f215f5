import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEndpoint, isLoopback, parseAddress, parseEndpoint } from '../../src/probes/endpoint.ts';

describe('an endpoint', () => {
  it.each([
    ['127.0.0.1:8080', { address: '127.0.0.1', port: 8080 }],
    ['[::1]:8082', { address: '::1', port: 8082 }],
    ['[::ffff:127.0.0.1]:9000', { address: '127.0.0.1', port: 9000 }],
    ['::ffff:10.0.0.7:9000', { address: '10.0.0.7', port: 9000 }],
    ['*:9000', { address: '*', port: 9000 }],
    ['0.0.0.0:*', { address: '0.0.0.0', port: null }],
    [':::80', { address: '::', port: 80 }],
    ['[::]:80', { address: '::', port: 80 }],
    ['[fe80::1]%eth0:22', { address: 'fe80::1%eth0', port: 22 }],
    ['[fe80::1%eth0]:22', { address: 'fe80::1%eth0', port: 22 }],
    ['127.0.0.53%lo:53', { address: '127.0.0.53', port: 53 }],
  ])('is read from %s', (text, expected) => {
    expect(parseEndpoint(text)).toEqual(expected);
  });

  it.each(['localhost:80', '127.0.0.1', '127.0.0.1:65536', '300.0.0.1:80', ':80', '', '1.2.3.4:0x50', '[::1:80'])(
    'is not made out of %s',
    (text) => {
      expect(parseEndpoint(text)).toBeUndefined();
    },
  );

  it('survives being written and read again', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('*'));
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 65_535 }), (text, port) => {
        const parsed = parseEndpoint(formatEndpoint({ address: text, port }));
        expect(parsed?.port).toBe(port);
        expect(parsed?.address).toBe(parseAddress(text));
        expect(parseEndpoint(formatEndpoint(parsed ?? { address: '', port: 0 }))).toEqual(parsed);
      }),
    );
  });

  it('is never made out of arbitrary text with another port than the text ends with', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseEndpoint(text);
        if (parsed?.port != null) expect(Number(text.slice(text.lastIndexOf(':') + 1))).toBe(parsed.port);
      }),
    );
  });
});

describe('an address', () => {
  it('is on loopback for the whole of 127.0.0.0/8 and ::1', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['128.0.0.1', '10.0.0.1', '::', '127.0.0.1.example'].some(isLoopback)).toBe(false);
  });
});
