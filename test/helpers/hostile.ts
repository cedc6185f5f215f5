import fc from 'fast-check';

/** Text that tries to ping, link, close a fence, hide itself, or be too long. */
export const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    '<!here> <@U0REQUESTER> <https://evil.example|click> &lt; & >',
    '```\nfence``` `code` *bold* _it_ ~no~ :tada:',
    '\u001b[31mred\u001b[0m\u0007\u0000',
    '\u202Egnp.exe\u200b\ufeff',
    'x'.repeat(12_000),
    '&'.repeat(5000),
    '👩‍👩‍👧'.repeat(400),
    '\n'.repeat(300),
  ),
  fc.string({ maxLength: 200 }),
);

/** Names as inventories and configurations hold them. */
export const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
