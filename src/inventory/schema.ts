import { z } from 'zod';

const Word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'use letters, digits, ".", "_" and "-", starting with a letter or digit')
  .refine((word) => word !== 'all', '"all" means every host in a selector; choose another name');

/** One host as people write it; keys left out fall back to `defaults`. */
export const HostEntry = z.strictObject({
  name: Word,
  address: z.string().min(1).optional(),
  port: z.int().min(1).max(65535).optional(),
  user: z.string().min(1).optional(),
  groups: z.array(Word).optional(),
  tags: z.array(Word).optional(),
  environment: Word.optional(),
  host_key: z
    .string()
    .regex(
      /^(?:SHA256:[A-Za-z0-9+/]{43}=?|(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+(?: .*)?)$/,
      'expected "ssh-ed25519 AAAA…" or "SHA256:…"',
    )
    .optional(),
  known_hosts: z.string().min(1).optional(),
  identity_file: z.string().min(1).optional(),
  agent_socket: z.string().min(1).optional(),
  sudo: z.enum(['none', 'passwordless']).optional(),
  connect_timeout: z.string().optional(),
});
export type HostEntry = z.infer<typeof HostEntry>;

/** The inventory file: hosts and what they have in common. */
export const InventoryFile = z.strictObject({
  defaults: HostEntry.omit({ name: true, address: true, host_key: true }).optional(),
  hosts: z.array(HostEntry),
});
export type InventoryFile = z.infer<typeof InventoryFile>;
