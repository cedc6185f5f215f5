import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { renderManifest } from '../../src/slack/manifest.ts';

const url = z.url({ protocol: /^https$/ });
const scope = z.string().regex(/^[a-z]+(?::[a-z]+)?$/);

/** As far as the documents say what an app of this kind may hold: docs.slack.dev/reference/app-manifest. */
const Manifest = z.strictObject({
  display_information: z.strictObject({ name: z.string().max(35), description: z.string().max(140) }),
  features: z.strictObject({
    bot_user: z.strictObject({ display_name: z.string().max(80), always_online: z.boolean() }),
    app_home: z.strictObject({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    slash_commands: z.array(
      z.strictObject({
        command: z.string().startsWith('/').max(32),
        url: url.optional(),
        description: z.string().max(2000),
        usage_hint: z.string().max(1000),
        should_escape: z.boolean(),
      }),
    ),
    shortcuts: z.array(
      z.strictObject({
        name: z.string().max(24),
        type: z.enum(['message', 'global']),
        callback_id: z.string().max(255),
        description: z.string().max(150),
      }),
    ),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(scope), bot_optional: z.array(scope) }) }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ request_url: url.optional(), bot_events: z.array(z.string()) }),
    interactivity: z.strictObject({ is_enabled: z.boolean(), request_url: url.optional() }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
});

describe("the app's manifest", () => {
  it('holds what the documents allow, with a Home, a shortcut and buttons', () => {
    const manifest = Manifest.parse(parse(renderManifest({ command: '/runbook', url: undefined })));
    expect(manifest.features.app_home.home_tab_enabled).toBe(true);
    expect(manifest.features.shortcuts).toMatchObject([{ callback_id: 'show_run', type: 'message' }]);
    expect(manifest.settings).toMatchObject({
      event_subscriptions: { bot_events: ['app_home_opened'] },
      interactivity: { is_enabled: true },
      socket_mode_enabled: true,
    });
    const { bot, bot_optional } = manifest.oauth_config.scopes;
    expect(new Set([...bot, ...bot_optional]).size).toBe(bot.length + bot_optional.length);
    expect(JSON.stringify(manifest)).not.toContain('http');
  });

  it.each(['https://bot.example.org', 'https://bot.example.org/', 'https://bot.example.org/slack/events'])(
    'for requests names the one address everywhere: %s',
    (address) => {
      const { features, settings } = Manifest.parse(parse(renderManifest({ command: '/ops', url: address })));
      const requests = 'https://bot.example.org/slack/events';
      expect(features.slash_commands).toMatchObject([{ command: '/ops', url: requests }]);
      expect(settings).toMatchObject({
        event_subscriptions: { request_url: requests },
        interactivity: { request_url: requests },
        socket_mode_enabled: false,
      });
    },
  );

  it('is checked in as it is generated', () => {
    const file = readFileSync(new URL('../../docs/slack-app-manifest.yaml', import.meta.url), 'utf8');
    expect(file).toBe(renderManifest({ command: '/runbook', url: undefined }));
  });
});
