import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.ts';
import { asPersonName, type RunId } from '../../src/base/ids.ts';
import { compose, type Composition } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DEFAULT_TIMING, type EngineTiming } from '../../src/engine/context.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { RunView } from '../../src/engine/view.ts';
import type { Lab } from '../../src/lab/lab.ts';

/** The people of these tests. */
export const REQUESTER = { person: asPersonName('requester'), surface: 'cli' } as const;
export const APPROVER = { person: asPersonName('approver'), surface: 'cli' } as const;

const CONFIG = `inventory: inventory.yaml
people:
  - { name: requester, slack: U0REQUESTER, unix: root, roles: [run, approve] }
  - { name: approver, slack: U0APPROVER, unix: approver, roles: [run, approve] }
`;

/** The whole product on a lab's hosts, with a database of its own. */
export interface LabProduct extends AsyncDisposable {
  readonly composition: Composition;
  /** The configuration file, for processes of their own. */
  readonly configFile: string;
  /** Runs a runbook to its end and shows it. */
  run(runbook: string, selector: string, params?: Record<string, string>): Promise<RunView>;
  /** Approves a proposal as somebody else and works on it to its end. */
  approve(proposal: string): Promise<RunView>;
  undo(proposal: string): Promise<RunView>;
  /** Has the hosts asked again whose outcome is not known, and works on the change to its end. */
  look(proposal: string): Promise<RunView>;
}

/** What a test may choose about its product. */
export interface LabProductOptions {
  /** File name to YAML: these, and not the packaged runbooks. */
  readonly runbooks?: Record<string, string>;
  /** Where it is less patient than in production. */
  readonly timing?: Partial<EngineTiming>;
  /** The engine's clock, where it is not the machine's. */
  readonly clock?: Clock;
}

/** Composes the product for hosts of a lab, or for simulated ones; the caller disposes of it. */
export function labProduct(
  lab: Pick<Lab, 'inventoryYaml'>,
  { runbooks, timing, clock }: LabProductOptions = {},
): LabProduct {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  if (runbooks) mkdirSync(join(directory, 'runbooks'));
  for (const [name, text] of Object.entries(runbooks ?? {})) writeFileSync(join(directory, 'runbooks', name), text);
  writeFileSync(join(directory, 'inventory.yaml'), lab.inventoryYaml());
  const configFile = join(directory, 'countersign.yaml');
  writeFileSync(configFile, runbooks ? `${CONFIG}runbooks: [runbooks]\n` : CONFIG);
  const composition = compose(loadConfig(configFile), { log: false });
  const { context } = composition;
  const others = { ...(timing && { timing: { ...DEFAULT_TIMING, ...timing } }), ...(clock && { clock }) };
  const engine = timing || clock ? createEngine({ ...context, ...others }) : composition.engine;
  const settled = async (id: RunId): Promise<RunView> => {
    await engine.drive({ kind: 'run', id });
    return engine.view(id);
  };
  return {
    composition,
    configFile,
    run: async (runbook, selector, params = {}) =>
      settled(await engine.start({ ...REQUESTER, runbook, selector, params, channel: null })),
    approve: async (id) => {
      const { digest } = await engine.proposal(id);
      const proposal = await engine.decide({ ...APPROVER, proposal: id, verdict: 'approve', digest, reason: null });
      await engine.drive({ kind: 'change', id: proposal.id });
      return engine.view(proposal.runId);
    },
    undo: async (id) => {
      const proposal = await engine.undo({ ...REQUESTER, proposal: id, reason: 'a test' });
      await engine.drive({ kind: 'change', id: proposal.id });
      return engine.view(proposal.runId);
    },
    look: async (id) => {
      const proposal = await engine.look(id, APPROVER);
      await engine.drive({ kind: 'change', id: proposal.id });
      return engine.view(proposal.runId);
    },
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      await composition[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A run's finding of a rule on a host. */
export function findingOf(view: RunView, rule: string, host: string) {
  return view.findings
    .flatMap(({ findings }) => findings)
    .find((found) => found.finding.rule === rule && found.host === host)?.finding;
}
