import { z } from 'zod';
import { parseListenAddress } from '../base/listen-address.ts';

/** A secret by reference, never in the file itself: an environment variable or a file that holds nothing else. */
const SecretReference = z.union(
  [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
  {
    error: 'expected { env: NAME } or { file: PATH }; a secret never stands in the configuration itself',
  },
);
export type SecretReference = z.infer<typeof SecretReference>;

const PersonEntry = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._ -]*$/, 'use letters, digits, spaces, ".", "_" and "-"'),
  slack: z
    .string()
    .regex(/^[UW][A-Z0-9]+$/, 'expected a Slack member id such as U012ABCDEF')
    .optional(),
  unix: z.string().min(1).optional(),
  /** Beside these, the policy's roles. */
  roles: z.array(z.enum(['run', 'approve'])).default([]),
});

const Listen = z.string().refine((text) => parseListenAddress(text) !== undefined, {
  error: 'expected an address and a port of this machine such as 127.0.0.1:3000',
});

/** How Slack is reached. */
const SlackSection = z.strictObject({
  mode: z.enum(['socket', 'http']).optional(),
  bot_token: SecretReference.optional(),
  app_token: SecretReference.optional(),
  signing_secret: SecretReference.optional(),
  listen: Listen.optional(),
  /** Only for a stand-in that runs as a process of its own; Slack's own URL otherwise. */
  api_url: z.url().optional(),
  command: z
    .string()
    .regex(/^\/[a-z0-9_-]+$/, 'expected a slash command such as /runbook')
    .optional(),
  teams: z.array(z.string().regex(/^[TE][A-Z0-9]+$/, 'expected a workspace id such as T012ABCDEF')).optional(),
});

/** The configuration file. Paths are relative to it. */
export const ConfigFile = z.strictObject({
  inventory: z.string().min(1),
  runbooks: z.array(z.string().min(1)).optional(),
  store: z.strictObject({ path: z.string().min(1) }).optional(),
  people: z.array(PersonEntry),
  policy: z.string().min(1).optional(),
  slack: SlackSection.optional(),
  health: z.strictObject({ listen: Listen }).optional(),
  proposals: z.strictObject({ expire_after: z.string() }).optional(),
  log_level: z.enum(['debug', 'info', 'warn', 'error']).optional(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
